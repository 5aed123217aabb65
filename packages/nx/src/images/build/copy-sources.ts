import {
  type Ignore,
  KdcubeError,
  missingSources,
  type MissingSource,
  type Problem,
  quoted,
  readIgnore,
  type Refusal,
  RELEASE_FILE,
} from '@kdcube/release/internal';
import { openContext } from '../../oci/context';
import type { Log } from '../../system/log';
import { FRONTEND_FOLDER } from '../../workspace/frontend';
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
  const context = await openContext(contextTrees(job), ignore, log);
  // The folder of bundles is copied whole; of the frontend, single files are.
  if (job.frontend) await context.open(FRONTEND_FOLDER);
  const args = { ...buildArgs(job), ...registryBuildArgs(registries) };
  const missing = missingSources(sources.text, { args, platform: job.plan.platform }, context.entries, ignore);
  if (missing.length > 0) throw new KdcubeError(missing.map((each) => missingSource(job, each)));
}

/** The Problem of a line that an engine cannot execute either. */
export function missingSource(
  { folder, bundles, frontend }: Pick<ImageJob, 'folder' | 'bundles' | 'frontend'>,
  { line, instruction, why, absent, similar = [] }: Refusal & Partial<Pick<MissingSource, 'similar'>>,
): Problem {
  // The workspace is new.
  const hasNone = bundles.length === 0 && absent === 'bundles';
  const found = similar.length > 0 ? `the build context has ${similar.join(', ')}` : undefined;
  const isOfFrontend = absent === FRONTEND_FOLDER || absent?.startsWith(`${FRONTEND_FOLDER}/`) === true;
  return {
    code: 'dockerfile-unreadable',
    message: `This ${instruction} cannot be executed: ${why}${hasNone ? `, because ${RELEASE_FILE} has no bundles` : ''}.`,
    hint: hasNone ? 'nx g @kdcube/nx:bundle my-bundle' : isOfFrontend ? frontendHint(frontend, similar) : found,
    at: { file: `${folder.path}/${folder.dockerfile}`, line },
  };
}

/** Where the frontend has the file, or that the release has no frontend. */
function frontendHint(frontend: ImageJob['frontend'], similar: readonly string[]): string {
  if (!frontend) return `in ${RELEASE_FILE}: frontend: {repo: "<its repository>", ref: "<a tag>"}    then nx sync`;
  const [found] = similar.filter((path) => path.startsWith(`${FRONTEND_FOLDER}/`));
  if (found === undefined) return `a frontend.ref in ${RELEASE_FILE} that has the file; the frontend is ${frontend.place}`;
  const folder = found.split('/').slice(1, -1).join('/');
  return `frontend.subdir in ${RELEASE_FILE}: the folder ${quoted(folder)} of ${frontend.place} has it; then nx sync`;
}

/** Undefined if only the engine can read the .dockerignore. */
function ignoreOf(text: string): Ignore | undefined {
  try {
    return readIgnore(text);
  } catch {
    return undefined;
  }
}
