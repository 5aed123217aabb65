import type { Problem } from '@kdcube/release/internal';
import { KdcubeError, manifestName, parseImageReference } from '@kdcube/release/internal';
import type { Log } from '../system/log';
import type { ImageConfig } from '../registry/manifest';
import { getImage } from '../registry/registry';
import { openRegistry } from '../workspace/registries';

/** What a registry says of an image for one platform. */
export type ImageAnswer =
  | { is: 'there'; platform: string; config: ImageConfig }
  | { is: 'missing'; problem: Problem }
  | { is: 'unknown'; problem: Problem };

/** Asks whether an image is there: `platform` is the one that it is for. Who may not ask, or reaches nobody, does not know. */
export async function askImage(reference: string, platform: string, log: Log): Promise<ImageAnswer> {
  const image = parseImageReference(reference);
  try {
    const { config } = await getImage(openRegistry(image.host, log), image.repository, manifestName(image), platform);
    return { is: 'there', platform: `${config.os}/${config.architecture}`, config };
  } catch (error) {
    if (!(error instanceof KdcubeError)) throw error;
    const problem = error.problems[0]!;
    const isMissing = problem.code === 'image-not-found' || problem.code === 'registry-repository-missing';
    return { is: isMissing ? 'missing' : 'unknown', problem };
  }
}
