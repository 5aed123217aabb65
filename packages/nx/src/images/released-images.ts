import { type ImagePlan, type RegistryName, KdcubeError, repositoryOf, shown } from '@kdcube/release/internal';
import { withSnapshot } from '../git/snapshot/snapshot';
import type { Log } from '../system/log';
import { headManifest } from '../registry/manifests';
import type { Registry } from '../registry/transport/connect';
import type { OpenRelease } from '../workspace/workspace';
import { planImageJob } from './job';
import { pushReceipt } from './receipts';
import { openRegistry } from '../workspace/registries';

/** An image of the release, planned from its content, not looked up yet. */
export interface PlannedImage {
  plan: ImagePlan;
  /** Its paths with uncommitted changes. */
  uncommitted: string[];
}

/** An image of the release in the registry, from any checkout. */
export interface ReleasedImage extends PlannedImage {
  /** Without the registry's host. */
  repository: string;
  digest: string;
  /** The full reference, by digest. */
  reference: string;
}

/** The named images of the release, by content. */
export async function plannedImages(
  open: OpenRelease,
  names: readonly string[],
  { platform, args = {} }: { platform?: string; args?: Readonly<Record<string, string>> },
  log: Log,
): Promise<PlannedImage[]> {
  const planned: PlannedImage[] = [];
  await withSnapshot(open.root, async (snapshot) => {
    for (const name of names) planned.push(await planImageJob(open, name, snapshot, { platform, args, offline: true }, log));
  });
  return planned.map(({ plan, uncommitted }) => ({ plan, uncommitted }));
}

/** Finds the images in the registry. `offline`: uses the receipts of this checkout's pushes, and contacts only `registry`, if given. Throws one Problem `image-not-pushed` for each image that is not pushed. */
export async function releasedImages(
  root: string,
  planned: readonly PlannedImage[],
  registry: RegistryName,
  { offline, registry: offlineRegistry }: { offline: boolean; registry?: Registry },
  log: Log,
): Promise<ReleasedImage[]> {
  const connection = offline ? offlineRegistry : openRegistry(registry.host, log);
  const missing: KdcubeError[] = [];
  const found: ReleasedImage[] = [];
  for (const image of planned) {
    const { plan } = image;
    const repository = repositoryOf(registry, plan.image);
    const shownName = `${shown(registry)}/${plan.image}`;
    const digest =
      (offline ? receiptDigest(root, plan, shownName) : undefined) ??
      (connection && (await headManifest(connection, repository, plan.tag))?.digest);
    if (digest === undefined) missing.push(connection ? notPushed(registry, plan) : noReceipt(registry, plan));
    else found.push({ ...image, repository, digest, reference: `${shownName}@${digest}` });
  }
  if (missing.length > 0) throw new KdcubeError(missing.flatMap(({ problems }) => problems));
  return found;
}

export function notPushed(registry: RegistryName, { image, tag }: Pick<ImagePlan, 'image' | 'tag'>): KdcubeError {
  return new KdcubeError({
    code: 'image-not-pushed',
    message: `${shown(registry)}/${image} does not have this release's content (its key is ${tag}).`,
    hint: `nx run ${image}:docker-push`,
  });
}

/** The registry was not contacted, so the image may be pushed nevertheless. */
function noReceipt(registry: RegistryName, { image, tag }: Pick<ImagePlan, 'image' | 'tag'>): KdcubeError {
  return new KdcubeError({
    code: 'image-not-pushed',
    message: `This checkout has no receipt of ${shown(registry)}/${image} with this release's content (its key is ${tag}), and --offline does not contact the registry.`,
    hint: `nx run ${image}:docker-push    writes one; or run the command without --offline`,
  });
}

function receiptDigest(root: string, { image, key }: ImagePlan, repository: string): string | undefined {
  const receipt = pushReceipt(root, image);
  return receipt?.key === key && receipt.repository === repository ? receipt.digest : undefined;
}
