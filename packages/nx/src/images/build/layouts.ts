import * as fs from 'node:fs';
import * as path from 'node:path';
import { KdcubeError, OUT } from '@kdcube/release/internal';
import type { Log } from '../../system/log';
import { ownLayers } from '../../oci/known';
import { readLayout, type Layout } from '../../oci/layout';
import type { ImageConfig } from '../../registry/manifest';
import type { ImageJob } from '../job';

/** Where docker-build leaves an image: sparse where a registry holds its base. */
export function builtLayoutDir(root: string, image: string): string {
  return path.join(root, OUT.build(image), 'layout');
}

/** Where docker-push leaves an image when nobody named a registry: complete. */
export function keptLayoutDir(root: string, image: string): string {
  return path.join(root, OUT.images, image);
}

/** The content key that an image says it has. */
export function keyOf({ config }: Pick<ImageConfig, 'config'>): string | undefined {
  return config?.Labels?.['io.kdcube.content-key'];
}

/** The layout in `dir`, if it is a sound one of just this image; anything else is as good as nothing, and a damaged one is said. */
export async function layoutWithKey(dir: string, { plan }: Pick<ImageJob, 'plan'>, log: Log): Promise<Layout | undefined> {
  if (!fs.existsSync(path.join(dir, 'index.json'))) return undefined;
  try {
    const layout = await readLayout(dir);
    if (keyOf(layout.config) !== plan.key) return undefined;
    // Only the base's layers may lie in a registry: it would be asked in vain for ours.
    const own = new Set(ownLayers(layout.image, layout.config).map(({ descriptor }) => descriptor.digest));
    const gone = layout.missing.find(({ digest }) => own.has(digest));
    if (!gone) return layout;
    log.note(`${dir} has lost ${gone.digest}, a layer of its own. It is made again.`);
    return undefined;
  } catch (error) {
    if (!(error instanceof KdcubeError)) throw error;
    log.note(`${error.problems[0]!.message} It is made again.`);
    return undefined;
  }
}
