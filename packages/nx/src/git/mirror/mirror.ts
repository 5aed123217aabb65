import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { cacheDir, fileProblem, replaceDir } from '../../system/files';
import { gitBytes } from '../git';
import { closeObjectReaders } from '../objects';
import { sourceRemote, type RepoSource } from './source';
import type { GitStore } from './store';

/** A bare repository in the cache that holds, of one source, the commits that pins name: no history, and of the blobs only those that were asked for. */
export interface Mirror extends GitStore {
  dir: string;
  remote: NonNullable<GitStore['remote']>;
}

/** The mirror of a source for commits of this kind of id. Nothing is made yet. */
export async function mirrorFor(source: RepoSource, commit: string): Promise<Mirror> {
  const key = createHash('sha256').update(source.url).digest('hex');
  const dir = cacheDir('git', commit.length === 64 ? `${key}-sha256` : key);
  const remote = await sourceRemote(source, dir);
  // Named, not discovered: with `safe.bareRepository=explicit` git opens no bare repository that it finds by itself.
  const env = { GIT_DIR: dir };
  // Reading knows no URL: what is not there is an error, not a request for a single object.
  const context = { cwd: dir, env: { ...env, GIT_NO_LAZY_FETCH: '1' } };
  return { dir, context, remote: { ...remote, context: { ...remote.context, env: { ...remote.context.env, ...env } } } };
}

export function mirrorExists(mirror: Mirror): boolean {
  return fs.existsSync(path.join(mirror.dir, 'HEAD')) && fs.existsSync(path.join(mirror.dir, 'objects'));
}

/** Makes the mirror empty, in one step. `everyBlob`: its server hands out no single blobs. Only under its lock. */
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

/** Tells one making of a mirror from the next; undefined where there is none. */
export function mirrorIdentity(mirror: Mirror): string | undefined {
  try {
    const { ino, birthtimeMs } = fs.statSync(mirror.dir);
    return `${ino} ${birthtimeMs}`;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw fileProblem(error, mirror.dir);
  }
}
