import type { ProblemCode } from '../../../../problem/codes';
import { KdcubeError } from '../../../../problem/problem';
import type { Ecs } from './port';

/** How long a call is repeated while AWS throttles or does not respond. A client retries for some seconds; a rollout that is under way can wait much longer. Milliseconds. */
const BEFORE_FIRST_WRITE = 60_000;
const AFTER_FIRST_WRITE = 300_000;
/** Of a read that only explains a failure, or whose failure is a result of its own. */
const EXPLAINING = 60_000;
const INTERVAL = 5_000;

export interface RetryPort {
  now(): number;
  /** Waits between two attempts. Throws if the rollout is to stop. */
  pause(milliseconds: number): Promise<void>;
  hasWritten(): boolean;
  /** `message`: why the last attempt failed. */
  reportRetry(message: string): void;
}

/** ECS with the retry policy of a rollout: every call is repeated that failed only because AWS throttles or no valid response arrived. */
export function retryCalls(ecs: Ecs, port: RetryPort): Ecs {
  const members = Object.entries(ecs).map(([name, value]) => {
    if (typeof value !== 'function') return [name, value];
    const call = value as (...given: unknown[]) => Promise<unknown>;
    const retried = (...given: unknown[]) => repeatCall(name as keyof Ecs, given, () => call(...given), port);
    return [name, retried];
  });
  return Object.fromEntries(members) as unknown as Ecs;
}

async function repeatCall(name: keyof Ecs, given: unknown[], send: () => Promise<unknown>, port: RetryPort): Promise<unknown> {
  const deadline = port.now() + retryTime(name, given, port.hasWritten());
  for (;;) {
    try {
      return await send();
    } catch (error) {
      if (!canRepeat(name, error) || port.now() >= deadline) throw error;
      port.reportRetry((error as KdcubeError).problems[0]!.message);
      await port.pause(INTERVAL);
    }
  }
}

function retryTime(name: keyof Ecs, given: unknown[], hasWritten: boolean): number {
  if (!hasWritten) return BEFORE_FIRST_WRITE;
  // The lock is valid for much longer than a wave: renewing it later is as good.
  if (name === 'tagResource') return 0;
  const isExplaining = ['readLastLines', 'describeTargetHealth', 'untagResource'].includes(name) || given[1] === 'STOPPED';
  return isExplaining ? EXPLAINING : AFTER_FIRST_WRITE;
}

/** A registration is not idempotent: without a response, register.ts searches for the revision. */
function canRepeat(name: keyof Ecs, error: unknown): boolean {
  return name === 'registerTaskDefinition' ? codeOf(error) === 'aws-throttled' : isTransient(error);
}

/** AWS throttles, does not respond, or something else responded in its place: a proxy, for a moment. */
export function isTransient(error: unknown): boolean {
  return codeOf(error) === 'aws-throttled' || isUnconfirmed(error);
}

/** Whether a call that writes may have had an effect although it failed: no valid response arrived. */
export function isUnconfirmed(error: unknown): boolean {
  if (codeOf(error) === 'aws-unreachable') return true;
  return codeOf(error) === 'aws-error' && /not a valid AWS response|without returning it/.test((error as Error).message);
}

/** AWS refused to continue or stop a service deployment, because it is not any more what was read: it ended, or another person did this before. Also what a repeated call gets whose first response was lost. */
export function isConflict(error: unknown): boolean {
  const names = /\((?:ConflictException|ServiceDeploymentNotFoundException|InvalidParameterException)\)/;
  return codeOf(error) === 'aws-error' && names.test((error as Error).message);
}

function codeOf(error: unknown): ProblemCode | undefined {
  return error instanceof KdcubeError ? error.problems[0]?.code : undefined;
}
