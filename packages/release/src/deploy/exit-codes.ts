import type { ReleaseRecord } from './record';
import type { ProblemCode } from '../problem/codes';

/**
 * Exit codes of a deploy. 0 means that what was pinned is what runs. The numbers never change, because scripts compare them.
 * Nx itself exits with 1 for every failed task; the number is in the last line of `--json`.
 */
export const EXIT_CODES = {
  'image-pull-failed': 10,
  'secret-unreadable': 11,
  'container-crashed': 12,
  'health-check-failed': 13,
  'no-capacity': 14,
  'slow-start': 15,
  'rollout-timeout': 16,
  'rollout-failed': 17,
  'rollout-superseded': 18,
  'service-gone': 19,
  'rollout-unknown': 20,
  'wrong-image': 21,
  'task-failed': 22,
  'rollback-failed': 23,
  'reload-failed': 24,
  'hook-failed': 25,
  'deployment-alarm': 26,
  'pause-expired': 27,
  'deployment-stopped': 28,
  'deployment-paused': 29,
  'aws-credentials': 30,
  'aws-throttled': 31,
  'aws-unreachable': 32,
  'aws-denied': 33,
  'aws-error': 34,
  'bundle-not-ready': 35,
  'wrong-account': 40,
  'cluster-missing': 41,
  'service-missing': 42,
  'service-not-deployable': 43,
  'plan-outdated': 44,
  'deploy-in-progress': 45,
  'plan-invalid': 46,
  'image-not-found': 47,
  'registry-repository-missing': 48,
  'descriptor-unreadable': 49,
  'release-drift': 50,
  'release-not-found': 51,
  'record-mismatch': 52,
  'release-older': 53,
  'compose-invalid': 54,
  'compose-failed': 55,
  'descriptor-edited': 56,
  interrupted: 130,
} as const satisfies Partial<Record<ProblemCode, number>>;

/** 1 for a problem that is not an outcome of a deploy. */
export function exitCode(code: ProblemCode): number {
  return (EXIT_CODES as Partial<Record<ProblemCode, number>>)[code] ?? 1;
}

/** The verdict that a record gets for a deploy that failed with this code. */
export function verdictForCode(code: ProblemCode, isRolledBack: boolean): ReleaseRecord['verdict'] {
  if (code === 'rollout-superseded') return 'superseded';
  if (code === 'interrupted') return 'stopped';
  if (
    [
      'rollout-unknown',
      'deployment-paused',
      'aws-credentials',
      'aws-throttled',
      'aws-unreachable',
      'aws-denied',
      'aws-error',
    ].includes(code)
  )
    return 'unknown';
  // The services may be back, and something else, such as the list of bundles, is not.
  return isRolledBack && code !== 'rollback-failed' ? 'rolled-back' : 'failed';
}
