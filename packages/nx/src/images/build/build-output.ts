import type { BuildReceipt } from '@kdcube/release/internal';
import { removeDir } from '../../system/files/files';
import type { Log } from '../../system/log';
import { writeLayout } from '../../oci/layout';
import { contentOf, type ImageJob } from '../job';
import { builtLayoutDir, exportEngineLayout, readVerifiedLayout } from './layouts';
import { buildReceipt } from '../receipts';
import { buildImage, type ImageSource, type BuildOptions } from './image-source';

export interface OutputOptions extends BuildOptions {
  /** Whether Nx caches the target. Then the whole image must be in dist/: a cache hit restores nothing in an engine's store. */
  cached: boolean;
}

/**
 * docker-build: writes the image as an OCI layout to dist/ if it needs no engine or if Nx caches the target; otherwise it stays in the
 * engine's store. Does not look it up in the registry.
 */
export async function buildToOutput(job: ImageJob, { cached, ...options }: OutputOptions, log: Log): Promise<BuildReceipt> {
  const dir = builtLayoutDir(options.root, job.plan.image);
  const existing = await readVerifiedLayout(dir, job, options, log);
  if (existing) {
    log.done('reused', job.plan.image, `${existing.manifest.digest}, in dist/`);
    return { ...receipt(job), engine: previousEngine(options.root, job) ?? 'oci', digest: existing.manifest.digest };
  }
  const source = await buildImage(job, options, log);
  if (source.kind !== 'engine' || cached) return { ...receipt(job), ...(await writeOutputLayout(job, source, dir)) };
  // An old layout must not remain beside a receipt of the new image.
  await removeDir(dir);
  log.done(source.how === 'prebuilt' ? 'reused' : 'built', job.plan.image, `${source.local} is in the store of ${source.engine}`);
  return { ...receipt(job), engine: source.engine, local: source.local };
}

async function writeOutputLayout(
  job: ImageJob,
  source: ImageSource,
  dir: string,
): Promise<Pick<BuildReceipt, 'engine' | 'digest'>> {
  if (source.kind === 'layout') throw new Error('buildImage returned a layout');
  if (source.kind === 'engine') {
    const { manifest } = await exportEngineLayout(job, source, dir);
    return { engine: source.engine, digest: manifest.digest };
  }
  await writeLayout(dir, source.image, { name: job.plan.tag });
  return { engine: 'oci', digest: source.image.digest };
}

/** The engine that built the image of this key, from the receipt of that build. */
function previousEngine(root: string, { plan }: ImageJob): string | undefined {
  const before = buildReceipt(root, plan.image);
  return before?.key === plan.key ? before.engine : undefined;
}

function receipt(job: ImageJob) {
  return { receipt: 'docker-build' as const, version: 1 as const, ...contentOf(job) };
}
