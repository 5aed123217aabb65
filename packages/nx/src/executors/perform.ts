import type { ExecutorContext } from '@nx/devkit';
import { KdcubeError } from '@kdcube/release';
import type { PluginOptions } from '../graph/options';
import { pluginOptions } from '../graph/options';
import { createLog } from '../effects/log';
import type { Log } from '../effects/log';

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
  const log = createLog({ json: options.json });
  try {
    await work({
      root: context.root,
      project: context.projectName ?? 'release',
      plugin: pluginOptions(context.nxJsonConfiguration),
      log,
    });
    return { success: true };
  } catch (error) {
    if (!(error instanceof KdcubeError)) throw error;
    process.stderr.write(`${error.message}\n`);
    log.event({ event: 'failed', problems: error.problems, changed: error.changed });
    return { success: false };
  }
}
