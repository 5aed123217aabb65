import * as path from 'node:path';
import { DEFAULT_PLATFORM, KdcubeError, OUT, printReceipt } from '@kdcube/release/internal';
import { writeFileAtomic } from '../../system/files';
import { lookAt } from '../../git/look';
import { lookAhead } from '../../images/push/ahead';
import { pushImage } from '../../images/push/push';
import type { ImageJob } from '../../images/job';
import { registriesOf, type Registries } from '../../workspace/registries';
import type { PushRow, WouldPush } from '../../images/push/table';
import { withImage } from '../image-task';
import type { Task } from '../perform';
import { readTaskOptions } from '../read-task-options';
import { DockerPushOptions } from './schema';

/** Pushes the image of one task and writes its receipt. Returns its line of the table. */
export async function pushTask(task: Task, raw: Readonly<Record<string, unknown>>): Promise<PushRow | WouldPush> {
  const startedAt = Date.now();
  const options = readTaskOptions(DockerPushOptions, raw);
  const { root, plugin, log } = task;
  const { dryRun, branch, format } = options;
  // git can answer while release.yaml is read, and the registry while the image is planned.
  const look = lookAt(root);
  const people = { root, branch, tagPrefix: options.tagPrefix ?? plugin.tagPrefix, look };
  const { registry } = registriesOf(options, plugin);
  const platform = options.platform ?? plugin.platform ?? DEFAULT_PLATFORM;
  const ahead = registry && lookAhead({ image: task.project, platform, registry }, people, log);
  // The first question is on its way before reading release.yaml, which is done in one go, keeps this process.
  await new Promise(setImmediate);
  const push = async (job: ImageJob, registries: Registries): Promise<PushRow | WouldPush> => {
    if (format && registries.registry)
      throw new KdcubeError({
        code: 'wrong-option',
        message: `--format is for images that are kept in ${OUT.images}, and here a registry is named.`,
        hint: 'leave out --format, or name no registry (--registry, KDCUBE_REGISTRY, "registry" of the plugin’s options)',
      });
    const engine = options.engine ?? plugin.engine ?? 'auto';
    const row: WouldPush = { image: job.plan.image };
    const would = (why: readonly string[]) => void (row.why = why);
    const receipt = await pushImage(job, { ...people, registries, engine, dryRun, format, ahead, would }, log);
    if (!receipt || dryRun) return row;
    await writeFileAtomic(path.join(root, OUT.push(row.image), 'receipt.json'), printReceipt(receipt));
    log.event({ event: 'pushed', ...receipt });
    return { receipt, took: Date.now() - startedAt };
  };
  return withImage(task, options, push, look);
}
