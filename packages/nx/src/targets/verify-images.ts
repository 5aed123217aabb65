import type { ImageJob } from '../images/job';
import type { OpenRelease } from '../workspace/workspace';
import {
  KdcubeError,
  applyCheck,
  imagePushed,
  imageSigned,
  imageLayers,
  type Environment,
  type Problem,
  type CheckResult,
} from '@kdcube/release/internal';
import type { EnvOptions } from './env';
import type { Log } from '../system/log';
import { releasedImages, findUnsignedImage, withPlannedImages, type ReleasedImage } from '../images/released-images';
import { environmentRegistry, releaseImages } from '../workspace/environment';
import type { Registry } from '../registry/transport/connect';
import type { SignatureRule } from '../images/signatures/unsigned';
import { openRegistry } from '../workspace/registries';
import { readLayers } from '../images/verify/layers';

/** Stands for an image that is not pushed yet, so that everything else can be checked. */
export const NOT_PUSHED = `registry.invalid/none@sha256:${'0'.repeat(64)}`;

/** What makes an image one that cannot be deployed: a failed check, beside which all others run. */
const FAILED_CHECKS = new Set<string>([imagePushed.code, 'image-mismatch', 'image-unverified']);

/** The pushed reference of each image of the release. An image that is not pushed is a failed check. */
export async function findImages(
  open: OpenRelease,
  environment: Environment,
  options: Omit<EnvOptions, 'offline'> & { layers: boolean },
  log: Log,
): Promise<{ results: CheckResult[]; images: Map<string, string> }> {
  const results: CheckResult[] = [];
  const images = new Map<string, string>();
  await withPlannedImages(open, releaseImages(environment), { ...options, offline: false }, log, async (planned) => {
    for (const job of planned) {
      const { image } = job.plan;
      const { released, problem } = await findImage(job, open, environment, options, log);
      if (problem) results.push(applyCheck(imagePushed, image, { missing: problem }));
      if (released) {
        const registry = openRegistry(environmentRegistry(environment, options.registries).host, log);
        if (options.signedFor !== undefined)
          results.push(applyCheck(imageSigned, image, { unsigned: await unsignedProblem(job, released, registry, options) }));
        if (options.layers) results.push(applyCheck(imageLayers, image, await readLayers(released, registry)));
      }
      images.set(image, released?.reference ?? NOT_PUSHED);
    }
  });
  return { results, images };
}

async function unsignedProblem(
  job: ImageJob,
  released: ReleasedImage,
  registry: Registry,
  rule: SignatureRule,
): Promise<Problem | undefined> {
  const place = { registry, repository: released.repository };
  return (await findUnsignedImage(job, released, place, released.reference, rule))?.problems[0];
}

/** Whether it is signed is a check of its own. */
async function findImage(
  job: ImageJob,
  { root }: OpenRelease,
  environment: Environment,
  options: Omit<EnvOptions, 'offline'>,
  log: Log,
): Promise<{ released?: ReleasedImage; problem?: Problem }> {
  const registry = environmentRegistry(environment, options.registries);
  try {
    const [released] = await releasedImages([job], registry, { ...options, signedFor: undefined, root, offline: false }, log);
    return { released };
  } catch (error) {
    const problem = error instanceof KdcubeError ? error.problems[0] : undefined;
    if (!problem || !FAILED_CHECKS.has(problem.code)) throw error;
    return { problem };
  }
}
