import { formatProblem, KdcubeError, readRelease } from '@kdcube/release/internal';
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

/** Reads release.yaml; undefined if there is none. Throws for a file that is no YAML document; other mistakes are left to `validate`. */
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
  return { text: content.toString('utf8'), release };
}

/** Writes release.yaml, unless the new text has a problem that the old text does not have: a generator must not add a problem. */
export function writeReleaseText(tree: Tree, text: string, before?: string): void {
  if (text === before) return;
  const existing = new Set(before === undefined ? [] : problemsOf(tree, before).map(formatProblem));
  const added = problemsOf(tree, text).filter((problem) => !existing.has(formatProblem(problem)));
  if (added.length > 0) throw new KdcubeError(added);
  tree.write(RELEASE_FILE, text);
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
