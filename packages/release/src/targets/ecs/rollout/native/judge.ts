import { findCause, findPermanentFailure } from '../wave/cause';
import { settleStoppedTasks } from '../wave/stopped-tasks';
import type { ServiceDeploymentState, ServiceState } from '../port/port';
import type { Rollout } from '../rollout';
import { withLog } from '../wave/task-log';
import { formatElapsed } from '../wave/text';
import type { DeploymentResult } from '../verdict/verdict';
import type { WatchedDeployment } from '../wave/watched-deployment';
import { readDeployment } from './read-deployment';
import { nativeReason, statedReason } from './reason';
import { describeStage, hasReached, isInProgress, pausedHook } from './stages';

/** What a deployment with a native strategy comes to. `by-tasks`: ECS has finished it, and its tasks decide. */
export type NativeJudgment = { waitingFor: string } | { result: DeploymentResult } | 'by-tasks';

/** Judges a deployment by its service deployment. `by-tasks` also if ECS lists none about our revision: it does not yet, or nothing had to be deployed. */
export async function judgeNative(
  rollout: Rollout,
  deployment: WatchedDeployment,
  service: ServiceState,
  isOverdue: boolean,
): Promise<NativeJudgment> {
  const { step, ours } = deployment;
  const found = await readDeployment(rollout, step.serviceName, ours);
  if (!found) return 'by-tasks';
  const { state, isRollback } = found;
  reportStage(rollout, deployment, state);
  const primary = service.deployments.find((each) => each.status === 'PRIMARY' && each.taskDefinition === ours.taskDefinition);
  if (isRollback && primary && primary.id !== ours.id) {
    ours.id = primary.id;
    return { waitingFor: 'ECS rolls back' };
  }
  if (state.status === 'SUCCESSFUL' || (isRollback && state.status === 'ROLLBACK_SUCCESSFUL')) return 'by-tasks';
  if (isInProgress(state)) return judgeStage(rollout, deployment, state, isOverdue);
  if (['STOPPED', 'ROLLBACK_SUCCESSFUL', 'ROLLBACK_FAILED'].includes(state.status))
    return { result: await failedResult(rollout, deployment, service, state) };
  const waitingFor = `ECS is ${state.status === 'STOP_REQUESTED' ? 'stopping the deployment' : 'rolling back'}. ${state.reason ?? ''}`;
  if (!isOverdue) return { waitingFor: waitingFor.trimEnd() };
  const text = `${waitingFor.trimEnd()} It has not finished ${formatElapsed(rollout.options.timeout)}.`;
  return { result: { outcome: 'failed', reason: { code: 'rollout-unknown', text } } };
}

async function judgeStage(
  rollout: Rollout,
  deployment: WatchedDeployment,
  state: ServiceDeploymentState,
  isOverdue: boolean,
): Promise<NativeJudgment> {
  const { waitUntil, timeout } = rollout.options;
  const { step, ours } = deployment;
  const where = describeStage(state);
  const paused = pausedHook(state);
  // proc's forced revision has to be replaced: it is always followed to its end.
  const isTarget = ours.taskDefinition === rollout.revisions.target.get(step.service);
  if (waitUntil && isTarget && state.stage !== undefined && hasReached(state, waitUntil)) {
    rollout.progress.reached.set(step.service, state.stage);
    rollout.report({ event: 'note', text: `${step.service}: at ${where}. ECS continues on its own; not waiting for it.` });
    return { result: { outcome: 'reached', stage: state.stage } };
  }
  // All traffic goes to the new revision, and only old tasks are left: as in a rolling deployment, the tasks decide.
  if (isOverdue && state.stage === 'CLEAN_UP') return 'by-tasks';
  if (isOverdue) {
    const elapsed = formatElapsed(timeout);
    const code = paused ? ('deployment-paused' as const) : ('rollout-timeout' as const);
    const text = paused
      ? `It is paused at ${where}, and has not been continued ${elapsed}.${describeExpiry(paused)}`
      : `It was still in progress ${elapsed}: ${where}.`;
    return { result: { outcome: 'failed', reason: { code, text } } };
  }
  if (paused) return { waitingFor: `paused at ${where}.${describeExpiry(paused)}` };
  const permanent = state.stage === 'SCALE_UP' ? findPermanentFailure(deployment, rollout.clock.now()) : undefined;
  if (!permanent) return { waitingFor: where };
  return { result: { outcome: 'failed', reason: await withLog(rollout, permanent, step.container) } };
}

/** ECS's own reason sentence; that of a task, if its circuit breaker ended the deployment. */
async function failedResult(
  rollout: Rollout,
  deployment: WatchedDeployment,
  service: ServiceState,
  state: ServiceDeploymentState,
): Promise<DeploymentResult> {
  rollout.progress.flagged.delete(deployment.step.service);
  const primary = service.deployments.find(({ status }) => status === 'PRIMARY');
  const rolledBack = state.status === 'ROLLBACK_SUCCESSFUL' && primary ? { rolledBackTo: primary } : {};
  let reason = nativeReason(state);
  if (!reason) {
    await settleStoppedTasks(rollout, deployment);
    reason = await withLog(rollout, findCause(deployment) ?? statedReason(state), deployment.step.container);
  }
  if (state.status === 'ROLLBACK_FAILED') reason = { code: 'rollback-failed', text: `ECS could not roll back. ${reason.text}` };
  return { outcome: 'failed', reason, ...rolledBack };
}

/** Each stage and each shift of traffic once; a pause with the commands that end it. */
function reportStage(rollout: Rollout, deployment: WatchedDeployment, state: ServiceDeploymentState): void {
  const paused = pausedHook(state);
  const { status, stage = '', target } = state;
  const seen = `${status} ${describeStage(state)} ${paused?.id ?? ''}`;
  if (deployment.reportedStage === seen) return;
  deployment.reportedStage = seen;
  deployment.changedAt = deployment.reportedAt = rollout.clock.now();
  const { service } = deployment.step;
  const traffic = target.production === undefined ? {} : { production: target.production };
  rollout.report({ event: 'stage', service, stage, status, ...traffic, text: describeStage(state) });
  if (!paused) return;
  const command = `nx run release:continue:${rollout.plan.environment} --service=${service}`;
  const text = `${service} is paused at ${stage}.${describeExpiry(paused)}\n${command}    continues\n${command} --rollback    rolls back`;
  rollout.report({ event: 'paused', service, stage, hookId: paused.id, deployment: state.arn, text });
}

function describeExpiry({ expiresAt, timeoutAction }: ServiceDeploymentState['hooks'][number]): string {
  if (expiresAt === undefined) return '';
  const what = timeoutAction === 'CONTINUE' ? 'continues' : 'rolls back';
  return ` ECS ${what} at ${new Date(expiresAt).toISOString().slice(0, 16).replace('T', ' ')} UTC.`;
}
