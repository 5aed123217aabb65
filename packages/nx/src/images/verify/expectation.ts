import type { Problem, Refusal } from '@kdcube/release/internal';
import { isRefusal, KdcubeError } from '@kdcube/release/internal';
import type { ExpectedImage } from '../../oci/expected';
import type { Log } from '../../system/log';
import type { Registries } from '../../workspace/registries';
import { expectDaemonless } from '../build/daemonless';
import type { ImageJob } from '../job';

/** What an image must be, as far as it can be computed here. */
export type Expectation =
  | { is: 'computed'; image: ExpectedImage }
  /** Its Dockerfile needs an engine, whose builds cannot be repeated to the byte. */
  | { is: 'engine-built'; refusal: Refusal }
  /** This machine cannot read a bundle or the base. */
  | { is: 'unreadable'; problem: Problem; cause: KdcubeError };

/** Problems that say: not readable from this machine, with these credentials. */
const UNREADABLE = new Set([
  'repo-unreachable',
  'repo-denied',
  'repo-empty',
  'ref-not-found',
  'bundle-not-found',
  'registry-missing',
  'registry-unreachable',
  'registry-denied',
  'registry-repository-missing',
  'image-not-found',
]);

/** Computes what an image must be, from git and the pinned base. Reads what is not in the cache; contacts remotes for that alone. */
export async function computeExpectation(job: ImageJob, registries: Registries, log: Log): Promise<Expectation> {
  try {
    const image = await expectDaemonless(job, registries, log);
    return isRefusal(image) ? { is: 'engine-built', refusal: image } : { is: 'computed', image };
  } catch (error) {
    const problem = error instanceof KdcubeError ? error.problems[0] : undefined;
    if (!problem || !UNREADABLE.has(problem.code)) throw error;
    return { is: 'unreadable', problem, cause: error as KdcubeError };
  }
}
