/** What a repository of ECR is for. `built`: images of this workspace. `mirrored`: a published image of the platform. `platform`: one that is built from the platform's source. */
export type RepositoryUse = 'built' | 'mirrored' | 'platform' | 'records';

/** Source of the names and limits: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html */
export interface RepositorySettings {
  mutability: 'IMMUTABLE' | 'IMMUTABLE_WITH_EXCLUSION' | 'MUTABLE' | 'MUTABLE_WITH_EXCLUSION';
  /** Patterns of tags with `*`, for which the opposite holds. */
  exclusions: string[];
  scanOnPush: boolean;
}

/**
 * The settings of a repository that `release:images --create` makes: every tag that must not move is immutable. `tagPrefix`: of commit and branch tags. Wildcards cannot tell
 * `customer-<commit>` from `customer-<branch>`, so commit tags stay mutable; docker-push never moves them.
 */
export function repositorySettings(use: RepositoryUse, tagPrefix: string): RepositorySettings {
  const scanOnPush = use !== 'records';
  // The platform's ref and commit name the last image that was built from them (decision 0043).
  if (use === 'platform') return { mutability: 'MUTABLE_WITH_EXCLUSION', exclusions: ['c-*'], scanOnPush };
  if (use === 'built') return { mutability: 'IMMUTABLE_WITH_EXCLUSION', exclusions: [`${tagPrefix}-*`], scanOnPush };
  return { mutability: 'IMMUTABLE', exclusions: [], scanOnPush };
}
