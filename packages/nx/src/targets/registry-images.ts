import { KdcubeError, parseImageReference, manifestName, type RegistryImage, type ImagePlan } from '@kdcube/release/internal';
import type { Log } from '../system/log';
import { inParallel } from '../system/parallel';
import { listImages } from '../registry/manifests/list-images';
import { openRegistry } from '../workspace/registries';
import { getImage } from '../registry/manifests/image';

export interface NewImage {
  plan: ImagePlan;
  reference: string;
}

/** The labels of the image that runs, if it is an earlier one of the same repository. Undefined if the registry no longer has it. */
export async function readLabels(
  before: string,
  { plan, reference }: NewImage,
  log: Log,
): Promise<Record<string, string> | undefined> {
  return undefinedOnProblem(async () => {
    const [old, next] = [parseImageReference(before), parseImageReference(reference)];
    // No request goes to a registry that only a task definition names.
    if (old.host !== next.host || old.repository !== next.repository) return undefined;
    const { config } = await getImage(openRegistry(old.host, log), old.repository, manifestName(old), plan.platform);
    return config.config?.Labels ?? {};
  });
}

/** The digest of each reference and, of an image index, those of its manifests. References that cannot be read are left out. */
export async function readRegistryImages(references: readonly string[], log: Log): Promise<Map<string, RegistryImage>> {
  const found = await inParallel([...new Set(references)], 4, async (reference) => {
    const image = await undefinedOnProblem(async () => {
      const parsed = parseImageReference(reference);
      const { digest, images } = await listImages(openRegistry(parsed.host, log), parsed.repository, manifestName(parsed));
      return { digest, children: images };
    });
    return image && ([reference, image] as const);
  });
  return new Map(found.filter((entry) => entry !== undefined));
}

/** The Python of an image, `3.12`, as the official images of Python say it; undefined if its config does not. */
export async function readImagePython(reference: string, platform: string, log: Log): Promise<string | undefined> {
  const parsed = parseImageReference(reference);
  const { config } = await getImage(openRegistry(parsed.host, log), parsed.repository, manifestName(parsed), platform);
  const env: unknown = config.config?.Env;
  const setting = Array.isArray(env) ? env.find((each) => /^PYTHON_VERSION=\d/.test(String(each))) : undefined;
  return /=(\d+\.\d+)/.exec(String(setting))?.[1];
}

/** What cannot be read is unknown, which is not an error. */
export async function undefinedOnProblem<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof KdcubeError && error.problems[0]?.code !== 'interrupted') return undefined;
    throw error;
  }
}
