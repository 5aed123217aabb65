import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { cacheDir, fileProblem, replaceDir } from '../../system/files/files';
import { gitBytes } from '../git';
import { closeObjectReaders } from '../objects';
import { sourceRemote, type RepoSource } from './source';
import type { GitStore } from './store';

/** A bare repository in the cache with the pinned commits of one source: no history, and only those blobs that were requested. */
export interface Mirror extends GitStore {
  dir: string;
  remote: NonNullable<GitStore['remote']>;
}

/** The mirror of a source for commits with this kind of id. Does not create it. */
export async function mirrorFor(source: RepoSource, commit: string): Promise<Mirror> {
  const key = createHash('sha256').update(source.url).digest('hex');
  const dir = cacheDir('git', commit.length === 64 ? `${key}-sha256` : key);
  const remote = await sourceRemote(source, dir);
  // Set explicitly: with `safe.bareRepository=explicit` git does not discover bare repositories.
  const env = { GIT_DIR: dir };
  // Reads have no URL: a missing object is an error, not a fetch of a single object.
  const context = { cwd: dir, env: { ...env, GIT_NO_LAZY_FETCH: '1' } };
  return { dir, context, remote: { ...remote, context: { ...remote.context, env: { ...remote.context.env, ...env } } } };
}

export function mirrorExists(mirror: Mirror): boolean {
  return fs.existsSync(path.join(mirror.dir, 'HEAD')) && fs.existsSync(path.join(mirror.dir, 'objects'));
}

/** Creates an empty mirror, atomically. `everyBlob`: its server does not serve single blobs. Call it under its lock only. */
export async function createMirror(mirror: Mirror, options: { everyBlob?: boolean } = {}): Promise<void> {
  const format = mirror.dir.endsWith('-sha256') ? 'sha256' : 'sha1';
  closeObjectReaders(mirror.dir);
  await replaceDir(mirror.dir, async (dir) => {
    await gitBytes({ cwd: dir }, ['init', '--quiet', '--bare', '--template=', `--object-format=${format}`]);
    if (options.everyBlob) await fs.promises.writeFile(path.join(dir, ALL_BLOBS_MARKER), '');
  });
}

const ALL_BLOBS_MARKER = 'kdcube-every-blob';

/** The options of a fetch into this mirror. */
export function filterFlags(mirror: Mirror): string[] {
  return fs.existsSync(path.join(mirror.dir, ALL_BLOBS_MARKER)) ? ['--no-filter'] : ['--filter=blob:none'];
}

/** Distinguishes a mirror from a rebuilt one. Undefined if there is none. */
export function mirrorIdentity(mirror: Mirror): string | undefined {
  try {
    const { ino, birthtimeMs } = fs.statSync(mirror.dir);
    return `${ino} ${birthtimeMs}`;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw fileProblem(error, mirror.dir);
  }
}
