import type { Environment, EnvPlan } from '@kdcube/release';
import { KdcubeError, manifestName, parseImageReference } from '@kdcube/release';
import { openRegistry } from '../../images/registries';
import type { Log } from '../../log';
import { inParallel } from '../../parallel';
import { imageConfig } from '../../registry/registry';
import { good, unknown, wrong, type Answer } from './answers';

/** Whether each image is in its registry, for the platform that its service runs on. */
export async function imageAnswers(
  environment: Environment,
  rendered: EnvPlan,
  exec: string | undefined,
  log: Log,
): Promise<Answer[]> {
  const wanted = rendered.services
    .filter(({ target }) => target === 'ecs')
    .map(({ service, image }) => {
      const { architecture = 'amd64' } = environment.services.find(({ name }) => name === service) ?? {};
      return { image, platform: `linux/${architecture}` };
    });
  if (exec !== undefined) wanted.push({ image: exec, platform: 'linux/amd64' });
  const each = [...new Map(wanted.map((one) => [`${one.image} ${one.platform}`, one])).values()];
  return inParallel(each, 4, (one) => imageAnswer(one, log));
}

async function imageAnswer({ image, platform }: { image: string; platform: string }, log: Log): Promise<Answer> {
  const reference = parseImageReference(image);
  const subject = `${reference.repository}@${manifestName(reference).slice(0, 19)}`;
  try {
    const { config } = await imageConfig(
      openRegistry(reference.host, log),
      reference.repository,
      manifestName(reference),
      platform,
    );
    const is = `${config.os}/${config.architecture}`;
    return is === platform
      ? good('image', subject, `is there, for ${platform}`)
      : wrong('image', subject, `is for ${is}, and its service runs on ${platform}`, `architecture: ${config.architecture}`);
  } catch (error) {
    if (!(error instanceof KdcubeError)) throw error;
    const { code, message, hint } = error.problems[0]!;
    if (code === 'image-not-found' || code === 'registry-repository-missing')
      return wrong('image', subject, message.replace(/\.$/, ''), hint);
    return unknown('image', subject, message.split('\n')[0]!);
  }
}
