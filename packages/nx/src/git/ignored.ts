import { gitBytes } from './git';
import { openWorktree } from './worktree';

/**
 * The paths below folders that git ignores, relative to `root` like the folders: files, and folders that a pattern matches as a whole, with
 * a trailing `/`. Tracked files are never ignored.
 */
export async function ignoredPaths(root: string, folders: readonly string[]): Promise<string[]> {
  if (folders.length === 0) return [];
  const { prefix } = await openWorktree(root);
  const args = [
    'status',
    '--porcelain=v1',
    '-z',
    '--ignored=matching',
    '--untracked-files=all',
    '--no-renames',
    '--',
    ...folders,
  ];
  const records = (await gitBytes({ cwd: root }, args)).toString('utf8').split('\0');
  const ignored = records.filter((record) => record.startsWith('!! ')).map((record) => record.slice(3));
  return ignored.map((file) => (file.startsWith(prefix) ? file.slice(prefix.length) : file));
}
