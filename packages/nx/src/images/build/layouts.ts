import * as fs from 'node:fs';
import * as path from 'node:path';
import { KdcubeError, OUT } from '@kdcube/release/internal';
import type { Log } from '../../system/log';
import { ownLayers } from '../../oci/own-layers';
import { readLayout, type Layout } from '../../oci/layout';
import type { ImageConfig } from '../../registry/manifest-format';
import type { ImageJob } from '../job';

/** The output of docker-build: without the base's layers if a registry has them. */
export function builtLayoutDir(root: string, image: string): string {
  return path.join(root, OUT.build(image), 'layout');
}

/** The output of docker-push if no registry is configured: a complete layout. */
export function pushedLayoutDir(root: string, image: string): string {
  return path.join(root, OUT.images, image);
}

/** The content key in an image's labels. */
function contentKeyOf({ config }: Pick<ImageConfig, 'config'>): string | undefined {
  return config?.Labels?.['io.kdcube.content-key'];
}

/** The layout in `dir`, if it is whole and has the image's content key. A damaged one is reported, and counts as absent. */
export async function readLayoutWithKey(dir: string, { plan }: Pick<ImageJob, 'plan'>, log: Log): Promise<Layout | undefined> {
  if (!fs.existsSync(path.join(dir, 'index.json'))) return undefined;
  try {
    const layout = await readLayout(dir);
    if (contentKeyOf(layout.config) !== plan.key) return undefined;
    // Only the base's layers can be fetched from a registry.
    const own = new Set(ownLayers(layout.image, layout.config).map(({ descriptor }) => descriptor.digest));
    const gone = layout.missing.find(({ digest }) => own.has(digest));
    if (!gone) return layout;
    log.note(`${dir} lacks its layer ${gone.digest}. The image is built again.`);
    return undefined;
  } catch (error) {
    if (!(error instanceof KdcubeError)) throw error;
    log.note(`${error.problems[0]!.message} The image is built again.`);
    return undefined;
  }
}
