import { type ImageTag, checkTag, KdcubeError, quoted } from '@kdcube/release/internal';
import { headManifest, putManifest, type Manifest, type ManifestHead } from '../manifests/manifests';
import type { Registry } from '../transport/connect';

/**
 * Whether a tag can be put on a manifest: it is free or may move, or it is there already. Problem `tag-exists` when it stays and names something else.
 * Checked before a tag is set, because ECR refuses even the same digest on an immutable tag.
 */
export async function checkTagTarget(
  registry: Registry,
  repository: string,
  { tag, moving }: ImageTag,
  manifest: Manifest,
  lookup?: TagLookup,
): Promise<'yes' | 'there'> {
  checkTag(tag);
  const current = lookup ? lookup.head : await headManifest(registry, repository, tag);
  if (current?.digest === manifest.digest) return 'there';
  if (current && !moving) throw tagExists(registry.host, repository, tag, current.digest, manifest.digest);
  return 'yes';
}

/** What a tag named when it was last read. */
export interface TagLookup {
  head: ManifestHead | undefined;
}

/** Puts a tag on a manifest that the registry has. A mutable one is skipped if the repository's tags are immutable. `lookup`: what it names, if the caller has just read it. */
export async function setTag(
  registry: Registry,
  repository: string,
  imageTag: ImageTag,
  manifest: Manifest,
  lookup?: TagLookup,
): Promise<'set' | 'there' | 'skipped'> {
  if ((await checkTagTarget(registry, repository, imageTag, manifest, lookup)) === 'there') return 'there';
  if ((await putManifest(registry, repository, imageTag.tag, manifest.bytes, manifest.mediaType)) === 'written') return 'set';
  if (imageTag.moving) return 'skipped';
  // Another process set the tag first.
  const now = await headManifest(registry, repository, imageTag.tag);
  if (now?.digest === manifest.digest) return 'there';
  throw tagExists(registry.host, repository, imageTag.tag, now?.digest ?? 'no manifest', manifest.digest);
}

/** The Problem of a tag that stays and names something else: both digests. */
export function tagExists(host: string, repository: string, tag: string, current: string, wanted: string): KdcubeError {
  return new KdcubeError({
    code: 'tag-exists',
    message: `The tag ${quoted(tag)} of ${host}/${repository} already names another image: ${current}, not ${wanted}. Commit tags and release tags are never moved.`,
    hint: 'give the release another name, or delete the tag in the registry',
  });
}
