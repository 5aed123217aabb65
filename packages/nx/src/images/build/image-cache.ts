import { createHash } from 'node:crypto';
import { LIMITS } from '@kdcube/release/internal';
import { readRegularFile } from '../../system/files/read-file';
import { cacheDir, writeFileAtomic } from '../../system/files/files';
import { sha256Digest } from '../../registry/transport/connect';
import { isImageManifest, isIndex, parseConfig, parseManifest } from '../../registry/manifests/manifest-format';
import type { RegistryImage } from '../../registry/manifests/image';

export type CachedImage = Pick<RegistryImage, 'mediaType' | 'manifest' | 'config'>;

/** Raised when the file format changes: files of older versions are then ignored. */
const FORMAT = 2;

/** Manifest and config are latin1, which preserves every byte. */
interface CacheFile {
  /** The requested digest. If it is an index, the manifest of its child for the platform is stored. */
  of: string;
  mediaType: string;
  digest: string;
  manifest: string;
  config: string;
}

/**
 * The manifest and config of a base image, stored under `name`. They are validated like a registry's response, because a cache can be
 * edited or corrupted: a digest mismatch counts as a cache miss.
 */
export function readCachedImage(name: string, digest: string): CachedImage | undefined {
  try {
    const content = readRegularFile(fileOf(name), LIMITS.sealedFileBytes.max);
    if (content.kind !== 'content') return undefined;
    const cached = JSON.parse(content.bytes.toString('utf8')) as CacheFile;
    const bytes = Buffer.from(cached.manifest, 'latin1');
    if (cached.of !== digest || sha256Digest(bytes) !== cached.digest) return undefined;
    const { mediaType, json } = parseManifest(bytes, cached.mediaType, name);
    if (isIndex(json) || !isImageManifest(json)) return undefined;
    const config = Buffer.from(cached.config, 'latin1');
    if (sha256Digest(config) !== json.config.digest) return undefined;
    return { mediaType, manifest: json, config: parseConfig(config, json, name) };
  } catch {
    return undefined;
  }
}

/** Stores an image that was requested by the digest `of`: its own, or that of the index above it. */
export function storeImage(
  name: string,
  of: string,
  mediaType: string,
  { manifest, config }: RegistryImage['bytes'],
): Promise<void> {
  const file: CacheFile = {
    of,
    mediaType,
    digest: sha256Digest(manifest),
    manifest: manifest.toString('latin1'),
    config: config.toString('latin1'),
  };
  return writeFileAtomic(fileOf(name), JSON.stringify(file));
}

function fileOf(name: string): string {
  return cacheDir(`bases-${FORMAT}`, `${createHash('sha256').update(name).digest('hex')}.json`);
}
