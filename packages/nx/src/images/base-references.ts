import { BUILT_BASE, type ImagePin, repositoryOf, shown } from '@kdcube/release/internal';
import { findManifest } from '../registry/manifests/manifests';
import type { Log } from '../system/log';
import { openRegistry, pinnedReferences, type Registries, requireRegistry } from '../workspace/registries';
import type { OpenRelease } from '../workspace/workspace';
import type { ImageJob } from './job';
import { notPushed } from './not-pushed';
import { pushReceipt } from './receipts';
import { readTrustedKeys } from './signatures/trusted-keys';
import { imageUnverified, verifyImage } from './verify/verify';

/**
 * The reference of every external image of a pin, by digest. `built`: the bases that are built here: their content keys are looked up where the release's images are. Problems: `registry-missing`,
 * `image-not-pushed`, `image-mismatch`, `image-unverified`.
 */
export async function baseReferences(
  { root, trust }: Pick<OpenRelease, 'root' | 'trust'>,
  pin: Pick<ImagePin, 'bases'>,
  built: ReadonlyMap<string, ImageJob>,
  registries: Registries,
  log: Log,
): Promise<Map<string, string>> {
  const pinned = Object.entries(pin.bases).filter(([, digest]) => digest !== BUILT_BASE);
  const references = pinnedReferences({ bases: Object.fromEntries(pinned) }, registries);
  if (built.size === 0) return references;
  const target = requireRegistry(registries);
  const registry = openRegistry(target.host, log);
  for (const [base, job] of built) {
    const { image, key, tag } = job.plan;
    const repository = repositoryOf(target, image);
    const name = `${shown(target)}/${image}`;
    const found = await findManifest(registry, repository, tag);
    if (!found) throw notPushed(target, job.plan);
    const receipt = pushReceipt(root, image);
    const pushed = receipt?.key === key && receipt.repository === name ? receipt.digest : undefined;
    const place = `${name}:${tag}`;
    const options = {
      registries,
      trustRegistry: trust?.trustRegistry,
      trustedKeys: readTrustedKeys(root, trust?.signatureKeys ?? []),
    };
    const verdict = await verifyImage(job, { ...found, place, signatures: { registry, repository } }, options, log, pushed);
    if (verdict.by === 'nothing') throw imageUnverified({ place, digest: found.digest }, verdict.why);
    references.set(base, `${place}@${verdict.digest}`);
  }
  return references;
}
