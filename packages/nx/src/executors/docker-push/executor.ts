import type { ExecutorContext } from '@nx/devkit';
import { pushTable } from '../../images/push/table';
import { runExecutor } from '../run-task';
import { pushProject } from './push-project';
import type { DockerPushOptions } from './schema';

/** Pushes the image to the registry. If the registry already has its content key, the image is reused. */
export default function dockerPush(options: DockerPushOptions, context: ExecutorContext): Promise<{ success: boolean }> {
  return runExecutor(context, options, async (task) => {
    const row = await pushProject(task, options);
    task.log.lines(pushTable(row ? [row] : []));
  });
}
