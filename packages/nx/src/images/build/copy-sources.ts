import {
  type Ignore,
  KdcubeError,
  missingSources,
  type MissingSource,
  type Problem,
  readIgnore,
  type Refusal,
  RELEASE_FILE,
} from '@kdcube/release/internal';
import { openContext } from '../../oci/context';
import type { Log } from '../../system/log';
import { registryBuildArgs, type Registries } from '../../workspace/registries';
import { buildArgs, type ImageJob } from '../job';
import { contextTrees, readDockerfileSources } from './dockerfile-sources';

/**
 * Checks the sources of COPY and ADD before an engine starts, which would find a missing one only after the steps before it. Problem
 * `dockerfile-unreadable`, one for each.
 */
export async function requireCopySources(job: ImageJob, registries: Registries, log: Log): Promise<void> {
  if (job.platform) return job.platform.requireSources((each) => missingSource(job, each));
  const sources = await readDockerfileSources(job, await job.references(registries, log), log);
  const ignore = ignoreOf(sources.ignore);
  if (!ignore) return;
  const { entries } = await openContext(contextTrees(job), ignore, log);
  const args = { ...buildArgs(job), ...registryBuildArgs(registries) };
  const missing = missingSources(sources.text, { args, platform: job.plan.platform }, entries, ignore);
  if (missing.length > 0) throw new KdcubeError(missing.map((each) => missingSource(job, each)));
}

/** The Problem of a line that an engine cannot execute either. */
export function missingSource(
  { folder, bundles }: Pick<ImageJob, 'folder' | 'bundles'>,
  { line, instruction, why, absent, similar = [] }: Refusal & Partial<Pick<MissingSource, 'similar'>>,
): Problem {
  // The workspace is new.
  const hasNone = bundles.length === 0 && absent === 'bundles';
  const found = similar.length > 0 ? `the build context has ${similar.join(', ')}` : undefined;
  return {
    code: 'dockerfile-unreadable',
    message: `This ${instruction} cannot be executed: ${why}${hasNone ? `, because ${RELEASE_FILE} has no bundles` : ''}.`,
    hint: hasNone ? 'nx g @kdcube/nx:bundle my-bundle' : found,
    at: { file: `${folder.path}/${folder.dockerfile}`, line },
  };
}

/** Undefined if only the engine can read the .dockerignore. */
function ignoreOf(text: string): Ignore | undefined {
  try {
    return readIgnore(text);
  } catch {
    return undefined;
  }
}
