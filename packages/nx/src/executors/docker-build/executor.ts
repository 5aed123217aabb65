import * as path from 'node:path';
import type { ExecutorContext } from '@nx/devkit';
import type { BuildReceipt } from '@kdcube/release';
import { OUT, printReceipt } from '@kdcube/release';
import { buildLocal, localName } from '../../effects/images/build';
import { findEngine, localLabels } from '../../effects/images/docker';
import { writeFileAtomic } from '../../effects/files';
import { contentOf } from '../../effects/images/job';
import { withImage } from '../image-task';
import { perform } from '../perform';
import type { DockerBuildOptions } from './schema';

/** The image in the engine's store, under its content key; asks no registry whether it is there already (docker-push does). */
export default function dockerBuild(options: DockerBuildOptions, context: ExecutorContext): Promise<{ success: boolean }> {
  return perform(context, options, (task) =>
    withImage(task, options, async (job, registries) => {
      const { root, plugin, log } = task;
      const { image, key } = job.plan;
      const local = localName(job.plan);
      if (options.dryRun) {
        log.done('would build', image, local);
        return;
      }
      const engine = await findEngine(options.engine ?? plugin.engine ?? 'auto');
      if ((await localLabels(engine, local))?.['io.kdcube.content-key'] === key)
        log.done('there', image, `${local} is in the store of ${engine}`);
      else await buildLocal(engine, job, registries, root, log);
      const receipt: BuildReceipt = { receipt: 'docker-build', version: 1, ...contentOf(job), engine, local };
      await writeFileAtomic(path.join(root, OUT.build(image), 'receipt.json'), printReceipt(receipt));
      log.event({ event: 'built', ...receipt });
    }),
  );
}
