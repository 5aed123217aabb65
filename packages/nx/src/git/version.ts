import { run } from '../system/programs/exec';
import { isInterrupted } from '../system/programs/signals';
import { KdcubeError } from '@kdcube/release/internal';

const MINIMUM_VERSION = [2, 34] as const;

/** Major and minor. */
export type GitVersion = readonly [number, number];

const versions = new Map<string | undefined, Promise<GitVersion>>();

/** Checks once per PATH that git is installed and new enough. Returns its version. */
export function requireGit(): Promise<GitVersion> {
  const path = process.env.PATH;
  const known = versions.get(path);
  if (known) return known;
  const asked = checkGit();
  versions.set(path, asked);
  asked.catch(() => versions.delete(path));
  return asked;
}

async function checkGit(): Promise<GitVersion> {
  const text = await run('git', ['version'], { timeout: 30_000 }).then(
    ({ stdout }) => stdout.toString('utf8').trim(),
    (error) => {
      if (isInterrupted(error)) throw error;
      return undefined;
    },
  );
  const hint = `install git ${MINIMUM_VERSION.join('.')} or newer: https://git-scm.com/downloads`;
  if (text === undefined) throw new KdcubeError({ code: 'git-missing', message: 'git was not found on the PATH.', hint });
  const [major = 0, minor = 0] = (/(\d+)\.(\d+)/.exec(text) ?? []).slice(1).map(Number);
  if (major < MINIMUM_VERSION[0] || (major === MINIMUM_VERSION[0] && minor < MINIMUM_VERSION[1])) {
    throw new KdcubeError({
      code: 'git-missing',
      message: `${text} is too old: git ${MINIMUM_VERSION.join('.')} or newer is required.`,
      hint,
    });
  }
  return [major, minor];
}
