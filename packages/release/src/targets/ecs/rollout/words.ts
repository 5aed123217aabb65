import type { SeenDeployment, SeenService } from './port';
import type { Look } from './verdict/verdict';
import type { Reason } from './verdict/verdict-reason';

/** What is waited for, in words. */
export function waitingFor(look: Look, service: SeenService | undefined): string {
  if (look.is !== 'going-on') return 'my deployment is not listed yet';
  return `${stateWords(look.primary)}${oldWords(service)}`;
}

function stateWords({ running, desired, pending, failed }: SeenDeployment): string {
  const parts = [`${running} of ${desired} new tasks run`];
  if (pending > 0) parts.push(`${pending} start`);
  if (failed > 0) parts.push(`${failed} failed`);
  return parts.join(', ');
}

function oldWords(service: SeenService | undefined): string {
  const old = (service?.deployments ?? []).filter(({ status }) => status !== 'PRIMARY');
  const running = old.reduce((sum, deployment) => sum + deployment.running, 0);
  if (running === 0) return '';
  return running === 1 ? ', 1 old one still runs' : `, ${running} old ones still run`;
}

/** How long something goes on, to a person who waits. */
export function after(milliseconds: number): string {
  return milliseconds < 120_000
    ? `after ${Math.round(milliseconds / 1000)} s`
    : `after ${Math.round(milliseconds / 60_000)} minutes`;
}

/** The time is over, and no task says why. */
export function overdue(look: Look, service: SeenService | undefined, timeout: number, lost: boolean): Reason {
  const late = after(timeout);
  if (lost || (look.is === 'unlisted' && service?.deployments.every(({ rollout }) => rollout === 'COMPLETED') !== true))
    return {
      code: 'rollout-unknown',
      text: 'ECS lists the deployment nowhere, and no event names it: whether it comes is not known.',
    };
  if (look.is !== 'going-on') return { code: 'slow-start', text: `It was not all there ${late}.` };
  const { primary } = look;
  const state = `${stateWords(primary)}${oldWords(service)}`;
  if (primary.running < primary.desired) return { code: 'slow-start', text: `It was still going on ${late}: ${state}.` };
  return { code: 'rollout-timeout', text: `It was still going on ${late}: ${state}; ECS does not call it completed.` };
}
