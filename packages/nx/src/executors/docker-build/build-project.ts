import * as path from 'node:path';
import { OUT, printReceipt } from '@kdcube/release/internal';
import { writeFileAtomic } from '../../system/files/files';
import { buildToOutput } from '../../images/build/build-output';
import { withPlannedImage } from '../planned-image';
import type { Task } from '../run-task';
import { readTaskOptions } from '../read-task-options';
import { DockerBuildOptions } from './schema';

/** Builds the image of one task and writes its receipt. `cached`: Nx caches the output in dist/. */
export async function buildProject(task: Task, raw: Readonly<Record<string, unknown>>, cached: boolean): Promise<void> {
  const options = readTaskOptions(DockerBuildOptions, raw);
  return withPlannedImage(task, options, async (job, registries) => {
    const { root, plugin, log } = task;
    const engine = options.engine ?? plugin.engine ?? 'auto';
    const receipt = await buildToOutput(job, { root, registries, engine, cached }, log);
    await writeFileAtomic(path.join(root, OUT.build(job.plan.image), 'receipt.json'), printReceipt(receipt));
    log.event({ event: 'built', ...receipt });
  });
}
