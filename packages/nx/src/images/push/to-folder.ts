import * as path from 'node:path';
import { OUT } from '@kdcube/release/internal';
import type { Log } from '../../system/log';
import { whileWaiting } from '../../system/log';
import { writeDockerArchive } from '../../oci/archive';
import { knownLayers } from '../../oci/known';
import { readLayout, writeParts, type Layout } from '../../oci/layout';
import type { Destination, Taken } from './destination';
import { exportLayout } from '../build/docker-save';
import type { ImageJob } from '../job';
import { keptLayoutDir, layoutWithKey } from '../build/layouts';
import type { Source } from '../build/source';
import { has, wholeParts } from '../build/whole';

export type ImageFormat = 'oci-layout' | 'docker-archive';

/**
 * dist/images as the place where images go when nobody named a registry: one complete OCI layout an image, which other tools read as it is; `docker-archive` adds one file for `docker load`.
 * There are no tags for people in it: a layout is one image, and its name says which.
 */
export function toFolder(job: ImageJob, root: string, format: ImageFormat, log: Log): Destination {
  const { image, tag } = job.plan;
  const dir = keptLayoutDir(root, image);
  const archive = path.join(root, OUT.images, `${image}.tar`);
  const writeArchive = async (): Promise<void> => {
    if (format !== 'docker-archive') return;
    const startedAt = Date.now();
    await writeDockerArchive(dir, archive, [`${image}:${tag}`]);
    log.done('wrote', image, `${OUT.images}/${image}.tar, for docker load`, startedAt);
  };
  return {
    shownName: `oci:${OUT.images}/${image}`,
    async find() {
      const layout = await layoutWithKey(dir, job, log);
      if (!layout || layout.missing.length > 0) return undefined;
      await writeArchive();
      return layout.manifest;
    },
    async before() {
      const layout = await readLayout(dir).catch(() => undefined);
      return layout && { labels: layout.config.config?.Labels ?? {}, known: knownLayers(layout.image, layout.config) };
    },
    async take(source) {
      const before = await readLayout(dir).catch(() => undefined);
      await whileWaiting(log, () => `writing ${OUT.images}/${image}`, writeWhole(source, dir, tag, before));
      await writeArchive();
      return taken(await readLayout(dir), before);
    },
  };
}

async function writeWhole(source: Source, dir: string, name: string, before: Layout | undefined): Promise<void> {
  if (source.kind === 'engine') return exportLayout(source.engine, source.local, dir, name);
  await writeParts(dir, wholeParts(source, before), name);
}

function taken({ manifest, image }: Layout, before: Layout | undefined): Taken {
  const added = image.layers.filter((layer) => !has(before, layer));
  const sent = {
    keptLayers: image.layers.length - added.length,
    sentLayers: added.length,
    bytes: added.reduce((sum, { size }) => sum + size, 0),
  };
  return { head: manifest, adopted: false, tags: [], sent };
}
