import type { DeploymentState, ServiceState } from '../port/port';
import type { Reason } from '../verdict/reason';
import type { DeploymentProgress } from '../verdict/verdict';

/** What is waited for. */
export function describeProgress(progress: DeploymentProgress, service: ServiceState | undefined): string {
  if (progress.state !== 'in-progress') return 'ECS does not list the deployment yet';
  return `${describeCounts(progress.primary)}${describeOldTasks(service)}`;
}

function describeCounts({ running, desired, pending, failed }: DeploymentState): string {
  const parts = [`${running} of ${desired} new tasks running`];
  if (pending > 0) parts.push(`${pending} pending`);
  if (failed > 0) parts.push(`${failed} failed`);
  return parts.join(', ');
}

function describeOldTasks(service: ServiceState | undefined): string {
  const old = (service?.deployments ?? []).filter(({ status }) => status !== 'PRIMARY');
  const running = old.reduce((sum, deployment) => sum + deployment.running, 0);
  return running === 0 ? '' : `, ${running} old still running`;
}

export function formatElapsed(milliseconds: number): string {
  return milliseconds < 120_000
    ? `after ${Math.round(milliseconds / 1000)} s`
    : `after ${Math.round(milliseconds / 60_000)} minutes`;
}

/** The reason for a timeout if no task gives one. `isLost`: ECS has not listed the deployment for a long time. */
export function timeoutReason(
  progress: DeploymentProgress,
  service: ServiceState | undefined,
  timeout: number,
  isLost: boolean,
): Reason {
  const elapsed = formatElapsed(timeout);
  const isQuiet = service?.deployments.every(({ rollout }) => rollout === 'COMPLETED') === true;
  if (isLost || (progress.state === 'unlisted' && !isQuiet))
    return {
      code: 'rollout-unknown',
      text: 'ECS does not list the deployment, and no event names it: whether it completes is unknown.',
    };
  if (progress.state !== 'in-progress') return { code: 'slow-start', text: `Not all tasks were running ${elapsed}.` };
  const { primary } = progress;
  const counts = `${describeCounts(primary)}${describeOldTasks(service)}`;
  if (primary.running < primary.desired) return { code: 'slow-start', text: `It was still in progress ${elapsed}: ${counts}.` };
  return {
    code: 'rollout-timeout',
    text: `It was still in progress ${elapsed}: ${counts}; ECS has not called the deployment COMPLETED.`,
  };
}

/** A message of AWS as a sentence: it often lacks a capital letter and a full stop. */
export function sentence(text: string): string {
  const begun = `${text.charAt(0).toUpperCase()}${text.slice(1)}`.trimEnd();
  return begun === '' || /[.!?:]$/.test(begun) ? begun : `${begun}.`;
}
