import { type Problem, KdcubeError, manifestName, parseImageReference } from '@kdcube/release/internal';
import type { Log } from '../system/log';
import type { ImageConfig } from '../registry/manifests/manifest-format';
import { getImage } from '../registry/manifests/image';
import { openRegistry } from '../workspace/registries';

/** Whether a registry has an image, for one platform. */
export type ImageStatus =
  | { is: 'found'; platform: string; config: ImageConfig }
  | { is: 'missing'; problem: Problem }
  | { is: 'unknown'; problem: Problem };

/** Looks up an image in its registry. `unknown` if the registry denies access or does not respond. */
export async function readImageStatus(reference: string, platform: string, log: Log): Promise<ImageStatus> {
  const image = parseImageReference(reference);
  try {
    const { config } = await getImage(openRegistry(image.host, log), image.repository, manifestName(image), platform);
    return { is: 'found', platform: `${config.os}/${config.architecture}`, config };
  } catch (error) {
    if (!(error instanceof KdcubeError)) throw error;
    const problem = error.problems[0]!;
    const isMissing = problem.code === 'image-not-found' || problem.code === 'registry-repository-missing';
    return { is: isMissing ? 'missing' : 'unknown', problem };
  }
}
