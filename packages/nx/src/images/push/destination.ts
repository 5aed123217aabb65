import type { ImageTag } from '@kdcube/release/internal';
import type { OciBuild } from '../../oci/layer-plan';
import type { ImageConfig, ImageManifest } from '../../registry/manifests/manifest-format';
import type { TagHeads } from '../../registry/push-job';
import type { TaggableImage } from '../../registry/tags/tag-image';
import type { ManifestHead } from '../../registry/manifests/manifests';
import type { SigningKey } from '../signatures/signing-key';
import { indexOwnLayers } from '../../oci/own-layers';
import type { ImageSource } from '../build/image-source';

/** The previous image at a destination. Layers with the same content are reused from it, and the reasons for a push are the differences from it. */
export interface PreviousImage {
  labels: Readonly<Record<string, string>>;
  manifest: ImageManifest;
  /** Its layer that claims to have this layer key. */
  layer: NonNullable<OciBuild['previousLayer']>;
}

/** An image at its destination that is the planned image. */
export interface PushedImage extends ManifestHead {
  /** What the registry needs to tag it; undefined in a folder. */
  remote?: TaggableImage;
}

/** An image that already existed at its destination. */
export interface ExistingImage extends PushedImage {
  /** Its content is unverified: the option `trustRegistry` accepted it by its tag alone. */
  trustRegistry?: true;
}

/** A signature stored beside an image. */
interface StoredSignature {
  keyId: string;
  /** The digest of the manifest that contains it. */
  digest: string;
}

/** What a destination has under the content key. */
export interface FindResult {
  /** Verified: it is the planned image. */
  existing?: ExistingImage;
  /** The digest of an image that cannot be verified. The image is built again, and replaces it. */
  replaces?: string;
}

export interface UploadedImage extends PushedImage {
  /** What was sent; undefined if an engine sent it without reporting. */
  transfer?: { reusedLayers: number; sentLayers: number; bytes: number };
}

interface UploadOptions extends Pick<FindResult, 'replaces'> {
  previous: PreviousImage | undefined;
  /** Tags that will be set. If an immutable one names another image, nothing is sent. */
  tags: readonly ImageTag[];
  /** What the tags named when they were last read. */
  tagHeads: TagHeads | undefined;
}

/** The target of a push: a registry, or a folder if no registry is configured. */
export interface Destination {
  /** As the user types it, without a tag. */
  name: string;
  kind: 'the registry' | 'dist/images';
  /** Looks up the image's content key, and verifies the image that it names. Problem `image-mismatch`. */
  find(): Promise<FindResult>;
  /** Reads the previously pushed image. Optional: undefined if it cannot be read. */
  readPrevious(): Promise<PreviousImage | undefined>;
  /** Looks up the tags that will be set. */
  readTags(tags: readonly ImageTag[]): Promise<TagHeads | undefined>;
  /** Uploads the image under its content key. Problem `image-mismatch` if the key names another image afterwards. */
  upload(built: ImageSource, options: UploadOptions): Promise<UploadedImage>;
  /** Signs the image, unless this key has already signed it. Undefined if nothing can be signed. `commit`: the workspace's. */
  sign(image: PushedImage, key: SigningKey, commit: string | undefined): Promise<StoredSignature | undefined>;
  /** Sets tags on an existing image. Returns the tags that the image has now. */
  tag(image: PushedImage, tags: readonly ImageTag[]): Promise<string[]>;
  /** Called when an existing image is reused, on a dry run too: the implementation checks `dryRun` itself. */
  afterReuse?(): Promise<void>;
}

export function previousImage(manifest: ImageManifest, config: ImageConfig): PreviousImage {
  return { labels: config.config?.Labels ?? {}, manifest, layer: indexOwnLayers(manifest, config) };
}
