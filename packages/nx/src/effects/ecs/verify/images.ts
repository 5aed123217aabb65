import type { Environment, EnvPlan } from '@kdcube/release';
import { manifestName, parseImageReference } from '@kdcube/release';
import { askImage } from '../../images/ask-image';
import type { Log } from '../../log';
import type { ImageConfig } from '../../registry/manifest';
import { inParallel } from '../../parallel';
import { good, unknown, wrong, type Answer } from './answers';

/** Whether each image is in its registry, for the platform that its service runs on, and can write the files that its task carries. */
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
  const writing = new Set(
    rendered.services.filter(({ files }) => files.some(({ how }) => how === 'task')).map(({ image }) => image),
  );
  return (await inParallel(each, 4, (one) => imageAnswer(one, writing.has(one.image), log))).flat();
}

async function imageAnswer(
  { image, platform }: { image: string; platform: string },
  writes: boolean,
  log: Log,
): Promise<Answer[]> {
  const reference = parseImageReference(image);
  const subject = `${reference.repository}@${manifestName(reference).slice(0, 19)}`;
  const answer = await askImage(image, platform, log);
  if (answer.is === 'unknown') return [unknown('image', subject, answer.problem.message.split('\n')[0]!)];
  if (answer.is === 'missing') return [wrong('image', subject, answer.problem.message.replace(/\.$/, ''), answer.problem.hint)];
  const python = writes ? [pythonAnswer(subject, image, answer.config.config)] : [];
  if (answer.platform === platform) return [good('image', subject, `is there, for ${platform}`), ...python];
  const hint = `architecture: ${answer.platform.replace('linux/', '')}`;
  return [wrong('image', subject, `is for ${answer.platform}, and its service runs on ${platform}`, hint), ...python];
}

/**
 * The container that writes a task's files is started from the service's image with python3 (decisions/0013). Whether that is in the image only its files tell, and they are not fetched here: what the
 * official images of Python say of themselves, or a command that is python3, is enough.
 */
export function pythonAnswer(subject: string, image: string, config: ImageConfig['config']): Answer {
  const version = words(config?.Env).find((setting) => /^PYTHON_VERSION=./.test(setting));
  const command = [...words(config?.Entrypoint), ...words(config?.Cmd)].find((word) => /(?:^|\/)python3(?:\.\d+)?$/.test(word));
  const found = version ?? command;
  if (found !== undefined)
    return good('python3', subject, `is in the image, which says ${found}: its task writes its files with it`);
  const how = `docker run --rm --entrypoint python3 ${image} --version`;
  return unknown('python3', subject, `writes the files of its task, and the image does not say whether it has it: ${how}`);
}

function words(list: unknown): string[] {
  return Array.isArray(list) ? list.filter((word) => typeof word === 'string') : [];
}
