import { pipeline, Readable } from 'node:stream';
import * as zlib from 'node:zlib';
import { KdcubeError } from '@kdcube/release/internal';
import type { ExpectedImage } from '../../oci/expected';
import type { LayerContent } from '../../oci/layer/layer';
import { streamBlob } from '../../registry/blobs/download-blob';
import { isIndex } from '../../registry/manifests/manifest-format';
import { getManifest } from '../../registry/manifests/manifests';
import type { Registry } from '../../registry/transport/connect';
import { sha256Counter } from '../../system/chunks';

/** An image in a registry, with its expected content. */
interface LayeredImage {
  repository: string;
  digest: string;
  expected?: ExpectedImage;
}

/**
 * Fetches the layers of an image above its base, and compares their uncompressed content with what git gives. The base's layers are
 * identified by their digests. An engine-built image has no expected content.
 */
export async function readLayers(
  { repository, digest, expected }: LayeredImage,
  registry: Registry,
): Promise<{ count: number; mismatch?: string; unreadable?: string }> {
  if (!expected) return { count: 0, unreadable: 'what is in it cannot be computed here, so its layers cannot be compared' };
  const { json } = await getManifest(registry, repository, digest);
  const layers = isIndex(json) ? [] : json.layers.slice(expected.base.length);
  for (const [index, layer] of layers.entries()) {
    const mismatch = await findLayerMismatch(streamBlob(registry, repository, layer), expected.layers[index]!).catch(unreadable);
    if (mismatch !== undefined) return { count: layers.length, mismatch: `its layer ${layer.digest} ${mismatch}` };
  }
  return { count: layers.length };
}

/** A missing layer, or one that does not match its digest, is a finding. */
function unreadable(error: unknown): string {
  const problem = error instanceof KdcubeError ? error.problems[0] : undefined;
  if (problem?.code === 'image-not-found') return 'does not exist';
  if (problem?.code === 'registry-response') return `cannot be read: ${problem.message.replace(/\.$/, '')}`;
  throw error;
}

/** Why the uncompressed content of a layer differs from the expected one; undefined if it does not. Reads no more than the expected size. */
export async function findLayerMismatch(
  compressed: AsyncIterable<Uint8Array>,
  { diffId, size }: LayerContent,
): Promise<string | undefined> {
  const content = sha256Counter();
  const unpacked = pipeline(Readable.from(compressed), zlib.createGunzip(), () => undefined);
  try {
    for await (const chunk of unpacked as AsyncIterable<Buffer>) {
      content.add(chunk);
      if (content.bytes() > size) return `unpacks to more than ${size} bytes`;
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (!code?.startsWith('Z_')) throw error;
    return `cannot be unpacked (${message})`;
  }
  const actual = content.digest();
  return actual === diffId ? undefined : `unpacks to ${actual} instead of ${diffId}`;
}
