import * as path from 'node:path';
import type { ExecutorContext } from '@nx/devkit';
import type { BundlePin, DescriptorReceipt } from '@kdcube/release/internal';
import { OUT, planDescriptor, printReceipt } from '@kdcube/release/internal';
import { replaceDir, writeFileAtomic } from '../../system/files/files';
import { pluralize } from '../../system/log';
import { openRelease, requireBundlePin } from '../../workspace/workspace';
import { logNotes } from '../log-notes';
import { runExecutor } from '../run-task';
import type { DescriptorOptions } from './schema';

/** Writes the bundle descriptor to dist/release. */
export default function descriptor(options: DescriptorOptions, context: ExecutorContext): Promise<{ success: boolean }> {
  return runExecutor(context, options, async ({ root, log }) => {
    const startedAt = Date.now();
    const open = await openRelease(root, options);
    const { release } = open;
    const pins = new Map<string, BundlePin>();
    for (const bundle of release.bundles) if (bundle.kind === 'pinned') pins.set(bundle.id, requireBundlePin(open, bundle));
    const plan = planDescriptor(release, pins, options);
    logNotes(open.workspace.notes, log);
    log.note(`descriptor ${plan.kind}: generation ${release.generation}, because ${release.generationBecause}`);
    const receipt: DescriptorReceipt = {
      receipt: 'descriptor',
      version: 1,
      kind: plan.kind,
      mode: plan.mode,
      generation: release.generation,
      files: Object.keys(plan.files),
      bundles: release.bundles.map(({ id, folder }) => ({ id, folder, ...(pins.has(id) && { commit: pins.get(id)!.commit }) })),
    };
    log.event({ event: 'descriptor', dryRun: options.dryRun, ...receipt, descriptor: plan.descriptor, env: plan.env });
    if (options.dryRun) {
      log.done('would write', OUT.release, receipt.files.join(', '), startedAt);
      return;
    }
    await replaceDir(path.join(root, OUT.release), async (dir) => {
      for (const [name, text] of Object.entries(plan.files)) await writeFileAtomic(path.join(dir, name), text);
      await writeFileAtomic(path.join(dir, 'receipt.json'), printReceipt(receipt));
    });
    log.done('derived', OUT.release, `${pluralize(release.bundles.length, 'bundle')} in ${receipt.files.join(', ')}`, startedAt);
  });
}
