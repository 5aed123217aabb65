import type { ReleaseRecord } from './record';
import type { ProblemCode } from '../problem/codes';

/**
 * How a deploy ends: the exit code, and the verdict of its record. 0 means that what runs is what was pinned, and nothing else does. The numbers are kept for ever: scripts ask for them.
 * Nx itself ends with 1 for every task that failed; the number is in the last line of `--json`.
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
  'aws-credentials': 30,
  'aws-throttled': 31,
  'aws-unreachable': 32,
  'aws-denied': 33,
  'aws-error': 34,
  'wrong-account': 40,
  'cluster-missing': 41,
  'service-missing': 42,
  'service-not-deployable': 43,
  'plan-outdated': 44,
  'deploy-in-progress': 45,
  'plan-invalid': 46,
  'image-not-found': 47,
  'registry-repository-missing': 48,
  'release-drift': 50,
  'release-not-found': 51,
  interrupted: 130,
} as const satisfies Partial<Record<ProblemCode, number>>;

export type OutcomeCode = keyof typeof EXIT_CODES;

/** 1 for whatever is not an outcome of a deploy. */
export function exitCode(code: ProblemCode): number {
  return (EXIT_CODES as Partial<Record<ProblemCode, number>>)[code] ?? 1;
}

/** What a record says of an end that is no success. */
export function recordedVerdict(code: ProblemCode, wentBack: boolean): ReleaseRecord['verdict'] {
  if (code === 'rollout-superseded') return 'superseded';
  if (code === 'interrupted') return 'stopped';
  if (['rollout-unknown', 'aws-credentials', 'aws-throttled', 'aws-unreachable', 'aws-denied', 'aws-error'].includes(code))
    return 'unknown';
  return wentBack ? 'rolled-back' : 'failed';
}
