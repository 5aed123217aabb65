import type { BuiltImage } from '../../oci/build';
import { openBlob, partsOf } from '../../oci/layout';
import type { Descriptor, ImageManifest } from '../../registry/manifests/manifest-format';
import type { PushImage, Uploaded } from '../../registry/push-job';
import type { PushBlob } from '../../registry/blobs/upload-blobs';
import type { ImageSource } from '../build/image-source';
import type { PreviousImage, UploadedImage } from './destination';
import { inOneChunk } from '../../system/chunks';

/** An image with the locations of its blobs. Layers shared with the previous image are not looked up in the registry. */
export function imageToUpload(built: Exclude<ImageSource, { kind: 'engine' }>, previous: PreviousImage | undefined): PushImage {
  const shared = new Set(previous?.manifest.layers.map(({ digest }) => digest));
  const isNew = new Set(built.kind === 'daemonless' ? newBlobs(built.image) : []);
  const blob = ({ digest, size }: Descriptor, open: PushBlob['open']): PushBlob => {
    const common = { digest, size, assumeExists: shared.has(digest), assumeMissing: isNew.has(digest) };
    return open ? { ...common, open } : { ...common, from: built.base };
  };
  if (built.kind === 'daemonless') {
    const { manifest, bytes, config, layers, open } = partsOf(built.image);
    const own = new Set(built.image.layers.map(({ descriptor }) => descriptor.digest));
    const opener = (layer: Descriptor) => (own.has(layer.digest) ? () => open(layer) as AsyncIterable<Uint8Array> : undefined);
    const blobs = [blob(config.descriptor, () => inOneChunk(config.bytes)), ...layers.map((layer) => blob(layer, opener(layer)))];
    return { manifest: bytes, mediaType: manifest.mediaType, blobs };
  }
  const { dir, bytes, manifest, image, missing } = built.layout;
  const absent = new Set(missing.map(({ digest }) => digest));
  const blobs = [image.config, ...image.layers].map((each) =>
    blob(each, absent.has(each.digest) ? undefined : () => openBlob(dir, each)),
  );
  return { manifest: bytes, mediaType: manifest.mediaType, blobs };
}

/** Up to this size, sending a blob is cheaper than looking it up. Bytes. */
const SMALL = 64 * 1024;

/** Small blobs created by this build. The config is as new as the newest layer. */
function newBlobs({ config, layers }: BuiltImage): string[] {
  const made = layers.filter(({ isNew }) => isNew).map(({ descriptor }) => descriptor);
  const blobs = made.length > 0 ? [config.descriptor, ...made] : [];
  return blobs.filter(({ size }) => size <= SMALL).map(({ digest }) => digest);
}

/** The layers and bytes that an upload sent, without blobs that the registry already had or mounted from another repository. */
export function transferOf({ blobs }: Uploaded, { manifest }: PushImage): NonNullable<UploadedImage['transfer']> {
  const { layers } = JSON.parse(Buffer.from(manifest).toString('utf8')) as ImageManifest;
  const sent = new Map(blobs.filter(({ how }) => how === 'sent' || how === 'copied').map((blob) => [blob.digest, blob.size]));
  const sentLayers = layers.filter(({ digest }) => sent.has(digest)).length;
  return {
    reusedLayers: layers.length - sentLayers,
    sentLayers,
    bytes: [...sent.values()].reduce((sum, size) => sum + size, 0),
  };
}
