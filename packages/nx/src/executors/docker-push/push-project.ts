import * as path from 'node:path';
import { KdcubeError, OUT, printReceipt } from '@kdcube/release/internal';
import { writeFileAtomic } from '../../system/files/files';
import { readStatus } from '../../git/status';
import { pushImage } from '../../images/push/push';
import type { ImageJob } from '../../images/job';
import { readSigningKey } from '../../images/signatures/signing-key';
import { readTrustedKeys } from '../../images/signatures/trusted-keys';
import { logIgnoredFiles } from '../../workspace/bundle-notes';
import type { Registries } from '../../workspace/registries';
import type { PushRow, WouldPush } from '../../images/push/table';
import { withPlannedImage } from '../planned-image';
import { findPublished, mirrorProject } from './mirror-project';
import type { Task } from '../run-task';
import { readTaskOptions } from '../read-task-options';
import { DockerPushOptions } from './schema';

/** Pushes the image of one task, or mirrors a published one, and writes its receipt. Returns its row of the table; undefined if there is no registry to mirror to. */
export async function pushProject(task: Task, raw: Readonly<Record<string, unknown>>): Promise<PushRow | WouldPush | undefined> {
  const options = readTaskOptions(DockerPushOptions, raw);
  const published = findPublished(task);
  return published ? mirrorProject(task, published, options) : pushBuilt(task, options);
}

async function pushBuilt(task: Task, options: DockerPushOptions): Promise<PushRow | WouldPush> {
  const startedAt = Date.now();
  const { root, plugin, log } = task;
  const { dryRun, branch, format } = options;
  // First: a key that cannot be used must not be discovered after the upload.
  const signingKey = readSigningKey(root, options.signingKey);
  // git works while release.yaml is read.
  const gitStatus = readStatus(root);
  const tagOptions = { root, branch, tagPrefix: options.tagPrefix ?? plugin.tagPrefix, gitStatus };
  const push = async (job: ImageJob, registries: Registries): Promise<PushRow | WouldPush> => {
    if (format && registries.registry) throw formatWithRegistry();
    const trust = {
      registries,
      engine: options.engine ?? plugin.engine ?? 'auto',
      trustRegistry: plugin.trustRegistry,
      trustedKeys: [...readTrustedKeys(root, plugin.signatureKeys ?? []), ...(signingKey ? [signingKey] : [])],
    };
    const row: WouldPush = { image: job.plan.image };
    const onWouldPush = (why: readonly string[]) => void (row.why = why);
    // While the registry is asked.
    const notes = Promise.all(job.bundles.map((bundle) => logIgnoredFiles(root, bundle, log)));
    notes.catch(() => undefined);
    const receipt = await pushImage(job, { ...tagOptions, ...trust, dryRun, format, onWouldPush, signingKey }, log);
    await notes;
    if (!receipt || dryRun) return row;
    await writeFileAtomic(path.join(root, OUT.push(row.image), 'receipt.json'), printReceipt(receipt));
    log.event({ event: 'pushed', ...receipt });
    return { receipt, took: Date.now() - startedAt };
  };
  return withPlannedImage(task, options, push, gitStatus);
}

function formatWithRegistry(): KdcubeError {
  return new KdcubeError({
    code: 'wrong-option',
    message: `--format is only for images that go to ${OUT.images}, but a registry is configured.`,
    hint: 'leave out --format, or configure no registry (--registry, KDCUBE_REGISTRY, "registry" of the plugin’s options)',
  });
}
