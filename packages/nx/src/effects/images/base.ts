import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { parseImageReference } from '@kdcube/release';
import { cacheDir, writeFileAtomic } from '../files';
import type { Log } from '../log';
import type { Base } from '../oci/base';
import type { Place } from '../registry/blobs';
import { isImage } from '../registry/manifest';
import { imageConfig } from '../registry/registry';
import { openRegistry } from './registries';

/** A base, and the repository that has its layers. */
export interface FoundBase {
  base: Base;
  place: Place;
}

/** Raised when what is kept of a base changes: what an older version kept is then not read. */
const BASE_FORMAT = 1;

/**
 * What an image that is named by digest says of itself for one platform. A digest says the same for ever, so an answer is kept in the cache folder and the registry
 * is asked once. Problems: `image-not-found`, `registry-*`.
 */
export async function findBase(reference: string, platform: string, log: Log): Promise<FoundBase> {
  const { host, repository, digest } = parseImageReference(reference);
  const place = { registry: openRegistry(host, log), repository };
  const name = createHash('sha256').update(`${digest} ${platform}`).digest('hex');
  const file = cacheDir(`bases-${BASE_FORMAT}`, `${name}.json`);
  const kept = await readKept(file, digest!);
  if (kept) return { base: { ...kept, reference }, place };
  const { mediaType, manifest, config } = await imageConfig(place.registry, repository, digest!, platform);
  await writeFileAtomic(file, JSON.stringify({ of: digest, mediaType, manifest, config }));
  return { base: { reference, mediaType, manifest, config }, place };
}

/** A file that does not read as what was written there counts as not there. */
async function readKept(file: string, digest: string): Promise<Omit<Base, 'reference'> | undefined> {
  try {
    const { of, ...kept } = JSON.parse(await fs.promises.readFile(file, 'utf8')) as Omit<Base, 'reference'> & { of: string };
    return of === digest && isImage(kept.manifest) && kept.config.rootfs.diff_ids.length === kept.manifest.layers.length
      ? kept
      : undefined;
  } catch {
    return undefined;
  }
}
