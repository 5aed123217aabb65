import {
  type CheckResult,
  type Environment,
  type EnvPlan,
  applyCheck,
  imageExists,
  imagePlatform,
  imagePython,
  manifestName,
  parseImageReference,
} from '@kdcube/release/internal';
import { readImageStatus } from '../../../images/image-status';
import type { Log } from '../../../system/log';
import type { ImageConfig } from '../../../registry/manifest-format';
import { inParallel } from '../../../system/parallel';

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
  const found = await readImageStatus(image, platform, log);
  if (found.is === 'unknown') return [applyCheck(imageExists, subject, { unreadable: found.problem })];
  if (found.is === 'missing') return [applyCheck(imageExists, subject, { missing: found.problem })];
  const python = writesFiles ? [checkPython(subject, image, found.config.config)] : [];
  return [applyCheck(imagePlatform, subject, { actual: found.platform, expected: platform }), ...python];
}

export function checkPython(subject: string, reference: string, config: ImageConfig['config']): CheckResult {
  const command = [...strings(config?.Entrypoint), ...strings(config?.Cmd)];
  return applyCheck(imagePython, subject, { reference, env: strings(config?.Env), command });
}

function strings(list: unknown): string[] {
  return Array.isArray(list) ? list.filter((item) => typeof item === 'string') : [];
}
