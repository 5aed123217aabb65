import type { ServiceDeploymentState } from '../port/port';
import type { Reason } from '../verdict/reason';
import { sentence } from '../wave/text';
import { describeStage } from './stages';

/** Why ECS ended a deployment with a native strategy, in the words of ECS. Undefined if its tasks explain it: the circuit breaker. */
export function nativeReason(deployment: ServiceDeploymentState): Reason | undefined {
  const { status, hooks, triggeredAlarms, reason = '' } = deployment;
  const text = (what: string) => `${what} ${sentence(reason)} Stage: ${describeStage(deployment)}.`.replace(/ +/g, ' ');
  const failed = hooks.find((hook) => hook.status === 'FAILED' && hook.type !== 'PAUSE');
  if (failed) return { code: 'hook-failed', text: text(`The lifecycle hook ${nameOf(failed)} failed.`) };
  if (triggeredAlarms.length > 0) return { code: 'deployment-alarm', text: text(`In ALARM: ${triggeredAlarms.join(', ')}.`) };
  const expired = hooks.find((hook) => hook.status === 'TIMED_OUT');
  if (expired) return { code: 'pause-expired', text: text(`The lifecycle hook ${nameOf(expired)} timed out.`) };
  if (/circuit breaker/i.test(reason)) return undefined;
  const what = text(status === 'STOPPED' ? 'The deployment was stopped.' : 'The deployment was rolled back.');
  // Only an operator's stop is a decision that stays.
  return { code: /StopServiceDeployment/i.test(reason) ? 'deployment-stopped' : 'rollout-failed', text: what };
}

/** The sentence of ECS alone. */
export function statedReason(deployment: ServiceDeploymentState): Reason {
  return { code: 'rollout-failed', text: `${sentence(deployment.reason ?? '')} Stage: ${describeStage(deployment)}.` };
}

function nameOf({ id, target }: ServiceDeploymentState['hooks'][number]): string {
  return target === undefined ? id : target.slice(target.lastIndexOf(':') + 1);
}
