import type { Manifest, ManifestHead } from './manifests/manifests';
import type { PushBlob, UploadBlobsOptions, UploadedBlob } from './blobs/upload-blobs';
import { isIndex, parseManifest } from './manifests/manifest-format';
import { KdcubeError, type ImageTag } from '@kdcube/release/internal';
import type { Repository } from './blobs/blobs';
import { sha256Digest, referenceName } from './transport/connect';

export interface PushImage {
  /** As it is to be in the registry. An index is pushed after the manifests that it names. */
  manifest: Uint8Array;
  mediaType: string;
  /** The config and every layer of the manifest; none for an index. */
  blobs: readonly PushBlob[];
}

export interface PushTags {
  /** The tag of the content key. The first push of a key wins: if the registry has another digest under it, that image is reused. */
  key?: string;
  /** When the caller looked for the key and did not find it (milliseconds since 1970): it is not looked up again within a second. */
  keyAbsentAt?: number;
  /** The digest that the key names and that is to be replaced. Another digest that appears under the key in the meantime is the push of another process, and wins. */
  replaces?: string;
  tags?: readonly ImageTag[];
  /** What the tags name, if the caller has just read it. */
  tagHeads?: TagHeads;
}

/** An image that is in the registry now, under its key or its digest. */
export interface Uploaded extends ManifestHead {
  /** `there`: the registry had it already, nothing was sent. `reused`: another digest has the key, and that image counts. */
  how: 'pushed' | 'there' | 'reused';
  /** Empty unless the image was pushed. */
  blobs: UploadedBlob[];
  manifest: Manifest;
  /** What the tags named before anything was sent. */
  tagHeads: TagHeads;
}

/** What tags named at one moment. */
export interface TagHeads {
  /** Milliseconds since 1970. */
  at: number;
  heads: ReadonlyMap<string, ManifestHead | undefined>;
}

/** One push. */
export interface Job extends Repository {
  image: PushImage;
  blobs: PushBlob[];
  own: Manifest;
  /** What has arrived so far. */
  sent: UploadedBlob[];
  options: UploadBlobsOptions;
}

export function jobOf(place: Repository, image: PushImage, options: UploadBlobsOptions): Job {
  const bytes = Buffer.from(image.manifest);
  const digest = sha256Digest(bytes);
  const { json } = parseManifest(bytes, image.mediaType, referenceName(place.registry, place.repository, digest));
  const own: Manifest = { digest, mediaType: image.mediaType, bytes, json };
  return { ...place, image, own, blobs: blobsOf(own, image.blobs), sent: [], options };
}

/** The blobs that the manifest names, each once. A foreign layer (`urls`) is never in the registry. */
function blobsOf({ json, digest: image }: Manifest, blobs: readonly PushBlob[]): PushBlob[] {
  if (isIndex(json)) return [];
  const given = new Map(blobs.map((blob) => [blob.digest, blob]));
  const wanted = [json.config, ...json.layers].filter((layer) => !('urls' in layer));
  return [...new Map(wanted.map((layer) => [layer.digest, layer])).values()].map(({ digest, size }) => {
    const blob = given.get(digest);
    if (blob?.size === size) return blob;
    const how = blob ? `has ${blob.size} bytes, but the manifest says ${size}` : 'is missing from the given blobs';
    throw new KdcubeError({ code: 'push-failed', message: `The blob ${digest} of the image ${image} ${how}.` });
  });
}

/** How long a look-up of a tag is used, in milliseconds: two pushes of one key within this time count as simultaneous. */
export const RECENT = 1_000;

export function codeOf(error: unknown): string | undefined {
  return error instanceof KdcubeError ? error.problems[0]?.code : undefined;
}
