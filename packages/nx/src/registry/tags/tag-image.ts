import type { Registry } from '../transport/connect';
import type { ImageTag } from '@kdcube/release/internal';
import { RECENT, type TagHeads, type Uploaded } from '../push-job';
import { setTag } from './set-tag';
import { inParallel } from '../../system/parallel';
import type { Repository } from '../blobs/blobs';
import { headManifest } from '../manifests/manifests';

/** The image that `tagImage` tags. Without `tagHeads`, it looks up what the tags name. */
export type TaggableImage = Pick<Uploaded, 'digest' | 'how' | 'manifest'> & Partial<Pick<Uploaded, 'tagHeads'>>;

export interface TagResult {
  tag: string;
  how: 'set' | 'there' | 'skipped';
}

/** Looks up what each of the tags names. */
export async function readTags({ registry, repository }: Repository, tags: readonly ImageTag[]): Promise<TagHeads> {
  const at = registry.now();
  const read = async ({ tag }: ImageTag) => [tag, await headManifest(registry, repository, tag)] as const;
  return { at, heads: new Map(await Promise.all(tags.map(read))) };
}

/** Sets the tags on an uploaded image, in parallel. Problems: `tag-exists` if another process has just set a tag that must not move, `registry-*`. */
export function tagImage(
  registry: Registry,
  repository: string,
  { manifest, tagHeads }: TaggableImage,
  tags: readonly ImageTag[] = [],
): Promise<TagResult[]> {
  const heads = tagHeads && registry.now() - tagHeads.at <= RECENT ? tagHeads.heads : undefined;
  const set = async (tag: ImageTag): Promise<TagResult> => {
    const lookup = heads?.has(tag.tag) ? { head: heads.get(tag.tag) } : undefined;
    return { tag: tag.tag, how: await setTag(registry, repository, tag, manifest, lookup) };
  };
  // Not Promise.all: after a failure, no request may still be running.
  return inParallel(tags, tags.length, set);
}
