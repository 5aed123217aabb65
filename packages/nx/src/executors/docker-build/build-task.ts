import * as path from 'node:path';
import { OUT, printReceipt } from '@kdcube/release/internal';
import { writeFileAtomic } from '../../system/files';
import { leaveImage } from '../../images/build/leave';
import { withImage } from '../image-task';
import type { Task } from '../perform';
import { readTaskOptions } from '../read-task-options';
import { DockerBuildOptions } from './schema';

/** Builds the image of one task and writes its receipt. `cached`: Nx keeps what lies in dist/ and calls that the build. */
export async function buildTask(task: Task, raw: Readonly<Record<string, unknown>>, cached: boolean): Promise<void> {
  const options = readTaskOptions(DockerBuildOptions, raw);
  return withImage(task, options, async (job, registries) => {
    const { root, plugin, log } = task;
    const engine = options.engine ?? plugin.engine ?? 'auto';
    const receipt = await leaveImage(job, { root, registries, engine, cached }, log);
    await writeFileAtomic(path.join(root, OUT.build(job.plan.image), 'receipt.json'), printReceipt(receipt));
    log.event({ event: 'built', ...receipt });
  });
}
