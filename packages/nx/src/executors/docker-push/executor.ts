import * as path from 'node:path';
import type { ExecutorContext } from '@nx/devkit';
import { OUT, printReceipt } from '@kdcube/release';
import { writeFileAtomic } from '../../effects/files';
import { pushImage } from '../../effects/images/push';
import { withImage } from '../image-task';
import { perform } from '../perform';
import type { DockerPushOptions } from './schema';

/** The image in the registry: adopted by its content key when it is there, else built and sent. */
export default function dockerPush(options: DockerPushOptions, context: ExecutorContext): Promise<{ success: boolean }> {
  return perform(context, options, (task) =>
    withImage(task, options, async (job, registries) => {
      const { root, plugin, log } = task;
      const { dryRun, branch } = options;
      const engine = options.engine ?? plugin.engine ?? 'auto';
      const tagPrefix = options.tagPrefix ?? plugin.tagPrefix;
      const receipt = await pushImage(job, { root, registries, engine, dryRun, branch, tagPrefix }, log);
      if (!receipt || dryRun) return;
      await writeFileAtomic(path.join(root, OUT.push(job.plan.image), 'receipt.json'), printReceipt(receipt));
      log.event({ event: 'pushed', ...receipt });
    }),
  );
}
