import { type ImagePlan, type RegistryName, KdcubeError, repositoryOf, shown } from '@kdcube/release/internal';
import { withSnapshot } from '../git/snapshot/snapshot';
import type { Log } from '../system/log';
import { headManifest } from '../registry/manifests';
import type { Registry } from '../registry/transport/connect';
import type { OpenRelease } from '../workspace/workspace';
import { planImageJob } from './job';
import { pushReceipt } from './receipts';
import { openRegistry } from '../workspace/registries';

/** An image of the release, known by its content: nobody was asked for it yet. */
export interface PlannedImage {
  plan: ImagePlan;
  /** What of it is not in HEAD. */
  uncommitted: string[];
}

/** An image of the release that is pushed, in whatever checkout and by whomever. */
export interface ReleasedImage extends PlannedImage {
  /** Without its host, as the registry is asked for it. */
  repository: string;
  digest: string;
  /** The whole name, by digest. */
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

/** Where the registry has them. `offline`: the receipts of this checkout's own pushes are believed, and nobody is asked but for `registry`, where one is given. Every image that is not pushed is a Problem `image-not-pushed`, all at once. */
export async function releasedImages(
  root: string,
  planned: readonly PlannedImage[],
  registry: RegistryName,
  { offline, registry: asked }: { offline: boolean; registry?: Registry },
  log: Log,
): Promise<ReleasedImage[]> {
  const connection = offline ? asked : openRegistry(registry.host, log);
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

/** Nobody was asked: it may be pushed all the same. */
function noReceipt(registry: RegistryName, { image, tag }: Pick<ImagePlan, 'image' | 'tag'>): KdcubeError {
  return new KdcubeError({
    code: 'image-not-pushed',
    message: `No receipt here says that ${shown(registry)}/${image} has this release's content (its key is ${tag}), and the registry was not asked.`,
    hint: `nx run ${image}:docker-push    leaves one; or without --offline`,
  });
}

function receiptDigest(root: string, { image, key }: ImagePlan, repository: string): string | undefined {
  const receipt = pushReceipt(root, image);
  return receipt?.key === key && receipt.repository === repository ? receipt.digest : undefined;
}
