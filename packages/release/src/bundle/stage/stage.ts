import type { Place, Problem } from '../../problem/problem';
import { quoted } from '../../problem/problem';
import { linkProblem } from './links';
import { nameProblem, nameClashes } from './names';

/** One entry of a git tree. `text`: a link's target, or the content of a file smaller than 1024 bytes. */
export interface TreeEntry {
  /** The git file mode: 100644, 100755, 120000 (link), 160000 (submodule). */
  mode: string;
  oid: string;
  /** Relative to the tree's root, with `/`. */
  path: string;
  text?: string;
}

/** What `stage` writes. Lists are sorted by path, so that staging is reproducible. */
export interface StagePlan {
  /** Without the root. A folder comes before its content. */
  folders: string[];
  files: { path: string; oid: string; executable: boolean }[];
  links: { path: string; target: string }[];
}

/** Files smaller than this may be Git LFS pointers, so planning needs their text. Bytes. */
export const LFS_LIMIT = 1024;

/**
 * The rules of staging: which entries of a git tree are copied into a bundle's folder, and which ones are problems. Nothing is skipped
 * silently.
 *
 * - A file keeps its content; its mode is 644, or 755 if it is executable in git. Folders are 755. There are no empty folders, because git
 *   has none.
 * - A symbolic link stays a link if its target is relative and inside the bundle, both as written and with every link on the way resolved;
 *   the target need not exist. Otherwise: `symlink-escape`.
 * - A submodule's files are not in the tree: `submodule`. A Git LFS pointer is not the file: `lfs-pointer`.
 * - Names must be valid on Linux, macOS and Windows: `unsafe-name`; and distinct on file systems that ignore case or Unicode form:
 *   `case-clash`.
 *
 * `subject` names the bundle in messages; `at` is its place in release.yaml. Returns all problems, not only the first.
 */
export function planStage(entries: readonly TreeEntry[], subject: string, at?: Place): StagePlan | Problem[] {
  const sorted = [...entries]
    .filter(({ mode }) => !isFolder(mode))
    .sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  const links = new Map(sorted.filter(({ mode }) => mode === '120000').map(({ path, text }) => [path, text ?? '']));
  const found = [
    ...sorted.map(({ path }) => nameProblem(path)),
    ...nameClashes(sorted.map(({ path }) => path)),
    ...sorted.map((entry) => contentProblem(entry)),
    ...[...links].map(([path, target]) => linkProblem(path, target, links)),
  ];
  const problems = found
    .filter((each) => each !== undefined)
    .map((each) => ({ ...each, message: `${subject}: ${each.message}`, ...(at && { at }) }));
  if (problems.length > 0) return problems;
  const files = sorted.filter(({ mode }) => mode !== '120000');
  return {
    folders: foldersOf(sorted.map(({ path }) => path)),
    files: files.map(({ path, oid, mode }) => ({ path, oid, executable: mode === '100755' })),
    links: [...links].map(([path, target]) => ({ path, target })),
  };
}

/** The parent folders of these paths, each once, sorted. */
export function foldersOf(paths: readonly string[]): string[] {
  const folders = new Set<string>();
  for (const path of paths) {
    for (let end = path.indexOf('/'); end !== -1; end = path.indexOf('/', end + 1)) folders.add(path.slice(0, end));
  }
  return [...folders].sort();
}

function isFolder(mode: string): boolean {
  return mode === '040000' || mode === '40000';
}

function contentProblem({ mode, path, text }: TreeEntry): Problem | undefined {
  if (mode === '160000') {
    return {
      code: 'submodule',
      message: `${quoted(path)} is a submodule: its files are in another repository, and an image would get an empty folder.`,
      hint: 'copy its files into the bundle, or install it as a Python package',
    };
  }
  if (!/^100(?:644|664|755)$/.test(mode)) {
    return mode === '120000'
      ? undefined
      : {
          code: 'unsafe-name',
          message: `${quoted(path)} has the mode ${quoted(mode)}, which is neither a file, a link nor a folder.`,
        };
  }
  if (text !== undefined && /^version https:\/\/(?:git-lfs\.github\.com|hawser\.github\.com)\/spec\//.test(text)) {
    return {
      code: 'lfs-pointer',
      message: `The content of ${quoted(path)} is in Git LFS; git itself has only a pointer to it, and that is what an image would get.`,
      hint: `git lfs untrack ${typed(path)} && git add --renormalize ${typed(path)}    or let the bundle download it when it starts`,
    };
  }
  return undefined;
}

/** A path as a shell argument. A name that a shell would interpret is not shown for pasting. */
function typed(path: string): string {
  return /^[A-Za-z0-9_@+][A-Za-z0-9_@+./-]*$/.test(path) ? path : '<the file>';
}
