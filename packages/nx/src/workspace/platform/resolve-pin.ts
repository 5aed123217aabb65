import {
  type BuiltPin,
  type BuiltPlatformImage,
  clonedRepositories,
  cloneName,
  DEFAULT_PLATFORM,
  readDockerfile,
} from '@kdcube/release/internal';
import { fetchCommit } from '../../git/mirror/fetch-commit';
import { resolveRef } from '../../git/mirror/resolve-ref';
import type { RepoSource } from '../../git/mirror/source';
import { reducedTreeId } from '../../git/reduced-tree';
import type { Log } from '../../system/log';
import { contextFiles, readPlatformContext } from './context';

/** Where the commit of the platform is, and how base images and clones are resolved. */
export interface PinSources {
  source: RepoSource;
  commit: string;
  /** The pin before, or the one that is replaced: base images keep their digests. */
  before?: BuiltPin;
  digestOf(base: string): Promise<string>;
}

/** The pin of an image of the platform that is built here. Problems: `dockerfile-missing`, `dockerfile-unreadable`, those of git and of the registries of its bases. */
export async function resolveBuiltPin(
  image: BuiltPlatformImage,
  { source, commit, before, digestOf }: PinSources,
  log: Log,
): Promise<BuiltPin> {
  const { repo, ref, context, dockerfile, args } = image;
  const store = await fetchCommit(source, commit, { ref, log });
  const found = await readPlatformContext(store, commit, image, log);
  const { text, file } = found;
  const bases: Record<string, string> = {};
  for (const { name } of readDockerfile(text, file, args).bases) bases[name] = before?.bases[name] ?? (await digestOf(name));
  const clones: Record<string, string> = {};
  for (const clone of clonedRepositories(text, file, { args, platform: DEFAULT_PLATFORM }))
    clones[cloneName(clone)] =
      before?.clones?.[cloneName(clone)] ??
      (await resolveRef({ url: clone.url, self: false, root: source.root }, clone.branch, log)).commit;
  return {
    pin: 1,
    repo,
    ref,
    commit,
    context,
    dockerfile,
    args,
    tree: reducedTreeId(contextFiles(found, image)),
    bases: sorted(bases),
    ...(Object.keys(clones).length > 0 && { clones: sorted(clones) }),
    ...(before?.salt !== undefined && { salt: before.salt }),
  };
}

function sorted(values: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1)));
}
