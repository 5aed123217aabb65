import type { ExecutorContext } from '@nx/devkit';
import { formatProblems, KdcubeError, LIMITS, printableLines } from '@kdcube/release/internal';
import type { PluginOptions } from '../plugin-options';
import { commandRewriter, pluginOptions } from '../plugin-options';
import { withJournal } from '../system/journal';
import { createLog } from '../system/log';
import type { Log } from '../system/log';
import { requireSupportedSystem } from '../system/programs/supported-system';

/** What every executor gets. */
export interface Task {
  /** The workspace's folder. */
  root: string;
  /** The project's name: a bundle's id, an image's, or `release`. */
  project: string;
  plugin: PluginOptions;
  log: Log;
}

/** Runs an executor for one project. A Problem is printed without a stack and fails the task; any other error is a bug, and Nx prints its stack. The last line says what was changed. */
export async function runExecutor(
  context: ExecutorContext,
  options: { json?: boolean },
  work: (task: Task) => Promise<void>,
): Promise<{ success: boolean }> {
  const print = (stream: 'out' | 'err', line: string): void =>
    void (stream === 'out' ? process.stdout : process.stderr).write(`${line}\n`);
  return { success: await runTask(context, context.projectName ?? 'release', options, work, print) };
}

/** Runs one task, which may be one of several in this process. `print` gets every line of its output. */
export async function runTask(
  context: ExecutorContext,
  project: string,
  options: { json?: boolean },
  work: (task: Task) => Promise<void>,
  print: (stream: 'out' | 'err', line: string) => void,
): Promise<boolean> {
  const rewrite = rewriterFor(context);
  const log = createLog({ json: options.json, write: print, rewrite });
  return withJournal(context.root, async (describeChanges) => {
    try {
      requireSupportedSystem();
      await work({ root: context.root, project, plugin: pluginOptions(context.nxJsonConfiguration), log });
      return true;
    } catch (error) {
      const changed = describeChanges(error instanceof KdcubeError ? error.changed : undefined);
      if (!(error instanceof KdcubeError)) {
        print('err', printableLines(changed));
        throw error;
      }
      print('err', rewrite(formatProblems(error.problems, changed)));
      const problems = error.problems.slice(0, LIMITS.problemsInJson.max);
      const omitted = error.problems.length - problems.length;
      log.event({ event: 'failed', problems, ...(omitted > 0 && { omitted }), changed });
      return false;
    }
  });
}

/** Invalid options of the plugin are reported by the task itself. */
export function rewriterFor(context: Pick<ExecutorContext, 'nxJsonConfiguration'>): (text: string) => string {
  try {
    return commandRewriter(pluginOptions(context.nxJsonConfiguration));
  } catch {
    return (text) => text;
  }
}
