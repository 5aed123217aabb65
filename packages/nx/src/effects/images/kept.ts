import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { cacheDir, writeFileAtomic } from '../files';
import { type ImageConfig, type ImageManifest, isImage } from '../registry/manifest';

/** What an image says of itself. */
export interface KeptImage {
  mediaType: string;
  manifest: ImageManifest;
  config: ImageConfig;
}

/** `bases`: images below ours, a file for each digest. `pushed`: what was pushed last from here, a file for each place. */
type Shelf = 'bases' | 'pushed';

/** Raised when what is kept changes: what an older version kept is then not read. */
const FORMAT = 1;

/** What was kept under `name` of the image with this digest; a digest says the same for ever. A file that does not read as what was written there counts as not there. */
export function readKept(shelf: Shelf, name: string, digest: string): KeptImage | undefined {
  try {
    const { of, ...kept } = JSON.parse(fs.readFileSync(fileOf(shelf, name), 'utf8')) as KeptImage & { of: string };
    const isWhole = of === digest && isImage(kept.manifest);
    return isWhole && kept.config.rootfs.diff_ids.length === kept.manifest.layers.length ? kept : undefined;
  } catch {
    return undefined;
  }
}

export function keep(shelf: Shelf, name: string, digest: string, { mediaType, manifest, config }: KeptImage): Promise<void> {
  return writeFileAtomic(fileOf(shelf, name), JSON.stringify({ of: digest, mediaType, manifest, config }));
}

function fileOf(shelf: Shelf, name: string): string {
  return cacheDir(`${shelf}-${FORMAT}`, `${createHash('sha256').update(name).digest('hex')}.json`);
}
