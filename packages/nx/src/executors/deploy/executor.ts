import type { ExecutorContext } from '@nx/devkit';
import { runsOnHost } from '../../targets/compose/place';
import { openEnvironment } from '../../workspace/environment';
import { openRelease } from '../../workspace/workspace';
import { deployOnHost } from '../deploy-compose/executor';
import { deployOnEcs } from '../deploy-ecs/executor';
import { ECS_TIMEOUT, HOST_TIMEOUT } from '../options';
import { logNotes } from '../log-notes';
import { runExecutor } from '../run-task';
import type { DeployOptions } from './schema';

/** Deploys the release to where the environment says. */
export default function deploy(options: DeployOptions, context: ExecutorContext): Promise<{ success: boolean }> {
  return runExecutor(context, options, async (task) => {
    const open = await openRelease(task.root, task.plugin);
    const { environment, notes } = openEnvironment(open, options.environment);
    logNotes(notes, task.log);
    const { timeout, ...others } = options;
    if (runsOnHost(environment)) await deployOnHost(task, open, environment, { ...others, timeout: timeout ?? HOST_TIMEOUT });
    else await deployOnEcs(task, open, environment, { ...others, timeout: timeout ?? ECS_TIMEOUT });
  });
}
