import { type Problem, type RegistryName, repositoryOf, shown } from '@kdcube/release/internal';
import type { Repository } from '../../registry/blobs/blobs';
import type { Registry } from '../../registry/transport/connect';
import type { ImageJob } from '../job';
import type { MirrorJob } from '../published/mirror';
import { mirrorReceipt, pushReceipt } from '../receipts';
import type { Verdict } from '../verify/verify';

/** One image of the release, and what the registry has of it. */
export interface InventoryEntry {
  image: string;
  /** `built`: from a Dockerfile of this workspace. `published`: by the platform; `docker-push` copies it. */
  kind: 'built' | 'published';
  /** The content key of a built image. */
  key?: string;
  /** platform.ref and the digest of a published image, as its pin has them. */
  ref?: string;
  pinned?: string;
  /** `mismatch`: another image has its key or its tag. `unknown`: the registry was not contacted, or cannot be read. */
  status: 'verified' | 'not-verified' | 'mismatch' | 'missing' | 'unknown';
  /** What proves a verified image; `pin`: its digest is the pinned one. Offline: `receipt` if a receipt of this checkout names the digest. */
  proof?: Exclude<Verdict['by'], 'nothing' | 'registry'> | 'pin';
  /** Why the status is not `verified`. */
  reason?: string;
  digest?: string;
  /** The full reference, by digest. */
  reference?: string;
  /** The external images of its Dockerfile with their pinned digests. */
  bases: Record<string, string>;
  /** The ids of the bundles in it. */
  bundles: string[];
  /** Of the tags that this release gives it, those that name the digest. Never its content key. */
  tags: string[];
  /** The compressed size for one platform, as its manifest states it. */
  bytes?: number;
}

/** An entry, and the problems that the command ends with. */
export interface InventoryResult {
  entry: InventoryEntry;
  problems: readonly Problem[];
}

/** The repository of one image. `name` includes the host. */
export interface ImagePlace extends Repository {
  name: string;
}

export function imagePlace(registry: Registry, target: RegistryName, image: string): ImagePlace {
  return { registry, repository: repositoryOf(target, image), name: repositoryName(target, image) };
}

export function repositoryName(target: RegistryName, image: string): string {
  return `${shown(target)}/${image}`;
}

/** A built image before the registry is read. */
export function builtEntry({ plan, bundles }: Pick<ImageJob, 'plan' | 'bundles'>): InventoryEntry {
  const ids = bundles.map(({ content }) => content.id).sort();
  const { image, key, bases } = plan;
  return { image, kind: 'built', key, status: 'unknown', bases: { ...bases }, bundles: ids, tags: [] };
}

/** A published image before the registry is read. */
export function publishedEntry({ image, pin }: MirrorJob): InventoryEntry {
  const { ref, digest } = pin;
  return { image, kind: 'published', ref, pinned: digest, status: 'unknown', bases: {}, bundles: [], tags: [] };
}

/** The receipt of the last docker-push of this content from this checkout to this repository. */
export function receiptOf(
  root: string,
  { image, kind, key, pinned }: InventoryEntry,
  repository: string,
): { digest: string; tags: readonly string[] } | undefined {
  const receipt = kind === 'built' ? pushReceipt(root, image) : mirrorReceipt(root, image);
  if (receipt?.repository !== repository) return undefined;
  const isThisContent = receipt.receipt === 'mirror' ? receipt.digest === pinned : receipt.key === key;
  return isThisContent ? receipt : undefined;
}

/** What pins and receipts say about an image. */
export function offlineEntry(root: string, entry: InventoryEntry, repository: string): InventoryEntry {
  const receipt = receiptOf(root, entry, repository);
  if (!receipt) return { ...entry, reason: 'this checkout has no receipt of its push' };
  const { digest, tags } = receipt;
  return { ...entry, proof: 'receipt', digest, reference: `${repository}@${digest}`, tags: [...tags] };
}
