import * as fs from 'node:fs';
import * as path from 'node:path';
import { KdcubeError, OUT } from '@kdcube/release/internal';
import type { Log } from '../../system/log';
import type { ExpectedImage } from '../../oci/expected';
import { ownLayers } from '../../oci/own-layers';
import { cachedLayer } from '../../oci/layer/layer';
import { openBlob, readLayout, type Layout } from '../../oci/layout';
import type { ImageConfig } from '../../registry/manifests/manifest-format';
import type { ImageJob } from '../job';
import { rememberEngineDigest } from '../verify/engine-digests';
import { findLayerMismatch } from '../verify/layers';
import { imageMismatch, verifyImage, type TrustOptions } from '../verify/verify';
import type { Engine } from './engine';
import { exportLayout } from './export-layout';

/** The output of docker-build: without the base's layers if a registry has them. */
export function builtLayoutDir(root: string, image: string): string {
  return path.join(root, OUT.build(image), 'layout');
}

/** The output of docker-push if no registry is configured: a complete layout. */
export function pushedLayoutDir(root: string, image: string): string {
  return path.join(root, OUT.images, image);
}

/** The content key in an image's labels. */
function contentKeyOf({ config }: Pick<ImageConfig, 'config'>): string | undefined {
  return config?.Labels?.['io.kdcube.content-key'];
}

/** The layout in `dir`, if it is complete and has the image's content key. A corrupt one is reported, and counts as absent. */
async function readLayoutWithKey(dir: string, { plan }: Pick<ImageJob, 'plan'>, log: Log): Promise<Layout | undefined> {
  if (!fs.existsSync(path.join(dir, 'index.json'))) return undefined;
  try {
    const layout = await readLayout(dir);
    if (contentKeyOf(layout.config) !== plan.key) return undefined;
    // Only the base's layers can be fetched from a registry.
    const own = new Set(ownLayers(layout.image, layout.config).map(({ descriptor }) => descriptor.digest));
    const gone = layout.missing.find(({ digest }) => own.has(digest));
    if (!gone) return layout;
    log.note(`${dir} lacks its layer ${gone.digest}. The image is built again.`);
    return undefined;
  } catch (error) {
    if (!(error instanceof KdcubeError)) throw error;
    log.note(`${error.problems[0]!.message} The image is built again.`);
    return undefined;
  }
}

/**
 * The layout in `dir`, if it is the image that `job` plans: Nx may have restored dist/ from a shared cache. One that cannot be verified is
 * reported, and counts as absent. Problem `image-mismatch` if it claims to be this image and is another.
 */
export async function readVerifiedLayout(dir: string, job: ImageJob, trust: TrustOptions, log: Log): Promise<Layout | undefined> {
  const layout = await readLayoutWithKey(dir, job, log);
  if (!layout) return undefined;
  const { manifest, bytes, image } = layout;
  const found = { digest: manifest.digest, bytes, json: image, place: dir };
  // There is no registry to trust for a layout.
  const verdict = await verifyImage(job, found, { ...trust, trustRegistry: false }, log);
  if (verdict.by === 'nothing') {
    if (verdict.cause) throw verdict.cause;
    log.note(`${dir} cannot be verified: ${verdict.why} The image is built again.`);
    return undefined;
  }
  if (verdict.expected) await verifyLayers(layout, verdict.expected);
  return layout;
}

/**
 * Its own layers must match their diff ids when they are unpacked: the config names those, but the manifest may name any bytes. A layer
 * that this machine compressed is known by its digest.
 */
async function verifyLayers({ dir, image }: Layout, { base, layers }: ExpectedImage): Promise<void> {
  for (const [index, layer] of layers.entries()) {
    const descriptor = image.layers[base.length + index]!;
    const cached = cachedLayer(layer.key);
    if (cached && cached !== 'empty' && cached.digest === descriptor.digest) continue;
    const why = await findLayerMismatch(openBlob(dir, descriptor), layer);
    if (why !== undefined) throw imageMismatch({ place: dir, digest: descriptor.digest }, `this layer ${why}`);
  }
}

/** Exports an engine-built image as a layout. Its digest is stored: an engine-built layout is reused only on the machine that built it. */
export async function exportEngineLayout(
  job: ImageJob,
  { engine, local }: { engine: Engine; local: string },
  dir: string,
): Promise<Layout> {
  await exportLayout(engine, local, dir, job.plan.tag);
  const layout = await readLayout(dir);
  await rememberEngineDigest(job, layout.manifest.digest);
  return layout;
}
