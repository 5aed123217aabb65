import type { Images } from '@kdcube/release/internal';
import { findProblem, imagePlatform } from '@kdcube/release/internal';
import { readImageStatus } from '../../../images/image-status';
import type { Log } from '../../../system/log';

/** Checks images in their registries, before a rollout writes anything. */
export function imagesPort(log: Log): Images {
  return {
    async findProblem({ reference, platform }) {
      const answer = await readImageStatus(reference, platform, log);
      if (answer.is === 'unknown') return 'unknown';
      if (answer.is === 'missing') return answer.problem;
      return findProblem([imagePlatform], reference, { actual: answer.platform, expected: platform });
    },
  };
}
