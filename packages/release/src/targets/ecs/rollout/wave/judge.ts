import { formatTaskCount, familyRevision } from '../../../../deploy/short-names';
import type { ServiceStep } from '../../../../deploy/deploy-plan';
import { findCause, findPermanentFailure, repetition } from './cause';
import { recordProgress } from './observe';
import { pollStoppedTasks, settleStoppedTasks } from './stopped-tasks';
import { judgeNative } from '../native/judge';
import { isNative } from '../native/stages';
import type { ServiceState, TaskState } from '../port/port';
import type { Rollout } from '../rollout';
import { withLog } from './task-log';
import { describeProgress, formatElapsed, sentence, timeoutReason } from './text';
import { describeLingeringTasks, taskHealth } from './timeout';
import type { Reason } from '../verdict/reason';
import {
  classifyDeployment,
  compareImages,
  CONFIRMING_READS,
  imageEvidence,
  type DeploymentProgress,
  type DeploymentResult,
  type ExpectedTasks,
  type ImageEvidence,
} from '../verdict/verdict';
import type { WatchedDeployment } from './watched-deployment';

/** Our deployment was not listed for so long: nothing is known about it. Milliseconds. */
const LOST_AFTER = 300_000;

/** Judges a deployment by one read of its service: sets its result, or returns what it still waits for. */
export async function judgeDeployment(
  rollout: Rollout,
  deployment: WatchedDeployment,
  service: ServiceState | undefined,
  isOverdue: boolean,
): Promise<string | undefined> {
  const { ours } = deployment;
  const progress = classifyDeployment(ours, service);
  ours.missedReads = progress.state === 'unlisted' ? ours.missedReads + 1 : 0;
  if (service) recordProgress(rollout, deployment, service);
  await pollStoppedTasks(rollout, deployment);
  if (service && isNative(service) && progress.state !== 'gone') {
    const judged = await judgeNative(rollout, deployment, service, isOverdue);
    if (judged !== 'by-tasks' && 'waitingFor' in judged) return judged.waitingFor;
    if (judged !== 'by-tasks') {
      deployment.result = judged.result;
      return undefined;
    }
  }
  switch (progress.state) {
    case 'restarted':
      return followRestart(rollout, deployment, progress.deployment.id);
    case 'completed':
      // Two reads of the count must agree that fewer tasks are wanted.
      return verifyImages(rollout, deployment, Math.max(progress.primary.desired, service!.desired), isOverdue);
    case 'in-progress':
    case 'unlisted':
      return judgeOpen(rollout, deployment, service, progress, isOverdue);
    default:
      deployment.result = await failedResult(rollout, deployment, progress);
      return undefined;
  }
}

/** Another process forced a new deployment of the same revision: the pinned image still starts. */
function followRestart({ report }: Rollout, { step, ours }: WatchedDeployment, id: string): undefined {
  report({
    event: 'note',
    text: `${step.service}: a new deployment of the same revision was started (${id}); watching it instead`,
  });
  ours.id = id;
}

async function judgeOpen(
  rollout: Rollout,
  deployment: WatchedDeployment,
  service: ServiceState | undefined,
  progress: DeploymentProgress,
  isOverdue: boolean,
): Promise<string | undefined> {
  // Not by the elapsed time alone: it jumps when the machine slept.
  const isLost = deployment.ours.missedReads > CONFIRMING_READS && rollout.clock.now() - deployment.changedAt >= LOST_AFTER;
  if (!isOverdue && !isLost) {
    const permanent = findPermanentFailure(deployment, rollout.clock.now());
    if (!permanent) return describeProgress(progress, service);
    deployment.result = { outcome: 'failed', reason: await withLog(rollout, permanent, deployment.step.container) };
    return undefined;
  }
  if (isOverdue && progress.state === 'in-progress' && progress.primary.running >= progress.primary.desired)
    deployment.result = await judgeTimeout(rollout, deployment, service!, progress);
  else deployment.result = { outcome: 'failed', reason: await explainTimeout(rollout, deployment, progress, isLost) };
  return undefined;
}

/**
 * The time is over and all tasks run, but ECS has not called the deployment COMPLETED: an old task does not stop, alarms have their bake time, or ECS is slow. It has succeeded if every task that ECS wants
 * runs what was pinned and is healthy.
 */
async function judgeTimeout(
  rollout: Rollout,
  deployment: WatchedDeployment,
  service: ServiceState,
  progress: DeploymentProgress,
): Promise<DeploymentResult> {
  const { step, ours } = deployment;
  const health = await taskHealth(rollout, service, expectedTasks(deployment, service.desired));
  if (health.state === 'wrong-image') return wrongImageResult(step, health);
  if (health.state === 'unhealthy') {
    const reason = await explainTimeout(rollout, deployment, progress, false, health.text);
    return { outcome: 'failed', reason };
  }
  const elapsed = formatElapsed(rollout.options.timeout);
  const summary = `${formatTaskCount(service.desired)} of ${familyRevision(ours.taskDefinition)} running and healthy`;
  const notCompleted = `ECS has not called the deployment COMPLETED ${elapsed}`;
  if (health.state === 'healthy') {
    const lingering = await describeLingeringTasks(rollout, step);
    rollout.report({ event: 'note', text: `${step.service}: ${notCompleted}. ${summary}.${lingering}` });
    return markCompleted(rollout, deployment, health.digests);
  }
  const { unresolved } = health;
  const isRollbackPossible = unresolved.what === 'alarms';
  const prefix = isRollbackPossible ? `${summary}. ${notCompleted}: ` : '';
  const lingering = isRollbackPossible ? await describeLingeringTasks(rollout, step) : '';
  return {
    outcome: 'failed',
    reason: { code: 'rollout-unknown', text: `${prefix}${health.text}${lingering}`, unresolved },
  };
}

function markCompleted(rollout: Rollout, { step, ours }: WatchedDeployment, digests: ImageEvidence): DeploymentResult {
  const { taskDefinition, startedAt } = ours;
  const milliseconds = rollout.clock.now() - startedAt;
  rollout.report({ event: 'completed', service: step.service, taskDefinition, milliseconds, digests });
  return { outcome: 'succeeded', digests };
}

/** ECS calls the deployment COMPLETED: it has succeeded if its tasks run the pinned image. */
async function verifyImages(
  rollout: Rollout,
  deployment: WatchedDeployment,
  desired: number,
  isOverdue: boolean,
): Promise<string | undefined> {
  const { step, digests } = deployment;
  const tasks = await rollout.ecs.listServiceTasks(step.serviceName, 'RUNNING');
  const images = compareImages(tasks, expectedTasks(deployment, desired));
  if (images.result === 'mismatch' && digests.length > 0) {
    deployment.result = wrongImageResult(step, images);
  } else if (images.result === 'too-few' && !isOverdue) {
    return `ECS calls the deployment COMPLETED, and ${images.running} of ${desired} tasks run`;
  } else if (images.result === 'too-few') {
    deployment.result = { outcome: 'failed', reason: await explainTimeout(rollout, deployment, { state: 'unlisted' }, false) };
  } else {
    deployment.result = markCompleted(rollout, deployment, imageEvidence(images));
  }
  return undefined;
}

function expectedTasks({ ours, step, digests }: WatchedDeployment, desired: number): ExpectedTasks {
  return { taskDefinition: ours.taskDefinition, container: step.container, digests, desired };
}

function wrongImageResult(step: ServiceStep, { task, digest }: { task: TaskState; digest: string }): DeploymentResult {
  const text = `A task runs ${digest}, and ${step.image.after} was pinned.`;
  return { outcome: 'failed', reason: { code: 'wrong-image', text, task } };
}

async function failedResult(
  rollout: Rollout,
  deployment: WatchedDeployment,
  progress: Extract<DeploymentProgress, { state: 'superseded' | 'gone' | 'failed' | 'rolled-back' }>,
): Promise<DeploymentResult> {
  // The service has another revision by now, or none: a FORCE flag of ours is gone with it.
  if (progress.state !== 'failed') rollout.progress.flagged.delete(deployment.step.service);
  if (progress.state === 'superseded') {
    const { id, taskDefinition } = progress.by;
    const text = `Another deployment replaced it: ${familyRevision(taskDefinition)} (${id}).`;
    return { outcome: 'failed', reason: { code: 'rollout-superseded', text } };
  }
  if (progress.state === 'gone') {
    const isMissing = progress.status === 'MISSING';
    const text = isMissing ? 'The service does not exist any more.' : `The service is ${progress.status}: it is being deleted.`;
    return { outcome: 'failed', reason: { code: 'service-gone', text } };
  }
  await settleStoppedTasks(rollout, deployment);
  const cause = findCause(deployment) ?? { code: 'rollout-failed' as const, text: progress.message };
  const reason = await withLog(rollout, cause, deployment.step.container);
  return { outcome: 'failed', reason, ...(progress.state === 'rolled-back' && { rolledBackTo: progress.to }) };
}

/** `detail`: what is wrong beyond the counts of tasks. */
async function explainTimeout(
  rollout: Rollout,
  deployment: WatchedDeployment,
  progress: DeploymentProgress,
  isLost: boolean,
  detail = '',
): Promise<Reason> {
  await settleStoppedTasks(rollout, deployment);
  const cause = isLost ? undefined : findCause(deployment);
  const counts = timeoutReason(progress, deployment.service, rollout.options.timeout, isLost);
  const text = [counts.text, detail, ...repetition(deployment, cause)].join(' ').replace(/ +/g, ' ').trimEnd();
  if (!cause) return { ...counts, text };
  // A sentence of ECS without a code of its own explains the timeout, and does not replace it.
  const code = cause.code === 'rollout-failed' && !cause.task ? counts.code : cause.code;
  return withLog(rollout, { ...cause, code, text: `${sentence(cause.text)} ${text}` }, deployment.step.container);
}
