import * as path from 'node:path';
import { OUT } from '@kdcube/release/internal';
import type { Log } from '../../system/log';
import { withHeartbeat } from '../../system/log';
import { writeDockerArchive } from '../../oci/docker-archive';
import { readLayout, writeParts, type Layout } from '../../oci/layout';
import { exportLayout } from '../build/export-layout';
import { pushedLayoutDir, readLayoutWithKey } from '../build/layouts';
import type { ImageSource } from '../build/image-source';
import { hasLayer, completeParts } from '../build/complete-parts';
import type { ImageJob } from '../job';
import { previousImage, type Destination, type UploadedImage } from './destination';

export type ImageFormat = 'oci-layout' | 'docker-archive';

export interface FolderOptions {
  root: string;
  dryRun: boolean;
  /** Default: oci-layout. */
  format?: ImageFormat;
}

/**
 * dist/images as the destination, if no registry is configured: one complete OCI layout for each image, which other tools can read; `docker-archive` adds one file for `docker load`.
 * It has no tags: a layout holds one image, and its name says which.
 */
export function folderDestination(job: ImageJob, { root, dryRun, format }: FolderOptions, log: Log): Destination {
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
      const layout = await readLayoutWithKey(dir, job, log);
      return layout && layout.missing.length === 0 ? layout.manifest : undefined;
    },
    async readPrevious() {
      const layout = await readOld();
      return layout && previousImage(layout.image, layout.config);
    },
    async upload(built) {
      const old = await readOld();
      await withHeartbeat(log, () => `writing ${OUT.images}/${image}`, writeLayout(built, dir, key, old));
      await writeArchive();
      const { manifest, image: written } = await readLayout(dir);
      return { ...manifest, isReused: false, transfer: transferOf(written.layers, old) };
    },
    tag: async () => [],
    afterReuse: writeArchive,
  };
}

async function writeLayout(built: ImageSource, dir: string, name: string, old: Layout | undefined): Promise<void> {
  if (built.kind === 'engine') return exportLayout(built.engine, built.local, dir, name);
  await writeParts(dir, completeParts(built, old), name);
}

function transferOf(layers: Layout['image']['layers'], old: Layout | undefined): UploadedImage['transfer'] {
  const added = layers.filter((layer) => !hasLayer(old, layer));
  return {
    reusedLayers: layers.length - added.length,
    sentLayers: added.length,
    bytes: added.reduce((sum, { size }) => sum + size, 0),
  };
}
