import type { Environment, EnvPlan } from '@kdcube/release/internal';
import { manifestName, parseImageReference } from '@kdcube/release/internal';
import { askImage } from '../../../images/ask-image';
import type { Log } from '../../../system/log';
import type { ImageConfig } from '../../../registry/manifest';
import { inParallel } from '../../../system/parallel';
import { fail, pass, unknown, type CheckResult } from './results';

/** Checks that each image exists for the platform of its service, and can write the files of its task. */
export async function checkImages(
  environment: Environment,
  rendered: EnvPlan,
  execImage: string | undefined,
  log: Log,
): Promise<CheckResult[]> {
  const images = rendered.services
    .filter(({ target }) => target === 'ecs')
    .map(({ service, image }) => {
      const { architecture = 'amd64' } = environment.services.find(({ name }) => name === service) ?? {};
      return { image, platform: `linux/${architecture}` };
    });
  if (execImage !== undefined) images.push({ image: execImage, platform: 'linux/amd64' });
  const distinct = [...new Map(images.map((each) => [`${each.image} ${each.platform}`, each])).values()];
  const writers = new Set(
    rendered.services.filter(({ files }) => files.some(({ how }) => how === 'task')).map(({ image }) => image),
  );
  return (await inParallel(distinct, 4, (each) => checkImage(each, writers.has(each.image), log))).flat();
}

async function checkImage(
  { image, platform }: { image: string; platform: string },
  writesFiles: boolean,
  log: Log,
): Promise<CheckResult[]> {
  const reference = parseImageReference(image);
  const subject = `${reference.repository}@${manifestName(reference).slice(0, 19)}`;
  const found = await askImage(image, platform, log);
  if (found.is === 'unknown') return [unknown('image', subject, found.problem.message.split('\n')[0]!)];
  if (found.is === 'missing') return [fail('image', subject, found.problem.message.replace(/\.$/, ''), found.problem.hint)];
  const python = writesFiles ? [checkPython(subject, image, found.config.config)] : [];
  if (found.platform === platform) return [pass('image', subject, `exists for ${platform}`), ...python];
  const hint = `architecture: ${found.platform.replace('linux/', '')}`;
  return [fail('image', subject, `is built for ${found.platform}, but its service runs on ${platform}`, hint), ...python];
}

/**
 * The container that writes the files of a task runs python3 in the image of the service (decisions/0013). The layers are not downloaded to look for it: PYTHON_VERSION of the official Python images, or
 * python3 as the command, is enough.
 */
export function checkPython(subject: string, image: string, config: ImageConfig['config']): CheckResult {
  const version = strings(config?.Env).find((setting) => /^PYTHON_VERSION=./.test(setting));
  const command = [...strings(config?.Entrypoint), ...strings(config?.Cmd)].find((part) =>
    /(?:^|\/)python3(?:\.\d+)?$/.test(part),
  );
  const evidence = version ?? command;
  if (evidence !== undefined) return pass('python3', subject, `is in the image (${evidence}): it writes the files of the task`);
  const how = `docker run --rm --entrypoint python3 ${image} --version`;
  return unknown(
    'python3',
    subject,
    `writes the files of the task, but the image config does not show it. Check it with: ${how}`,
  );
}

function strings(list: unknown): string[] {
  return Array.isArray(list) ? list.filter((item) => typeof item === 'string') : [];
}
