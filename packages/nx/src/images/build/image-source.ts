import { type Refusal, isRefusal, KdcubeError } from '@kdcube/release/internal';
import { pluralize, type Log } from '../../system/log';
import type { OciBuild } from '../../oci/layer-plan';
import type { Layout } from '../../oci/layout';
import type { Repository } from '../../registry/blobs/blobs';
import { isInterrupted } from '../../system/programs/signals';
import { type DaemonlessImage, locateBase, buildDaemonless } from './daemonless';
import { missingSource, requireCopySources } from './copy-sources';
import { buildWithEngine, localName } from './engine-build';
import { findEngine, localLabels, type Builder, type Engine } from './engine';
import type { ImageJob } from '../job';
import { requireImageWithoutSecrets } from './image-secrets';
import { builtLayoutDir, readVerifiedLayout } from './layouts';
import type { Registries } from '../../workspace/registries';

/** An image to upload or export, and where its parts are. */
export type ImageSource =
  | ({ kind: 'daemonless'; how: 'built' } & DaemonlessImage)
  | { kind: 'layout'; how: 'prebuilt'; layout: Layout; base?: Repository }
  | { kind: 'engine'; how: 'built' | 'prebuilt'; engine: Engine; local: string };

export interface BuildOptions {
  root: string;
  registries: Registries;
  engine: Builder;
  /** A layer of the previous image by its layer key, to be reused. */
  previousLayer?: OciBuild['previousLayer'];
}

/** The image that an earlier docker-build wrote to dist/, else a new build. Problems: `needs-engine`, `engine-missing`, `build-failed`, and those of its parts. */
export async function findOrBuild(job: ImageJob, options: BuildOptions, log: Log): Promise<ImageSource> {
  const { root, registries } = options;
  const layout = await readVerifiedLayout(builtLayoutDir(root, job.plan.image), job, options, log);
  if (!layout) return buildImage(job, options, log);
  await requireImageWithoutSecrets(job, log);
  const base = layout.missing.length > 0 ? await locateBase(job, registries, log) : undefined;
  return { kind: 'layout', how: 'prebuilt', layout, base };
}

/** Builds the image, unless the engine that would build it already has it. */
export async function buildImage(
  job: ImageJob,
  { root, registries, engine, previousLayer }: BuildOptions,
  log: Log,
): Promise<ImageSource> {
  const { image } = job.plan;
  await requireImageWithoutSecrets(job, log);
  if (engine !== 'auto' && engine !== 'oci') {
    await requireCopySources(job, registries, log);
    return buildInEngine(job, engine, root, registries, log);
  }
  const startedAt = Date.now();
  const built = await buildDaemonless(job, registries, log, { previousLayer });
  if (!isRefusal(built)) {
    log.done('built', image, `${pluralize(job.bundles.length, 'bundle')}, without an engine`, startedAt);
    return { kind: 'daemonless', how: 'built', ...built };
  }
  if (built.absent === undefined && engine === 'oci') throw needsEngine(job, built);
  // It reports all missing sources; the build stopped at the first one.
  await requireCopySources(job, registries, log);
  if (built.absent !== undefined) throw new KdcubeError(missingSource(job, built));
  const found = await findEngine('auto').catch((error: unknown) => {
    if (error instanceof KdcubeError && !isInterrupted(error)) throw needsEngine(job, built, error);
    throw error;
  });
  log.note(`${formatPlace(job, built)} (${built.instruction}) needs an engine: ${built.why}. ${found} builds ${image}.`);
  return buildInEngine(job, found, root, registries, log);
}

async function buildInEngine(
  job: ImageJob,
  wanted: Engine,
  root: string,
  registries: Registries,
  log: Log,
): Promise<ImageSource> {
  const engine = await findEngine(wanted);
  const local = localName(job.plan);
  const isPresent = (await localLabels(engine, local))?.['io.kdcube.content-key'] === job.plan.key;
  if (!isPresent) await buildWithEngine(engine, job, registries, root, log);
  return { kind: 'engine', how: isPresent ? 'prebuilt' : 'built', engine, local };
}

/** The Problem of a Dockerfile that needs an engine. `cause`: why no engine is available. */
export function needsEngine(job: Pick<ImageJob, 'plan' | 'folder'>, refusal: Refusal, cause?: KdcubeError): KdcubeError {
  const { folder } = job;
  const engines = cause ? `\n${cause.problems[0]!.message}` : '';
  return new KdcubeError(
    {
      code: 'needs-engine',
      message: `${job.plan.image} cannot be built without an engine: ${describeRefusal(refusal)}.${engines}`,
      hint: cause
        ? 'start docker (with buildx) or install podman, or write the Dockerfile without that line'
        : '--engine=auto builds such an image with docker or podman',
      at: { file: `${folder.path}/${folder.dockerfile}`, line: refusal.line },
    },
    { cause },
  );
}

function describeRefusal({ line, instruction, why }: Refusal): string {
  return `line ${line} (${instruction}): ${why}`;
}

function formatPlace({ folder }: ImageJob, { line }: Refusal): string {
  return `${folder.path}/${folder.dockerfile}:${line}`;
}
