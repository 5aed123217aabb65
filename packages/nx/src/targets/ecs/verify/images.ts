import {
  type CheckResult,
  type Environment,
  type EnvPlan,
  type Generation,
  type Problem,
  type Target,
  applyCheck,
  imageExists,
  imagePlatform,
  imagePython,
  manifestName,
  parseImageReference,
} from '@kdcube/release/internal';
import { readImageStatus } from '../../../images/image-status';
import type { Log } from '../../../system/log';
import type { ImageConfig } from '../../../registry/manifests/manifest-format';
import { inParallel } from '../../../system/parallel';
import { externalImages, type ExternalImage } from '../../../workspace/environment';
import { checkImageGit } from '../../git-mode/image-git';

/** Checks that each image exists for the platform of its service, and can write the files of its task. */
export async function checkImages(
  environment: Environment,
  rendered: EnvPlan,
  execImage: string | undefined,
  { generation, target, log }: { generation: Generation; target: Target; log: Log },
): Promise<CheckResult[]> {
  const images = rendered.services
    .filter((service) => service.target === target)
    .map(({ service, image }) => {
      const { architecture = 'amd64' } = environment.services.find(({ name }) => name === service) ?? {};
      return { image, platform: `linux/${architecture}` };
    });
  const { architecture: execArchitecture = 'amd64' } = environment.exec?.fargate ?? {};
  if (execImage !== undefined) images.push({ image: execImage, platform: `linux/${execArchitecture}` });
  const distinct = [...new Map(images.map((each) => [`${each.image} ${each.platform}`, each])).values()];
  const writers = new Set(
    rendered.services.filter(({ files }) => files.some(({ how }) => how === 'task')).map(({ image }) => image),
  );
  const clones = environment.bundles.mode === 'git' ? rendered.services.filter(({ component }) => component === 'proc') : [];
  const published = publishedImages(environment);
  const uses = ({ image }: { image: string }): ImageUses => ({
    writesFiles: writers.has(image),
    ...(clones.some((proc) => proc.image === image) && { clonesFor: generation }),
    published: published.get(image),
  });
  return (await inParallel(distinct, 4, (each) => checkImage(each, uses(each), log))).flat();
}

type Published = NonNullable<ExternalImage['published']>;

/** The mirrored images of the environment, by reference. */
function publishedImages(environment: Environment): Map<string, Published> {
  return new Map(externalImages(environment).flatMap(({ reference, published }) => (published ? [[reference, published]] : [])));
}

/** How the image gets there. If only a manifest of its index is gone, docker-push would find the tag and copy nothing. */
function mirrorHint({ name, ref }: Published, reference: string, { message }: Problem): string {
  const push = `nx run ${name}:docker-push`;
  const hasIndex = !message.includes(reference.slice(reference.indexOf('@') + 1));
  return hasIndex ? `delete the tag ${ref} of this image in the registry, then ${push}    copies what is missing` : push;
}

/** What an image is used for. `published`: it is mirrored from the platform's registry. */
interface ImageUses {
  writesFiles: boolean;
  clonesFor?: Generation;
  published?: Published;
}

async function checkImage(
  { image, platform }: { image: string; platform: string },
  { writesFiles, clonesFor, published }: ImageUses,
  log: Log,
): Promise<CheckResult[]> {
  const reference = parseImageReference(image);
  const subject = `${reference.repository}@${manifestName(reference).slice(0, 19)}`;
  const found = await readImageStatus(image, platform, log);
  if (found.is === 'unknown') return [applyCheck(imageExists, subject, { unreadable: found.problem })];
  if (found.is === 'missing') {
    const hint = published === undefined ? found.problem.hint : mirrorHint(published, image, found.problem);
    return [applyCheck(imageExists, subject, { missing: { ...found.problem, hint } })];
  }
  const python = writesFiles ? [checkPython(subject, image, found.config.config)] : [];
  const git = clonesFor === undefined ? [] : [checkImageGit(subject, image, found.config, clonesFor)];
  return [applyCheck(imagePlatform, subject, { actual: found.platform, expected: platform }), ...python, ...git];
}

export function checkPython(subject: string, reference: string, config: ImageConfig['config']): CheckResult {
  const command = [...strings(config?.Entrypoint), ...strings(config?.Cmd)];
  return applyCheck(imagePython, subject, { reference, env: strings(config?.Env), command });
}

function strings(list: unknown): string[] {
  return Array.isArray(list) ? list.filter((item) => typeof item === 'string') : [];
}
