import { calendarVersion, isCommit } from '@kdcube/release/internal';
import { problem } from './problem';
import type { Runner } from './run';

/** The platform's repository. A release of the platform is a tag there, and the same tag of its images. */
export const PLATFORM_URL = 'https://github.com/kdcube/kdcube.git';

const TIME_LIMIT = 15_000;

/** The platform's tags, and its versions, newest first; or why they are unknown. */
export type PlatformRefs = { tags: string[]; newest: string[] } | { unknown: string };

/** Contacts the platform's repository. A machine without network is no failure. */
export async function readPlatformRefs(runner: Runner): Promise<PlatformRefs> {
  const asked = ['ls-remote', '--tags', '--refs', PLATFORM_URL];
  const ran = await runner.run('git', asked, 'git ls-remote', TIME_LIMIT).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { exitCode: 1, output: 'git is not installed' };
    throw error;
  });
  if (ran.exitCode !== 0) return { unknown: ran.output.split('\n').at(-1) || 'no response' };
  const tags = ran.output.split('\n').flatMap((line) => /\srefs\/tags\/(\S+)$/.exec(line)?.[1] ?? []);
  const versions = tags.filter((ref) => calendarVersion(ref) !== undefined);
  if (versions.length === 0) return { unknown: 'it has no versions' };
  return { tags, newest: versions.sort((a, b) => calendarVersion(b)! - calendarVersion(a)!) };
}

/** Refuses a version that the platform never published. A commit is for those who build the platform themselves. */
export function requirePublished(ref: string, found: PlatformRefs): void {
  if ('unknown' in found || found.tags.includes(ref) || isCommit(ref)) return;
  const same = found.newest.find((tag) => calendarVersion(tag) === calendarVersion(ref));
  if (same !== undefined)
    throw problem('platform-ref', `The platform has no version ${ref}: it is spelled ${same}.`, `--platform-ref ${same}`);
  throw problem(
    'platform-ref',
    `The platform has no version ${ref}: ${PLATFORM_URL} has no such tag. The newest are ${found.newest.slice(0, 3).join(', ')}.`,
    `--platform-ref ${found.newest[0]!}    or --skip-ref-check, for a version that is only in a registry of yours`,
  );
}
