import type { ExecutorContext } from '@nx/devkit';
import { runExecutor } from '../run-task';
import { buildProject } from './build-project';
import type { DockerBuildOptions } from './schema';

/** Builds the image as an OCI layout in dist/, or in the engine's store. Does not look it up in the registry: docker-push does. */
export default function dockerBuild(options: DockerBuildOptions, context: ExecutorContext): Promise<{ success: boolean }> {
  return runExecutor(context, options, (task) => buildProject(task, options, context.target?.cache === true));
}
