import { formatProblem, KdcubeError, readRelease } from '@kdcube/release/internal';
import type { Problem, Release } from '@kdcube/release/internal';
import { readNxJson } from '@nx/devkit';
import type { Tree } from '@nx/devkit';
import { pluginOptions } from '../plugin-options';

export const RELEASE_FILE = 'release.yaml';

/** release.yaml as it is, and what it means as far as it can be understood. */
export interface ReleaseText {
  text: string;
  release: Release;
}

/** Reads release.yaml; undefined where there is none. A file that is no document is a KdcubeError; other mistakes in it are left to `validate`. */
export function readReleaseText(tree: Tree): ReleaseText | undefined {
  if (!tree.exists(RELEASE_FILE)) return undefined;
  const content = tree.isFile(RELEASE_FILE) ? tree.read(RELEASE_FILE) : null;
  if (!content) {
    throw new KdcubeError({
      code: 'file-error',
      message: `${RELEASE_FILE} cannot be read: it is not a file.`,
      at: { file: RELEASE_FILE },
    });
  }
  const { release, problems } = readRelease(content, RELEASE_FILE, rules(tree));
  if (!release) throw new KdcubeError(problems);
  return { text: content.toString('utf8'), release };
}

/**
 * Writes release.yaml, unless the new text has a problem that the old one has not: a generator must not write what `validate` refuses.
 * Says nothing about what was wrong before.
 */
export function writeReleaseText(tree: Tree, text: string, before?: string): void {
  if (text === before) return;
  const known = new Set(before === undefined ? [] : problemsOf(tree, before).map(formatProblem));
  const added = problemsOf(tree, text).filter((problem) => !known.has(formatProblem(problem)));
  if (added.length > 0) throw new KdcubeError(added);
  tree.write(RELEASE_FILE, text);
}

/** Without lines and columns: the text was never on disk, and an edit moves what follows it. */
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
