import type { ExecutorContext } from '@nx/devkit';
import { perform } from '../perform';
import { buildTask } from './build-task';
import type { DockerBuildOptions } from './schema';

/** The image as an OCI layout under dist/, or in the engine's store; asks no registry whether it is there already (docker-push does). */
export default function dockerBuild(options: DockerBuildOptions, context: ExecutorContext): Promise<{ success: boolean }> {
  return perform(context, options, (task) => buildTask(task, options, context.target?.cache === true));
}
