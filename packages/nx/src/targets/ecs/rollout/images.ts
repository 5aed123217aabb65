import type { Images } from '@kdcube/release/internal';
import { lookUpImage } from '../../../images/look-up-image';
import type { Log } from '../../../system/log';

/** Checks images in their registries, before a rollout writes anything. */
export function imagesPort(log: Log): Images {
  return {
    async findProblem({ reference, platform }) {
      const answer = await lookUpImage(reference, platform, log);
      if (answer.is === 'unknown') return 'unknown';
      if (answer.is === 'missing') return answer.problem;
      if (answer.platform === platform) return undefined;
      const message = `${reference} is for ${answer.platform}, and its tasks run on ${platform}.`;
      return { code: 'image-not-found', message, hint: 'architecture: of the service, or the image of the other platform' };
    },
  };
}
