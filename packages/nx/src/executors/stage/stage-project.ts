import * as path from 'node:path';
import type { StageReceipt } from '@kdcube/release/internal';
import { OUT, printReceipt } from '@kdcube/release/internal';
import { logIgnoredFiles } from '../../workspace/bundle-notes';
import { checkBundlePackages } from '../../workspace/bundle-packages';
import { findBundle } from '../../workspace/bundles';
import { replaceDir, writeFileAtomic } from '../../system/files/files';
import type { Snapshot } from '../../git/snapshot/snapshot';
import { formatBytes, pluralize } from '../../system/log';
import { stageTree } from '../../workspace/stage';
import { requireBundle, type OpenRelease } from '../../workspace/workspace';
import type { Task } from '../run-task';
import { readTaskOptions } from '../read-task-options';
import { StageOptions } from './schema';

/** Stages one bundle to dist/stage/<id>/bundles/<folder>, byte for byte as git has it, and writes its receipt. */
export async function stageProject(
  { root, project, log }: Task,
  release: OpenRelease,
  snapshot: Snapshot,
  raw: Readonly<Record<string, unknown>>,
): Promise<void> {
  const { offline } = readTaskOptions(StageOptions, raw);
  const startedAt = Date.now();
  const bundle = requireBundle(release.release, project);
  const found = await findBundle(release, bundle, snapshot, { offline, log });
  const store = await found.open();
  const receipt = await replaceDir(path.join(root, OUT.stage(bundle.id)), async (dir) => {
    const written = await stageTree(store, found.content.tree, path.join(dir, 'bundles', bundle.folder), {
      subject: bundle.id,
      at: { file: found.place },
      log,
    });
    const { repo, ref, commit, subdir } = found.pin ?? {};
    const pinned = found.pin && { repo: repo!, ref: ref!, commit: commit!, subdir: subdir! };
    const receipt: StageReceipt = { receipt: 'stage', version: 1, ...found.content, ...(pinned && { pinned }), ...written };
    await writeFileAtomic(path.join(dir, 'receipt.json'), printReceipt(receipt));
    return receipt;
  });
  const from = found.pin ? `${found.pin.ref} (${found.pin.commit.slice(0, 12)})` : found.place;
  log.done(
    'staged',
    bundle.id,
    `${pluralize(receipt.files, 'file')}, ${formatBytes(receipt.bytes)}, from ${from} to ${OUT.stage(bundle.id)}/bundles/${bundle.folder}`,
    startedAt,
  );
  await logIgnoredFiles(root, found, log);
  const { notes, problems } = await checkBundlePackages(store, found, release.release.generation);
  for (const note of [...problems.map(({ message }) => message), ...notes]) log.note(note);
  log.event({ event: 'staged', ...receipt });
}
