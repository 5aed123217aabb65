import type { Environment, EnvPlan } from '@kdcube/release';
import { manifestName, parseImageReference } from '@kdcube/release';
import { askImage } from '../../images/ask-image';
import type { Log } from '../../log';
import { inParallel } from '../../parallel';
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
  const answer = await askImage(image, platform, log);
  if (answer.is === 'unknown') return unknown('image', subject, answer.problem.message.split('\n')[0]!);
  if (answer.is === 'missing') return wrong('image', subject, answer.problem.message.replace(/\.$/, ''), answer.problem.hint);
  if (answer.platform === platform) return good('image', subject, `is there, for ${platform}`);
  const hint = `architecture: ${answer.platform.replace('linux/', '')}`;
  return wrong('image', subject, `is for ${answer.platform}, and its service runs on ${platform}`, hint);
}
