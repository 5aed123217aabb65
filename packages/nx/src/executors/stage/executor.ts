import * as path from 'node:path';
import type { ExecutorContext } from '@nx/devkit';
import type { StageReceipt } from '@kdcube/release';
import { OUT, printReceipt } from '@kdcube/release';
import { findBundle } from '../../effects/bundles';
import { replaceDir, writeFileAtomic } from '../../effects/files';
import { withSnapshot } from '../../effects/git/snapshot';
import { bytes } from '../../effects/log';
import { stageTree } from '../../effects/stage';
import { openRelease, requireBundle } from '../../effects/workspace';
import { perform } from '../perform';
import type { StageOptions } from './schema';

/** A bundle's files, byte for byte as git has them, under dist/stage/<id>/bundles/<folder>. */
export default function stage(options: StageOptions, context: ExecutorContext): Promise<{ success: boolean }> {
  return perform(context, options, async ({ root, project, plugin, log }) => {
    const startedAt = Date.now();
    const release = await openRelease(root, plugin);
    const bundle = requireBundle(release.release, project);
    await withSnapshot(root, async (snapshot) => {
      const found = await findBundle(release, bundle, snapshot, { offline: options.offline, log });
      const store = await found.open();
      const target = path.join(root, OUT.stage(bundle.id));
      const receipt = await replaceDir(target, async (dir) => {
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
        `${receipt.files} files, ${bytes(receipt.bytes)}, from ${from} to ${OUT.stage(bundle.id)}/bundles/${bundle.folder}`,
        startedAt,
      );
      log.event({ event: 'staged', ...receipt });
    });
  });
}
