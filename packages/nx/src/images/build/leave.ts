import * as fs from 'node:fs';
import type { BuildReceipt } from '@kdcube/release/internal';
import type { Log } from '../../system/log';
import { readLayout, writeLayout } from '../../oci/layout';
import { exportLayout } from './docker-save';
import { contentOf, type ImageJob } from '../job';
import { builtLayoutDir, layoutWithKey } from './layouts';
import { buildReceipt } from '../receipts';
import { makeImage, type Source, type SourceOptions } from './source';

export interface LeaveOptions extends SourceOptions {
  /** Whether Nx keeps what lies in dist/ and calls that the build: then nothing of it may be in an engine's store alone (HOUSE law 2). */
  cached: boolean;
}

/** docker-build: the image as an OCI layout under dist/ where no engine was needed or Nx caches the target, else in the engine's store. Asks no registry whether it is there already. */
export async function leaveImage(job: ImageJob, { cached, ...options }: LeaveOptions, log: Log): Promise<BuildReceipt> {
  const dir = builtLayoutDir(options.root, job.plan.image);
  const there = await layoutWithKey(dir, job, log);
  if (there) {
    log.done('reused', job.plan.image, `${there.manifest.digest}, in dist/`);
    return { ...receipt(job), engine: engineBefore(options.root, job) ?? 'oci', digest: there.manifest.digest };
  }
  const source = await makeImage(job, options, log);
  if (source.kind !== 'engine' || cached) return { ...receipt(job), ...(await intoLayout(source, dir, job.plan.tag)) };
  // A layout of another content beside a receipt of this one would be a riddle.
  await fs.promises.rm(dir, { recursive: true, force: true });
  log.done(source.how === 'prebuilt' ? 'reused' : 'built', job.plan.image, `${source.local} is in the store of ${source.engine}`);
  return { ...receipt(job), engine: source.engine, local: source.local };
}

async function intoLayout(source: Source, dir: string, name: string): Promise<Pick<BuildReceipt, 'engine' | 'digest'>> {
  if (source.kind === 'layout') throw new Error('a build makes no layout of a layout');
  if (source.kind === 'engine') {
    await exportLayout(source.engine, source.local, dir, name);
    return { engine: source.engine, digest: (await readLayout(dir)).manifest.digest };
  }
  await writeLayout(dir, source.image, { name });
  return { engine: 'oci', digest: source.image.digest };
}

/** Who built the image of this key, as the receipt of that time says. */
function engineBefore(root: string, { plan }: ImageJob): string | undefined {
  const before = buildReceipt(root, plan.image);
  return before?.key === plan.key ? before.engine : undefined;
}

function receipt(job: ImageJob) {
  return { receipt: 'docker-build' as const, version: 1 as const, ...contentOf(job) };
}
