import type { Refusal } from '@kdcube/release/internal';
import { isRefusal, KdcubeError, RELEASE_FILE } from '@kdcube/release/internal';
import { counted, type Log } from '../../system/log';
import type { OciBuild } from '../../oci/build';
import type { Layout } from '../../oci/layout';
import type { Repository } from '../../registry/blobs';
import { isInterrupted } from '../../system/signals';
import { type Arithmetic, baseOf, buildByArithmetic } from './arithmetic';
import { buildLocal, localName } from './build';
import { findEngine, localLabels, type Engine } from './docker';
import type { ImageJob } from '../job';
import { builtLayoutDir, layoutWithKey } from './layouts';
import type { Registries } from '../../workspace/registries';

/** What may build an image: `oci` is arithmetic, without an engine; `auto` is that where the Dockerfile allows it, else the first engine that runs. */
export type Builder = 'auto' | 'oci' | Engine;

/** An image that is made, and where its parts are. */
export type Source =
  | ({ kind: 'arithmetic'; how: 'built' } & Arithmetic)
  | { kind: 'layout'; how: 'prebuilt'; layout: Layout; base?: Repository }
  | { kind: 'engine'; how: 'built' | 'prebuilt'; engine: Engine; local: string };

export interface SourceOptions {
  root: string;
  registries: Registries;
  engine: Builder;
  /** A layer of the previous image by its layer key: it is not made again. */
  previousLayer?: OciBuild['known'];
}

/** The image as an earlier docker-build left it under dist/, else built now. Problems: `needs-engine`, `engine-missing`, `build-failed`, and those of its parts. */
export async function sourceOf(job: ImageJob, options: SourceOptions, log: Log): Promise<Source> {
  const { root, registries } = options;
  const layout = await layoutWithKey(builtLayoutDir(root, job.plan.image), job, log);
  if (!layout) return makeImage(job, options, log);
  const base = layout.missing.length > 0 ? await baseOf(job, registries, log) : undefined;
  return { kind: 'layout', how: 'prebuilt', layout, base };
}

/** Builds the image, whatever an earlier run left under dist/; an engine that has it already need not. */
export async function makeImage(
  job: ImageJob,
  { root, registries, engine, previousLayer }: SourceOptions,
  log: Log,
): Promise<Source> {
  const { image } = job.plan;
  if (engine !== 'auto' && engine !== 'oci') return inStore(job, engine, root, registries, log);
  const startedAt = Date.now();
  const built = await buildByArithmetic(job, registries, log, { previousLayer });
  if (!isRefusal(built)) {
    log.done('built', image, `${counted(job.bundles.length, 'bundle')}, without an engine`, startedAt);
    return { kind: 'arithmetic', how: 'built', ...built };
  }
  if (built.absent !== undefined) throw absentSource(job, built);
  if (engine === 'oci') throw needsEngine(job, built);
  const found = await findEngine('auto').catch((error: unknown) => {
    if (error instanceof KdcubeError && !isInterrupted(error)) throw needsEngine(job, built, error);
    throw error;
  });
  log.note(`${placeOf(job, built)} is ${built.instruction}, and ${built.why}. So ${found} builds ${image}.`);
  return inStore(job, found, root, registries, log);
}

async function inStore(job: ImageJob, wanted: Engine, root: string, registries: Registries, log: Log): Promise<Source> {
  const engine = await findEngine(wanted);
  const local = localName(job.plan);
  const isThere = (await localLabels(engine, local))?.['io.kdcube.content-key'] === job.plan.key;
  if (!isThere) await buildLocal(engine, job, registries, root, log);
  return { kind: 'engine', how: isThere ? 'prebuilt' : 'built', engine, local };
}

/** The Problem of a line that nobody can carry out. */
function absentSource(
  { folder, bundles }: Pick<ImageJob, 'folder' | 'bundles'>,
  { line, instruction, why, absent }: Refusal,
): KdcubeError {
  const file = `${folder.path}/${folder.dockerfile}`;
  // How a workspace begins.
  const hasNone = bundles.length === 0 && absent === 'bundles';
  return new KdcubeError({
    code: 'dockerfile-unreadable',
    message: `This ${instruction} cannot be done: ${why}${hasNone ? `, because ${RELEASE_FILE} names none` : ''}.`,
    hint: hasNone ? 'nx g @kdcube/nx:bundle my-bundle' : undefined,
    at: { file, line },
  });
}

/** The Problem of a Dockerfile that cannot be built by arithmetic. `cause`: why no engine can either. */
export function needsEngine(job: Pick<ImageJob, 'plan' | 'folder'>, refusal: Refusal, cause?: KdcubeError): KdcubeError {
  const { folder } = job;
  const engines = cause ? `\n${cause.problems[0]!.message}` : '';
  return new KdcubeError(
    {
      code: 'needs-engine',
      message: `${job.plan.image} cannot be built without an engine: ${whyNot(refusal)}.${engines}`,
      hint: cause
        ? 'start docker (with buildx) or install podman, or write the Dockerfile without that line'
        : '--engine=auto builds such an image with docker or podman',
      at: { file: `${folder.path}/${folder.dockerfile}`, line: refusal.line },
    },
    { cause },
  );
}

function whyNot({ line, instruction, why }: Refusal): string {
  return `line ${line} is ${instruction}, and ${why}`;
}

function placeOf({ folder }: ImageJob, { line }: Refusal): string {
  return `${folder.path}/${folder.dockerfile}:${line}`;
}
