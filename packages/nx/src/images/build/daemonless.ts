import { type Refusal, isRefusal, KdcubeError, readIgnore, readRecipe, type Recipe } from '@kdcube/release/internal';
import type { Log } from '../../system/log';
import { baseFiles } from '../../oci/base-files';
import { scratch } from '../../oci/base';
import { assembleImage, type BuiltImage } from '../../oci/build';
import type { OciBuild } from '../../oci/layer-plan';
import { expectImage, type ExpectedImage } from '../../oci/expected';
import type { Repository } from '../../registry/blobs/blobs';
import { streamBlob } from '../../registry/blobs/download-blob';
import { findBase, type LocatedBase } from './base';
import { buildArgs, type ImageJob } from '../job';
import { registryBuildArgs, type Registries } from '../../workspace/registries';
import { contextTrees, readDockerfileSources, type DockerfileSources } from './dockerfile-sources';

/** A daemonless image. Its own layers are in the cache folder, its base's layers are in their repository. */
export interface DaemonlessImage {
  image: BuiltImage;
  /** The repository that has the base's layers; undefined for an image from scratch. */
  base?: Repository;
}

/** The inputs of a daemonless build, read from an image's Dockerfile. */
interface BuildInputs extends DockerfileSources {
  recipe: Recipe;
  /** The base's name in the pin; undefined for `scratch`. */
  baseName?: string;
}

/**
 * Builds an image without an engine, in memory: layers, config and manifest; it writes only to the cache. If the Dockerfile needs an
 * engine, returns the Refusal that names the line. `previousLayer` finds layers of the previous image by their keys.
 */
export async function buildDaemonless(
  job: ImageJob,
  registries: Registries,
  log: Log,
  { previousLayer }: { previousLayer?: OciBuild['previousLayer'] } = {},
): Promise<DaemonlessImage | Refusal> {
  const inputs = await readBuild(job, registries, log);
  if (isRefusal(inputs)) return inputs;
  const image = await assembleImage({ ...inputs.build, previousLayer });
  return isRefusal(image) ? image : { image, base: inputs.base };
}

/** Computes what `buildDaemonless` would build, without compressing anything. Returns the Refusal of a Dockerfile that needs an engine. */
export async function expectDaemonless(job: ImageJob, registries: Registries, log: Log): Promise<ExpectedImage | Refusal> {
  const inputs = await readBuild(job, registries, log);
  return isRefusal(inputs) ? inputs : expectImage(inputs.build);
}

async function readBuild(
  job: ImageJob,
  registries: Registries,
  log: Log,
): Promise<{ build: OciBuild; base?: Repository } | Refusal> {
  const references = await job.references(registries, log);
  const readable = await readInputs(job, registries, references, log);
  if (isRefusal(readable)) return readable;
  const { platform, labels } = job.plan;
  const { baseName } = readable;
  const found = baseName === undefined ? undefined : await findBase(references.get(baseName)!, platform, log);
  const build: OciBuild = {
    recipe: readable.recipe,
    base: found?.base ?? scratch(platform),
    platform,
    context: contextTrees(job),
    ignore: ignoreOf(readable, job),
    labels,
    baseFiles: async () => found && baseFiles(found.base.manifest.layers, layerReader(found)),
    log,
  };
  return { build, base: found?.place };
}

/** The repository of an image's base, from its Dockerfile and its pin; undefined for `scratch`, and if only an engine can build the image. */
export async function locateBase(job: ImageJob, registries: Registries, log: Log): Promise<Repository | undefined> {
  const references = await job.references(registries, log);
  const readable = await readInputs(job, registries, references, log);
  if (isRefusal(readable) || readable.baseName === undefined) return undefined;
  return (await findBase(references.get(readable.baseName)!, job.plan.platform, log)).place;
}

async function readInputs(
  job: ImageJob,
  registries: Registries,
  references: ReadonlyMap<string, string>,
  log: Log,
): Promise<BuildInputs | Refusal> {
  const sources = await readDockerfileSources(job, references, log);
  const args = { ...buildArgs(job), ...registryBuildArgs(registries) };
  const recipe = readRecipe(sources.text, { args, platform: job.plan.platform });
  if (isRefusal(recipe)) return recipe;
  if (recipe.from === 'scratch') return { ...sources, recipe };
  const named = sources.dockerfile.bases.filter(({ name }) => baseText(name, registries) === recipe.from);
  if (named.length !== 1) return { line: recipe.line, instruction: 'FROM', why: `its pin has no digest of ${recipe.from}` };
  return { ...sources, recipe, baseName: named[0]!.name };
}

/** A base's name from the recipe, with the registries expanded as build arguments are. */
function baseText(name: string, registries: Registries): string {
  return Object.entries(registryBuildArgs(registries)).reduce((text, [arg, value]) => text.replaceAll(`\${${arg}}`, value), name);
}

function ignoreOf({ ignore, file }: DockerfileSources, { folder }: ImageJob): OciBuild['ignore'] {
  try {
    return readIgnore(ignore);
  } catch (error) {
    throw new KdcubeError({
      code: 'dockerfile-unreadable',
      message: `The .dockerignore of ${file} cannot be used: ${(error as Error).message}.`,
      at: { file: folder.path },
    });
  }
}

function layerReader({ place }: LocatedBase): Parameters<typeof baseFiles>[1] {
  return (layer) => streamBlob(place.registry, place.repository, layer);
}
