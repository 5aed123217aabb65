import type { BundlePin, CheckResult, Environment } from '@kdcube/release/internal';
import { applyCheck, descriptorOptions, imagePushed, KdcubeError, planDescriptor, renderEnv } from '@kdcube/release/internal';
import { releaseImages, environmentRegistry } from '../../../workspace/environment';
import type { EnvOptions } from '../../env';
import { plannedImages, releasedImages } from '../../../images/released-images';
import type { Log } from '../../../system/log';
import { requireBundlePin, type OpenRelease } from '../../../workspace/workspace';
import { verifyEnvironment } from './verify';

/** Stands for an image that is not pushed yet, so that everything else can be checked. */
const NOT_PUSHED = `registry.invalid/none@sha256:${'0'.repeat(64)}`;

type VerifyReleaseOptions = Omit<EnvOptions, 'offline'> & { secretKeys: boolean };

/** Checks everything that a deployment of this release to this environment needs. */
export async function verifyRelease(
  open: OpenRelease,
  environment: Environment,
  { secretKeys, ...options }: VerifyReleaseOptions,
  log: Log,
): Promise<CheckResult[]> {
  const { results, images } = await findImages(open, environment, options, log);
  const pins = new Map<string, BundlePin>();
  for (const bundle of open.release.bundles) if (bundle.kind === 'pinned') pins.set(bundle.id, requireBundlePin(open, bundle));
  const descriptor = planDescriptor(open.release, pins, descriptorOptions(environment));
  const rendered = renderEnv({ environment, release: open.release, descriptor, images });
  const exec = environment.exec?.image;
  const execImage = exec?.kind === 'digest' ? exec.reference : exec && images.get(exec.name);
  const pushed = { ...rendered, services: rendered.services.filter(({ image }) => image !== NOT_PUSHED) };
  const subject = { rendered, pushed, execImage: execImage === NOT_PUSHED ? undefined : execImage, secretKeys };
  return [...results, ...(await verifyEnvironment(environment, subject, log))];
}

/** The pushed reference of each image of the release. An image that is not pushed is a failed check. */
async function findImages(
  open: OpenRelease,
  environment: Environment,
  { platform, registries }: Omit<EnvOptions, 'offline'>,
  log: Log,
): Promise<{ results: CheckResult[]; images: Map<string, string> }> {
  const planned = await plannedImages(open, releaseImages(environment), { platform }, log);
  const results: CheckResult[] = [];
  const images = new Map<string, string>();
  for (const image of planned) {
    const registry = environmentRegistry(environment, registries);
    try {
      const [released] = await releasedImages(open.root, [image], registry, { offline: false }, log);
      images.set(image.plan.image, released!.reference);
    } catch (error) {
      if (!(error instanceof KdcubeError) || error.problems[0]?.code !== imagePushed.code) throw error;
      results.push(applyCheck(imagePushed, image.plan.image, { missing: error.problems[0] }));
      images.set(image.plan.image, NOT_PUSHED);
    }
  }
  return { results, images };
}
