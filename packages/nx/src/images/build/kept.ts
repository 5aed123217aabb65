import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { cacheDir, writeFileAtomic } from '../../system/files';
import { sha256Digest } from '../../registry/transport/connect';
import { isImageManifest, isIndex, parseConfig, parseManifest } from '../../registry/manifest';
import type { RegistryImage } from '../../registry/registry';

/** What an image says of itself. */
export type KeptImage = Pick<RegistryImage, 'mediaType' | 'manifest' | 'config'>;

/** `bases`: images below ours, a file for each digest. `pushed`: what was pushed last from here, a file for each place. */
type Shelf = 'bases' | 'pushed';

/** Raised when what is kept changes: what an older version kept is then not read. */
const FORMAT = 2;

/** Manifest and config are latin1, which keeps every byte. */
interface KeptFile {
  /** What was asked for; of an index its child for the platform is kept. */
  of: string;
  mediaType: string;
  digest: string;
  manifest: string;
  config: string;
}

/**
 * What was kept under `name` of the image with this digest; a digest says the same for ever. It is read as a registry's answer is, since people and disks damage caches: what its digests do not fit
 * counts as not there.
 */
export function readKept(shelf: Shelf, name: string, digest: string): KeptImage | undefined {
  try {
    const kept = JSON.parse(fs.readFileSync(fileOf(shelf, name), 'utf8')) as KeptFile;
    const bytes = Buffer.from(kept.manifest, 'latin1');
    const isAsked = kept.of === digest && sha256Digest(bytes) === (shelf === 'pushed' ? digest : kept.digest);
    const { mediaType, json } = parseManifest(bytes, kept.mediaType, name);
    if (!isAsked || isIndex(json) || !isImageManifest(json)) return undefined;
    const config = Buffer.from(kept.config, 'latin1');
    if (sha256Digest(config) !== json.config.digest) return undefined;
    return { mediaType, manifest: json, config: parseConfig(config, json, name) };
  } catch {
    return undefined;
  }
}

/** Keeps an image that was asked for by `of`: its own digest, or that of the index above it. */
export function keep(
  shelf: Shelf,
  name: string,
  of: string,
  mediaType: string,
  { manifest, config }: RegistryImage['bytes'],
): Promise<void> {
  const file: KeptFile = {
    of,
    mediaType,
    digest: sha256Digest(manifest),
    manifest: manifest.toString('latin1'),
    config: config.toString('latin1'),
  };
  return writeFileAtomic(fileOf(shelf, name), JSON.stringify(file));
}

function fileOf(shelf: Shelf, name: string): string {
  return cacheDir(`${shelf}-${FORMAT}`, `${createHash('sha256').update(name).digest('hex')}.json`);
}
