import type { BundlePin, Environment } from '@kdcube/release';
import { descriptorOptions, KdcubeError, planDescriptor, renderEnv } from '@kdcube/release';
import { imagesOf, registryOf } from '../../environment';
import type { EnvWords } from '../../env';
import { plannedImages, releasedImages } from '../../images/released';
import type { Log } from '../../log';
import { pinOf, type OpenRelease } from '../../workspace';
import { wrong, type Answer } from './answers';
import { verifyEnvironment } from './verify';

/** Stands for an image that is not pushed yet, so that everything else can be asked all the same. */
const NOWHERE = `registry.invalid/none@sha256:${'0'.repeat(64)}`;

/** Everything that a deploy of this release to this environment assumes. */
export async function verifyRelease(
  open: OpenRelease,
  environment: Environment,
  { secretKeys, ...words }: Omit<EnvWords, 'offline'> & { secretKeys: boolean },
  log: Log,
): Promise<Answer[]> {
  const planned = await plannedImages(open, imagesOf(environment), { platform: words.platform }, log);
  const answers: Answer[] = [];
  const images = new Map<string, string>();
  for (const image of planned) {
    const registry = registryOf(environment, words.registries);
    try {
      const [found] = await releasedImages(open.root, [image], registry, { offline: false }, log);
      images.set(image.plan.image, found!.reference);
    } catch (error) {
      if (!(error instanceof KdcubeError) || error.problems[0]?.code !== 'image-not-pushed') throw error;
      const { message, hint } = error.problems[0];
      answers.push(wrong('image', image.plan.image, message.replace(/\.$/, ''), hint));
      images.set(image.plan.image, NOWHERE);
    }
  }
  const pins = new Map<string, BundlePin>();
  for (const bundle of open.release.bundles) if (bundle.kind === 'pinned') pins.set(bundle.id, pinOf(open, bundle));
  const descriptor = planDescriptor(open.release, pins, descriptorOptions(environment));
  const rendered = renderEnv({ environment, release: open.release, descriptor, images });
  const exec = environment.exec?.image;
  const execImage = exec?.kind === 'digest' ? exec.reference : exec && images.get(exec.name);
  const pushed = { ...rendered, services: rendered.services.filter(({ image }) => image !== NOWHERE) };
  const known = { rendered, pushed, exec: execImage === NOWHERE ? undefined : execImage, secretKeys };
  return [...answers, ...(await verifyEnvironment(environment, known, log))];
}
