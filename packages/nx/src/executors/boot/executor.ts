import type { ExecutorContext } from '@nx/devkit';
import { bootEntries, bootProblems, bootSummary, KdcubeError, shownReport } from '@kdcube/release/internal';
import { bootImage } from '../../images/boot/boot';
import { provideImage } from '../../images/boot/provide-image';
import type { ImageJob } from '../../images/job';
import type { Registries } from '../../workspace/registries';
import { findContainerEngine } from '../../images/boot/container-engine';
import { pluralize } from '../../system/log';
import { withPlannedImage } from '../planned-image';
import type { Task } from '../run-task';
import { runExecutor } from '../run-task';
import { readTaskOptions } from '../read-task-options';
import { DockerPushOptions } from '../docker-push/schema';
import { BootOptions } from './schema';

/** Checks that the image's bundles import, in the image itself. */
export default function boot(raw: BootOptions, context: ExecutorContext): Promise<{ success: boolean }> {
  return runExecutor(context, raw, async (task) => {
    // A docker-push that depends on boot forwards all of its options.
    const options = readTaskOptions(BootOptions, raw, Object.keys(DockerPushOptions.shape));
    await withPlannedImage(task, options, (job, registries) => bootProject(task, job, registries, options));
  });
}

async function bootProject(
  { root, plugin, log }: Task,
  job: ImageJob,
  registries: Registries,
  options: BootOptions,
): Promise<void> {
  const { image, platform, key } = job.plan;
  const { memory, timeout } = options;
  const entries = bootEntries(job.bundles.map(({ bundle }) => bundle));
  if (entries.length === 0) {
    log.done('booted', image, 'no bundles in it');
    return;
  }
  if (options.dryRun) {
    log.done('would boot', image, pluralize(entries.length, 'bundle'));
    return;
  }
  const engine = await findContainerEngine(options.engine ?? plugin.engine ?? 'auto');
  const reference = await provideImage(engine, job, registries, root, log);
  const startedAt = Date.now();
  const boot = { image, memory, timeout, bundles: job.bundles.map(({ content, place }) => ({ ...content, place })) };
  const report = await bootImage(engine, { ...boot, reference, platform, entries }, log);
  const shown = shownReport(report);
  if (shown.loader.why) log.note(`the platform in ${image} has a bundle loader that does not import: ${shown.loader.why}`);
  log.event({ event: 'booted', image, key, ...shown });
  const problems = bootProblems(report, boot);
  log.done(problems.length === 0 ? 'booted' : 'failed', image, bootSummary(report), startedAt);
  if (problems.length > 0) throw new KdcubeError(problems);
}
