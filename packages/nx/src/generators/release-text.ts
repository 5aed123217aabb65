import { commentsOf, formatProblem, KdcubeError, readRelease } from '@kdcube/release/internal';
import type { Problem, Release } from '@kdcube/release/internal';
import { readNxJson } from '@nx/devkit';
import type { Tree } from '@nx/devkit';
import { pluginOptions } from '../plugin-options';

export const RELEASE_FILE = 'release.yaml';

/** The text of release.yaml, and the release that it describes, as far as it can be read. */
export interface ReleaseText {
  text: string;
  release: Release;
}

/** Parts of a file with these problems are not understood: an edit might lose them. */
const UNREADABLE = ['wrong-type', 'list-form', 'duplicate-id', 'id-mismatch', 'limit-exceeded'];

/** Reads release.yaml; undefined if there is none. Throws for a file that is no YAML document, or whose parts are not what they have to be; other mistakes are left to `validate`. */
export function readReleaseText(tree: Tree): ReleaseText | undefined {
  if (!tree.exists(RELEASE_FILE)) return undefined;
  const content = tree.isFile(RELEASE_FILE) ? tree.read(RELEASE_FILE) : null;
  if (!content) {
    throw new KdcubeError({
      code: 'file-error',
      message: `${RELEASE_FILE} is not a file.`,
      at: { file: RELEASE_FILE },
    });
  }
  const { release, problems } = readRelease(content, RELEASE_FILE, rules(tree));
  if (!release) throw new KdcubeError(problems);
  const unread = problems.filter(({ code }) => UNREADABLE.includes(code));
  if (unread.length > 0) throw new KdcubeError(unread);
  return { text: content.toString('utf8'), release };
}

/** Writes release.yaml, unless the new text has a problem that the old text does not have: a generator must not add a problem. */
export function writeReleaseText(tree: Tree, text: string, before?: string): void {
  if (text === before) return;
  const existing = new Set(before === undefined ? [] : problemsOf(tree, before).map(formatProblem));
  const added = problemsOf(tree, text).filter((problem) => !existing.has(formatProblem(problem)));
  if (added.length > 0) throw new KdcubeError(added);
  // Comments are no data: each stays as it is.
  if (before !== undefined) requireComments(before, text);
  tree.write(RELEASE_FILE, text);
}

function requireComments(before: string, after: string): void {
  const left = new Set(commentsOf(after));
  const lost = commentsOf(before).find((comment) => !left.has(comment));
  if (lost === undefined) return;
  throw new KdcubeError({
    code: 'wrong-type',
    message: `${RELEASE_FILE} cannot be edited: a comment would be lost.`,
    hint: 'edit the file by hand',
    at: { file: RELEASE_FILE, line: before.slice(0, before.indexOf(lost)).split('\n').length },
  });
}

/** Without lines and columns: an edit moves the lines that follow it. */
function problemsOf(tree: Tree, text: string): Problem[] {
  return readRelease(text, RELEASE_FILE, rules(tree)).problems.map(({ at, ...problem }) => ({
    ...problem,
    at: { file: RELEASE_FILE, path: at?.path },
  }));
}

function rules(tree: Tree) {
  const { generation, mode, alwaysPull, examples } = pluginOptions(readNxJson(tree));
  return { generation, mode, alwaysPull, examples };
}
