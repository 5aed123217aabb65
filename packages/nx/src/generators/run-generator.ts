import { KdcubeError, type Problem } from '@kdcube/release/internal';
import { readNxJson, type Tree } from '@nx/devkit';
import { commandRewriter, pluginOptions } from '../plugin-options';

/** Nx writes the files of a generator only after it has returned, so a generator that fails has changed nothing. */
export async function runGenerator<T>(tree: Tree, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof KdcubeError) || error.changed !== undefined) throw error;
    throw new KdcubeError(withOwnNames(tree, error.problems), { cause: error, changed: 'No file was changed.' });
  }
}

/** Commands in the messages and hints, as they are called in this workspace. */
function withOwnNames(tree: Tree, problems: readonly Problem[]): Problem[] {
  const rewrite = rewriterOf(tree);
  return problems.map((problem) => ({
    ...problem,
    message: rewrite(problem.message),
    ...(problem.hint !== undefined && { hint: rewrite(problem.hint) }),
  }));
}

/** Rewrites commands by the plugin's options in nx.json. What is wrong there is reported elsewhere. */
export function rewriterOf(tree: Tree): (text: string) => string {
  try {
    return commandRewriter(pluginOptions(readNxJson(tree)));
  } catch {
    return (text) => text;
  }
}
