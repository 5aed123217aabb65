import type { ExecutorContext } from '@nx/devkit';
import { KdcubeError } from '@kdcube/release/internal';
import type { PluginOptions } from '../plugin-options';
import { pluginOptions } from '../plugin-options';
import { createLog } from '../system/log';
import type { Log } from '../system/log';

/** What every executor is given. */
export interface Task {
  /** The workspace's folder. */
  root: string;
  /** The project's name: a bundle's id, an image's, or `release`. */
  project: string;
  plugin: PluginOptions;
  log: Log;
}

/**
 * Runs the work of an executor. A known problem is printed as people read it, without a stack, and ends the task with exit code 1; anything
 * else is a bug of ours, and Nx prints it whole.
 */
export async function perform(
  context: ExecutorContext,
  options: { json?: boolean },
  work: (task: Task) => Promise<void>,
): Promise<{ success: boolean }> {
  const print = (stream: 'out' | 'err', line: string): void =>
    void (stream === 'out' ? process.stdout : process.stderr).write(`${line}\n`);
  return { success: await performTask(context, context.projectName ?? 'release', options, work, print) };
}

/** The same for one task of several in this process. `print` is given every line; Nx keeps what a task said and shows it when the task has ended. */
export async function performTask(
  context: ExecutorContext,
  project: string,
  options: { json?: boolean },
  work: (task: Task) => Promise<void>,
  print: (stream: 'out' | 'err', line: string) => void,
): Promise<boolean> {
  const log = createLog({ json: options.json, write: print });
  try {
    await work({ root: context.root, project, plugin: pluginOptions(context.nxJsonConfiguration), log });
    return true;
  } catch (error) {
    if (!(error instanceof KdcubeError)) throw error;
    print('err', error.message);
    log.event({ event: 'failed', problems: error.problems, changed: error.changed });
    return false;
  }
}
