import type { ExecutorContext } from '@nx/devkit';
import { pushTable } from '../../images/push/table';
import { perform } from '../perform';
import { pushTask } from './push-task';
import type { DockerPushOptions } from './schema';

/** Pushes the image to the registry. If the registry already has its content key, the image is reused. */
export default function dockerPush(options: DockerPushOptions, context: ExecutorContext): Promise<{ success: boolean }> {
  return perform(context, options, async (task) => {
    task.log.lines(pushTable([await pushTask(task, options)]));
  });
}
