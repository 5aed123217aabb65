import type { Problem, Refusal } from '@kdcube/release/internal';
import { isRefusal, KdcubeError } from '@kdcube/release/internal';
import type { ExpectedImage } from '../../oci/expected';
import type { Log } from '../../system/log';
import type { Registries } from '../../workspace/registries';
import { expectDaemonless } from '../build/daemonless';
import type { ImageJob } from '../job';

/** The expected image, as far as it can be computed here. */
export type Expectation =
  | { is: 'computed'; image: ExpectedImage }
  /** Its Dockerfile needs an engine, whose builds are not reproducible. */
  | { is: 'engine-built'; refusal: Refusal }
  /** This machine cannot read a bundle or the base. */
  | { is: 'unreadable'; problem: Problem; cause: KdcubeError };

/** Problems that mean: not readable from this machine, with these credentials. */
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

/** Computes the expected image from git and the pinned base. Contacts remotes only for objects that are not in the cache. */
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
