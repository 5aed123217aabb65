import type { Problem } from '../problem/problem';

/** Access to the workspace's files: the disk, or a generator's tree. Paths are relative, with forward slashes. */
export interface Files {
  /** The file's content; undefined if it does not exist. */
  read(path: string): string | Uint8Array | undefined;
  /** The names in a folder, in any order; empty if it does not exist. */
  list(path: string): string[];
  /** Why an existing file has no content for `read`: it is a folder, too large, or not readable for this user. */
  problem?(path: string): Problem | undefined;
}
