import type { ImageTag } from '@kdcube/release/internal';
import type { OciBuild } from '../../oci/layer-plan';
import type { ImageConfig, ImageManifest } from '../../registry/manifest-format';
import type { TagHeads } from '../../registry/push-job';
import type { TaggableImage } from '../../registry/tag-image';
import type { ManifestHead } from '../../registry/manifests';
import type { SigningKey } from '../signatures/signing-key';
import { indexOwnLayers } from '../../oci/own-layers';
import type { ImageSource } from '../build/image-source';

/** The image that was pushed to a destination before this one. Layers with the same content are taken from it, and the reasons for a push are the differences to it. */
export interface PreviousImage {
  labels: Readonly<Record<string, string>>;
  manifest: ImageManifest;
  /** Its layer that claims to have this layer key. */
  layer: NonNullable<OciBuild['previousLayer']>;
}

/** An image that is at its destination now, and that is the image that was planned. */
export interface PushedImage extends ManifestHead {
  /** What a registry needs to know to tag it; undefined in a folder. */
  remote?: TaggableImage;
}

/** An image that was at its destination already. */
export interface ExistingImage extends PushedImage {
  /** Nothing proves what is in it: the option `trustRegistry` accepted it for its tag alone. */
  trustRegistry?: true;
}

/** A signature that is stored beside an image. */
interface StoredSignature {
  keyId: string;
  /** Of the manifest that holds it. */
  digest: string;
}

/** What a destination has under the content key. */
export interface FindResult {
  /** Verified: it is the image that is planned. */
  existing?: ExistingImage;
  /** The digest of an image that cannot be verified. It is built again and replaced. */
  replaces?: string;
}

export interface UploadedImage extends PushedImage {
  /** What was sent; undefined if an engine sent it and does not say. */
  transfer?: { reusedLayers: number; sentLayers: number; bytes: number };
}

interface UploadOptions extends Pick<FindResult, 'replaces'> {
  previous: PreviousImage | undefined;
  /** Tags that will be set. If one of them must not move and names another image, nothing is sent. */
  tags: readonly ImageTag[];
  /** What the tags named a moment ago. */
  tagHeads: TagHeads | undefined;
}

/** Where a push goes: a registry, or a folder if no registry is configured. */
export interface Destination {
  /** As people type it, without a tag. */
  name: string;
  kind: 'the registry' | 'dist/images';
  /** Looks up the image's content key, and verifies what is there. Problem `image-mismatch`. */
  find(): Promise<FindResult>;
  /** Reads the image that was pushed before. Only a help: if it cannot be read, there is none. */
  readPrevious(): Promise<PreviousImage | undefined>;
  /** Looks up the tags that will be set. */
  readTags(tags: readonly ImageTag[]): Promise<TagHeads | undefined>;
  /** Uploads the image under its content key. Problem `image-mismatch` if the key names another image afterwards. */
  upload(built: ImageSource, options: UploadOptions): Promise<UploadedImage>;
  /** Signs the image, unless this key has signed it already. Undefined where nothing can be signed. `commit`: the workspace's. */
  sign(image: PushedImage, key: SigningKey, commit: string | undefined): Promise<StoredSignature | undefined>;
  /** Sets tags on an image that is there. Returns those that the image has now. */
  tag(image: PushedImage, tags: readonly ImageTag[]): Promise<string[]>;
  /** Called when an existing image is reused. */
  afterReuse?(): Promise<void>;
}

export function previousImage(manifest: ImageManifest, config: ImageConfig): PreviousImage {
  return { labels: config.config?.Labels ?? {}, manifest, layer: indexOwnLayers(manifest, config) };
}
