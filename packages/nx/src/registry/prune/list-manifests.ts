import { isDigest, KdcubeError, referrerSubject, type StoredManifest, ecrRegion } from '@kdcube/release/internal';
import { listEcrImages } from '../../aws/api/container-registry';
import { connectAws } from '../../aws/client';
import { inParallel } from '../../system/parallel';
import type { Repository } from '../blobs/blobs';
import { listTags } from '../tags/list-tags';
import { isIndex } from '../manifests/manifest-format';
import { findManifest, type Manifest } from '../manifests/manifests';

interface StoredManifests {
  manifests: StoredManifest[];
  /** Whether manifests without a tag are among them: only Amazon's registry lists those. */
  hasUntagged: boolean;
}

/** At most this many requests at once. */
const PARALLEL = 8;

/** Every manifest of a repository that the registry lists, with the children of indexes. Problems `registry-*` and `aws-*`; nothing is left out silently. */
export async function listManifests(place: Repository): Promise<StoredManifests> {
  const listed = await listDigests(place);
  const read = await inParallel([...listed], PARALLEL, async ([digest, { tags, pushedAt }]) => {
    const manifest = await findManifest(place.registry, place.repository, digest);
    // Removed since it was listed.
    return manifest && toStored(manifest, tags, pushedAt);
  });
  const found = read.filter((manifest) => manifest !== undefined);
  const known = new Set(found.map(({ digest }) => digest));
  // Children have no tags of their own, and only Amazon's registry lists them.
  const children = [...new Set(found.flatMap((manifest) => manifest.children))].filter((digest) => !known.has(digest));
  const manifests = [...found, ...children.map((digest) => ({ digest, tags: [], children: [] }))];
  return { manifests, hasUntagged: ecrRegion(place.registry.host) !== undefined };
}

interface Listed {
  tags: string[];
  pushedAt?: number;
}

async function listDigests({ registry, repository }: Repository): Promise<Map<string, Listed>> {
  const region = ecrRegion(registry.host);
  if (region !== undefined) {
    const aws = await connectAws(region);
    try {
      const images = await listEcrImages(aws, ecrAccount(registry.host), repository);
      return new Map(images.map(({ digest, tags, pushedAt }) => [digest, { tags, pushedAt }]));
    } catch (error) {
      // Nothing was pushed yet.
      if (error instanceof KdcubeError && (error.cause as Error | undefined)?.name === 'RepositoryNotFoundException')
        return new Map();
      throw error;
    } finally {
      aws.close();
    }
  }
  const listed = new Map<string, Listed>();
  const found = await readTagManifests({ registry, repository }, await listTags(registry, repository));
  for (const [tag, { digest }] of found) {
    const { tags } = listed.get(digest) ?? { tags: [] };
    listed.set(digest, { tags: [...tags, tag] });
  }
  return listed;
}

/** The manifests of tags, without those that were removed since. Read with GET: some registries answer HEAD without a digest. */
export async function readTagManifests(
  { registry, repository }: Repository,
  tags: readonly string[],
): Promise<Map<string, Manifest>> {
  const found = await inParallel(tags, PARALLEL, async (tag) => {
    const manifest = await findManifest(registry, repository, tag);
    return manifest && ([tag, manifest] as const);
  });
  return new Map(found.filter((each) => each !== undefined));
}

function toStored({ digest, json }: Manifest, tags: string[], pushedAt: number | undefined): StoredManifest {
  const { subject } = json as { subject?: { digest?: unknown } };
  const named = typeof subject?.digest === 'string' && isDigest(subject.digest) ? subject.digest : undefined;
  const subjects = tags.map(referrerSubject);
  // Anyone with write access can set such a tag on an image: a manifest that has other tags is an image.
  const about = named ?? (subjects.includes(undefined) ? undefined : subjects[0]);
  return {
    digest,
    tags,
    children: childrenOf(json),
    ...(about !== undefined && { subject: about }),
    ...(pushedAt !== undefined && { existsSince: pushedAt }),
  };
}

/** The digests that an index lists. */
export function childrenOf(json: Manifest['json']): string[] {
  return isIndex(json) ? json.manifests.map((child) => child.digest) : [];
}

export function ecrAccount(host: string): string {
  return host.slice(0, 12);
}
