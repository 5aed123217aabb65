import { randomUUID } from 'node:crypto';
import * as path from 'node:path';
import { type ImagePlan, parseImageReference } from '@kdcube/release/internal';
import { runBuild, type Engine } from './engine';
import { withTemporaryDir } from '../../system/files/files';
import { recordEffect } from '../../system/journal';
import { writeContext } from './context';
import { buildArgs, type ImageJob } from '../job';
import { pluralize, type Log } from '../../system/log';
import { openRegistry, registryBuildArgs, type Registries } from '../../workspace/registries';
import { getImage } from '../../registry/manifests/image';

/** The name of an image in the engine's store. No registry has this host, so the image cannot be pushed by accident. */
export function localName({ image, tag }: Pick<ImagePlan, 'image' | 'tag'>): string {
  return `localhost/kdcube/${image}:${tag}`;
}

/** Builds an image into the engine's store, from a temporary context. */
export async function buildWithEngine(
  engine: Engine,
  job: ImageJob,
  registries: Registries,
  root: string,
  log: Log,
): Promise<void> {
  const references = await job.references(registries, log);
  const startedAt = Date.now();
  const created = await creationTime(job, references, log);
  await withTemporaryDir(
    async (dir) => {
      // buildx identifies contexts by the last part of their path, and files by size and time. Our files may be equal in both,
      // so a reused path could put files of another image into this one.
      const context = path.join(dir, randomUUID());
      await writeContext(job, context, references, log);
      const { platform, labels } = job.plan;
      const args = { ...buildArgs(job), ...registryBuildArgs(registries) };
      await runBuild(
        engine,
        {
          context,
          dockerfile: job.folder.dockerfile,
          tag: localName(job.plan),
          platform,
          args,
          labels,
          created,
          plainHttp: usesPlainHttp(references, log),
        },
        log,
      );
    },
    path.join(root, 'dist'),
  );
  recordEffect({ kind: 'other', text: `built ${localName(job.plan)} in ${engine}` });
  log.done('built', job.plan.image, `${pluralize(job.bundles.length, 'bundle')}, by ${engine}`, startedAt);
}

function usesPlainHttp(references: ReadonlyMap<string, string>, log: Log): boolean {
  const hosts = [...references.values()].map((reference) => parseImageReference(reference).host);
  return hosts.length > 0 && hosts.every((host) => openRegistry(host, log).base.protocol === 'http:');
}

/**
 * The creation time of an image is that of its newest base, so that the image does not depend on the build machine's clock. Seconds since
 * 1970; undefined if no base has one.
 */
async function creationTime({ plan }: ImageJob, references: ReadonlyMap<string, string>, log: Log): Promise<number | undefined> {
  const times: number[] = [];
  for (const reference of references.values()) {
    const { host, repository, digest } = parseImageReference(reference);
    const { config } = await getImage(openRegistry(host, log), repository, digest!, plan.platform);
    const time = Date.parse(config.created ?? '');
    if (Number.isFinite(time) && time >= 0) times.push(Math.floor(time / 1000));
  }
  return times.length > 0 ? Math.max(...times) : undefined;
}
