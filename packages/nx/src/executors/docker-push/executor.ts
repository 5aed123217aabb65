import type { ExecutorContext } from '@nx/devkit';
import { pushTable } from '../../images/push/table';
import { perform } from '../perform';
import { pushTask } from './push-task';
import type { DockerPushOptions } from './schema';

/** The image in the registry: adopted by its content key when it is there, else built and sent. */
export default function dockerPush(options: DockerPushOptions, context: ExecutorContext): Promise<{ success: boolean }> {
  return perform(context, options, async (task) => {
    task.log.lines(pushTable([await pushTask(task, options)]));
  });
}
