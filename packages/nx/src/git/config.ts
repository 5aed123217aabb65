import { gitBytes } from './git';
import { type GitContext } from './environment';
import { singleFlight } from './batch';

/** git's settings at a place, by name as git prints it (section and variable in lower case): every value; the last one takes effect. */
export type GitConfig = ReadonlyMap<string, readonly string[]>;

const shared = singleFlight<GitConfig>();

/** Reads all settings with one command. Works outside a repository too. */
export function readGitConfig(context: GitContext): Promise<GitConfig> {
  return shared(JSON.stringify(context), async () => {
    const listed = await gitBytes(context, ['config', '-z', '--list']);
    const found = new Map<string, string[]>();
    for (const record of listed.toString('utf8').split('\0').filter(Boolean)) {
      const end = record.indexOf('\n');
      const [name, value] = end === -1 ? [record, 'true'] : [record.slice(0, end), record.slice(end + 1)];
      found.set(name, [...(found.get(name) ?? []), value]);
    }
    return found;
  });
}

export function configValue(settings: GitConfig, name: string): string | undefined {
  return settings.get(name)?.at(-1);
}

/** Whether a repository may lack objects, which git then fetches when they are read. */
export function isPartialClone(settings: GitConfig): boolean {
  return [...settings.keys()].some((name) => name === 'extensions.partialclone' || /^remote\..*\.promisor$/s.test(name));
}

/** The remote that a repository was cloned from: `origin`, else the only one. Its name in git. */
export function defaultRemote(settings: GitConfig): string | undefined {
  const names = new Set([...settings.keys()].flatMap((name) => /^remote\.(.*)\.[^.]*$/s.exec(name)?.[1] ?? []));
  if (names.has('origin')) return 'origin';
  return names.size === 1 ? [...names][0] : undefined;
}
