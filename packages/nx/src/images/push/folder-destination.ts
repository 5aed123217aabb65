import * as path from 'node:path';
import { OUT } from '@kdcube/release/internal';
import type { Log } from '../../system/log';
import { withHeartbeat } from '../../system/log';
import { writeDockerArchive } from '../../oci/docker-archive';
import { readLayout, writeParts, type Layout } from '../../oci/layout';
import { exportEngineLayout, pushedLayoutDir, readVerifiedLayout } from '../build/layouts';
import type { ImageSource } from '../build/image-source';
import { hasLayer, completeParts } from '../build/complete-parts';
import type { ImageJob } from '../job';
import type { TrustOptions } from '../verify/verify';
import { previousImage, type Destination, type UploadedImage } from './destination';

export type ImageFormat = 'oci-layout' | 'docker-archive';

export interface FolderOptions {
  root: string;
  dryRun: boolean;
  /** Default: oci-layout. */
  format?: ImageFormat;
}

/**
 * dist/images as the destination, if no registry is configured: one complete OCI layout for each image, readable by other tools;
 * `docker-archive` adds a file for `docker load`. It has no tags: a layout holds one image, identified by its name.
 */
export function folderDestination(job: ImageJob, options: FolderOptions & TrustOptions, log: Log): Destination {
  const { root, dryRun, format } = options;
  const { image, tag: key } = job.plan;
  const dir = pushedLayoutDir(root, image);
  const readOld = () => readLayout(dir).catch(() => undefined);
  const writeArchive = async (): Promise<void> => {
    if (dryRun || format !== 'docker-archive') return;
    const startedAt = Date.now();
    await writeDockerArchive(dir, path.join(root, OUT.images, `${image}.tar`), [`${image}:${key}`]);
    log.done('wrote', image, `${OUT.images}/${image}.tar, for docker load`, startedAt);
  };
  return {
    name: `oci:${OUT.images}/${image}`,
    kind: 'dist/images',
    async find() {
      const layout = await readVerifiedLayout(dir, job, options, log);
      return layout && layout.missing.length === 0 ? { existing: layout.manifest } : {};
    },
    async readPrevious() {
      const layout = await readOld();
      return layout && previousImage(layout.image, layout.config);
    },
    readTags: async () => undefined,
    async upload(built) {
      const old = await readOld();
      await withHeartbeat(log, () => `writing ${OUT.images}/${image}`, writeLayout(job, built, dir, old));
      await writeArchive();
      const { manifest, image: written } = await readLayout(dir);
      return { ...manifest, transfer: transferOf(written.layers, old) };
    },
    async sign() {
      log.note(`${image} is not signed: a signature is stored in a registry, and none is configured.`);
      return undefined;
    },
    tag: async () => [],
    afterReuse: writeArchive,
  };
}

async function writeLayout(job: ImageJob, built: ImageSource, dir: string, old: Layout | undefined): Promise<void> {
  if (built.kind === 'engine') await exportEngineLayout(job, built, dir);
  else await writeParts(dir, completeParts(built, old), job.plan.tag);
}

function transferOf(layers: Layout['image']['layers'], old: Layout | undefined): UploadedImage['transfer'] {
  const added = layers.filter((layer) => !hasLayer(old, layer));
  return {
    reusedLayers: layers.length - added.length,
    sentLayers: added.length,
    bytes: added.reduce((sum, { size }) => sum + size, 0),
  };
}
