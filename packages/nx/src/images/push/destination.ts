import type { ImageTag } from '@kdcube/release/internal';
import type { OciBuild } from '../../oci/build';
import type { ImageConfig, ImageManifest } from '../../registry/manifest-format';
import type { TaggableImage } from '../../registry/tag-image';
import type { ManifestHead } from '../../registry/manifests';
import { indexOwnLayers } from '../../oci/own-layers';
import type { ImageSource } from '../build/image-source';

/** The image that was pushed to a destination before this one. Layers that did not change are taken from it, and the reasons for a push are the differences to it. */
export interface PreviousImage {
  labels: Readonly<Record<string, string>>;
  manifest: ImageManifest;
  /** Its layer with this layer key. */
  layer: NonNullable<OciBuild['previousLayer']>;
}

/** An image that is at its destination now. */
export interface UploadedImage extends ManifestHead {
  /** Somebody else pushed the same key in the meantime: that image is used. */
  isReused: boolean;
  /** What was sent; undefined if an engine sent it and does not say. */
  transfer?: { reusedLayers: number; sentLayers: number; bytes: number };
  /** What a registry needs to know to tag it. */
  remote?: TaggableImage;
}

interface UploadOptions {
  previous: PreviousImage | undefined;
  /** Tags that will be set. If one of them must not move and names another image, nothing is sent. */
  tags: readonly ImageTag[];
}

/** Where a push goes: a registry, or a folder if no registry is configured. */
export interface Destination {
  /** As people type it, without a tag. */
  name: string;
  kind: 'the registry' | 'dist/images';
  /** Looks up the image's content key. */
  find(): Promise<ManifestHead | undefined>;
  /** Reads the image that was pushed before. Only a help: if it cannot be read, there is none. */
  readPrevious(): Promise<PreviousImage | undefined>;
  /** Uploads the image under its content key. */
  upload(built: ImageSource, options: UploadOptions): Promise<UploadedImage>;
  /** Sets tags on an uploaded image. Returns those that the image has now. */
  tag(uploaded: UploadedImage, tags: readonly ImageTag[]): Promise<string[]>;
  /** Called when an existing image is reused. */
  afterReuse?(): Promise<void>;
}

export function previousImage(manifest: ImageManifest, config: ImageConfig): PreviousImage {
  return { labels: config.config?.Labels ?? {}, manifest, layer: indexOwnLayers(manifest, config) };
}
