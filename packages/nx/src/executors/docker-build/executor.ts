import * as path from 'node:path';
import type { ExecutorContext } from '@nx/devkit';
import { OUT, printReceipt } from '@kdcube/release';
import { writeFileAtomic } from '../../effects/files';
import { leaveImage } from '../../effects/images/leave';
import { withImage } from '../image-task';
import { perform } from '../perform';
import type { DockerBuildOptions } from './schema';

/** The image as an OCI layout under dist/, or in the engine's store; asks no registry whether it is there already (docker-push does). */
export default function dockerBuild(options: DockerBuildOptions, context: ExecutorContext): Promise<{ success: boolean }> {
  return perform(context, options, (task) =>
    withImage(task, options, async (job, registries) => {
      const { root, plugin, log } = task;
      const engine = options.engine ?? plugin.engine ?? 'auto';
      const receipt = await leaveImage(job, { root, registries, engine, cached: context.target?.cache === true }, log);
      await writeFileAtomic(path.join(root, OUT.build(job.plan.image), 'receipt.json'), printReceipt(receipt));
      log.event({ event: 'built', ...receipt });
    }),
  );
}
