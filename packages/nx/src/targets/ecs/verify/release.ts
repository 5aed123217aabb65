import type { CheckResult, Environment, Problem } from '@kdcube/release/internal';
import { applyCheck, imageLayers, imagePushed, imageSigned, KdcubeError, renderEnv } from '@kdcube/release/internal';
import { releaseImages, environmentRegistry } from '../../../workspace/environment';
import type { EnvOptions } from '../../env';
import type { ImageJob } from '../../../images/job';
import { findUnsignedImage, releasedImages, withPlannedImages, type ReleasedImage } from '../../../images/released-images';
import { readLayers } from '../../../images/verify/layers';
import type { SignatureRule } from '../../../images/signatures/unsigned';
import type { Registry } from '../../../registry/transport/connect';
import type { Log } from '../../../system/log';
import { openRegistry } from '../../../workspace/registries';
import { prepareBundles } from '../../git-mode/prepare';
import { checkPushed } from '../../git-mode/pushed';
import type { OpenRelease } from '../../../workspace/workspace';
import { verifyEnvironment } from './verify';

/** Stands for an image that is not pushed yet, so that everything else can be checked. */
const NOT_PUSHED = `registry.invalid/none@sha256:${'0'.repeat(64)}`;

/** What makes an image one that cannot be deployed: a failed check, beside which all others run. */
const FAILED_CHECKS = new Set<string>([imagePushed.code, 'image-mismatch', 'image-unverified']);

type VerifyReleaseOptions = Omit<EnvOptions, 'offline'> & { secretKeys: boolean; layers: boolean };

/** Checks everything that a deployment of this release to this environment needs. */
export async function verifyRelease(
  open: OpenRelease,
  written: Environment,
  { secretKeys, ...options }: VerifyReleaseOptions,
  log: Log,
): Promise<CheckResult[]> {
  const { environment, descriptor } = await prepareBundles(open, written, options.registries, log);
  const { results, images } = await findImages(open, environment, options, log);
  // Whether proc's image has git is a check of its own.
  const rendered = renderEnv({ environment, release: open.release, descriptor, images, imageHasGit: true });
  const exec = environment.exec?.image;
  const execImage = exec?.kind === 'digest' ? exec.reference : exec && images.get(exec.name);
  const pushed = { ...rendered, services: rendered.services.filter(({ image }) => image !== NOT_PUSHED) };
  const { generation } = open.release;
  const subject = { generation, rendered, pushed, execImage: execImage === NOT_PUSHED ? undefined : execImage, secretKeys };
  const pushedBundles = await checkPushed(open, descriptor.clones, log);
  return [...results, ...pushedBundles, ...(await verifyEnvironment(environment, subject, log))];
}

/** The pushed reference of each image of the release. An image that is not pushed is a failed check. */
async function findImages(
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
