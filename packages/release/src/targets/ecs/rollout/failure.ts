import { familyRevision, taskId } from '../../../deploy/short-names';
import type { ServiceStep } from '../../../deploy/deploy-plan';
import { KdcubeError, type Problem } from '../../../problem/problem';
import { describeWrittenSecrets } from '../aws-sm/secrets-text';
import { flagHints } from './flag-hints';
import { isNative } from './native/stages';
import type { DeploymentState, ServiceState } from './port/port';
import { resumeCommand, type Rollout } from './rollout';
import type { Reason, Unresolved } from './verdict/reason';
import { sentence } from './wave/text';

/** A step that failed. */
export interface Failure {
  step: ServiceStep;
  reason: Reason;
  /** If ECS itself rolled the service back: its circuit breaker. */
  rolledBackTo?: DeploymentState;
}

/** What failed and why, with the end of its log; what was done about it; and what runs now. `rollbackFailure`: why the rollback failed too. */
export function describeFailure(
  rollout: Rollout,
  failure: Failure,
  services: readonly ServiceState[],
  rollbackFailure?: Failure,
): KdcubeError {
  const { hint, ...problem } = failureProblem(rollout, failure);
  const isUnknown = failure.reason.code === 'rollout-unknown';
  // What cannot be read right now may be stale.
  const hints = [hint, ...flagHints(rollout, isUnknown ? undefined : services)].join('\n');
  const problems: Problem[] = [{ ...problem, hint: hints }];
  if (rollbackFailure) problems.unshift(describeRollbackFailure(rollout, rollbackFailure));
  return new KdcubeError(problems, { changed: describeRunningRevisions(rollout, services) });
}

/** What failed and why, with the end of its log. */
export function failureProblem(rollout: Rollout, failure: Failure): Problem & { hint: string } {
  const { step, reason, rolledBackTo } = failure;
  const rolledBack = rolledBackTo ? ` ECS rolled ${step.service} back to ${familyRevision(rolledBackTo.taskDefinition)}.` : '';
  const message = `${describeOutcome(rollout, failure)} ${sentence(reason.text)}${rolledBack}`;
  return { code: reason.code, message: [message, ...logLines(reason)].join('\n'), hint: suggestNextStep(rollout, failure) };
}

/** The same for a call that AWS refused. */
export function describeRefusal(
  rollout: Rollout,
  error: KdcubeError,
  services: readonly ServiceState[],
  rollbackFailure: Failure | undefined,
): KdcubeError {
  const rollbackProblems = rollbackFailure ? [describeRollbackFailure(rollout, rollbackFailure)] : [];
  const problems = [...rollbackProblems, ...error.problems];
  const [first, ...rest] = problems;
  const hint = [...(first!.hint === undefined ? [] : [first!.hint]), ...flagHints(rollout, services)].join('\n');
  return new KdcubeError([{ ...first!, ...(hint !== '' && { hint }) }, ...rest], {
    cause: error,
    changed: describeRunningRevisions(rollout, services),
  });
}

function describeRollbackFailure({ plan: { environment } }: Rollout, { step, reason }: Failure): Problem {
  const message = `The rollback of ${step.service} failed too. ${sentence(reason.text)}`;
  return {
    code: 'rollback-failed',
    message: [message, ...logLines(reason)].join('\n'),
    hint: `nx run release:status:${environment}    shows what runs; nx run release:rollback:${environment}    tries again`,
  };
}

function logLines({ lines = [] }: Reason): string[] {
  return lines.map((line) => `  ${line}`);
}

function describeOutcome({ plan, revisions }: Rollout, { step, reason }: Failure): string {
  const taskDefinition = revisions.target.get(step.service) ?? plan.baseline[step.serviceName]?.taskDefinition ?? '';
  const revision = familyRevision(taskDefinition);
  switch (reason.code) {
    case 'rollout-unknown':
      if (reason.unresolved?.what === 'bundles')
        return `It is unknown whether the bundles of ${step.service} are ready with ${revision}.`;
      if (reason.unresolved) return `It is unknown whether ${step.service} stays on ${revision} and is healthy.`;
      return `The state of the deployment of ${step.service} to ${revision} is unknown.`;
    case 'rollout-superseded':
      return `${step.service} does not stay on ${revision}.`;
    case 'wrong-image':
      return `${step.service} does not run what was pinned.`;
    case 'bundle-not-ready':
      return `The bundles of ${step.service} are not ready with ${revision}.`;
    case 'task-failed':
      return `${step.service} failed with ${revision}.`;
    case 'reload-failed':
      return `The running tasks of ${step.service} may not have the new list of bundles: the one-off task that reloads it failed.`;
    case 'deployment-paused':
      return `The deployment of ${step.service} to ${revision} has not finished.`;
    case 'hook-failed':
    case 'deployment-alarm':
    case 'pause-expired':
    case 'deployment-stopped':
      return `${step.service} does not stay on ${revision}.`;
    default:
      return `${step.service} did not come up with ${revision}.`;
  }
}

function suggestNextStep(rollout: Rollout, { step, reason }: Failure): string {
  const { region, cluster, environment } = rollout.plan;
  const events = describeServiceCommand(rollout, step.serviceName, 'events[:10]');
  switch (reason.code) {
    case 'image-pull-failed':
      return `nx run release:verify:${environment}    checks the image and the role that pulls it`;
    case 'secret-unreadable':
      return `nx run release:verify:${environment}    checks the secrets and the role that reads them`;
    case 'container-crashed':
    case 'health-check-failed':
    case 'task-failed':
    case 'reload-failed':
    case 'bundle-not-ready':
      return `aws logs tail ${step.logGroup} --region ${region} --since 1h`;
    case 'rollout-unknown':
      return unresolvedHint(rollout, step.serviceName, reason.unresolved) ?? events;
    case 'deployment-paused': {
      const command = `nx run release:continue:${environment} --service=${step.service}`;
      return `${command}    continues; add --rollback to roll back\n${resumeCommand(rollout)}    watches it to its end`;
    }
    case 'hook-failed':
    case 'deployment-alarm':
    case 'pause-expired':
    case 'deployment-stopped':
      return `aws ecs list-service-deployments --region ${region} --cluster ${cluster} --service ${step.serviceName}    shows how its deployments ended`;
    case 'rollout-superseded':
      return `nx run release:status:${environment}    shows what runs; then make a new plan`;
    default:
      if (/\brole\b/.test(reason.text)) return `nx run release:verify:${environment}    checks the roles of the tasks`;
      // A one-off task is not a service, and has no events.
      return step.kind === 'task' && reason.task !== undefined
        ? `aws ecs describe-tasks --region ${region} --cluster ${cluster} --tasks ${taskId(reason.task.arn)}`
        : events;
  }
}

function describeServiceCommand({ plan }: Rollout, serviceName: string, query: string): string {
  return `aws ecs describe-services --region ${plan.region} --cluster ${plan.cluster} --services ${serviceName} --query 'services[0].${query}'`;
}

/** How to find out what could not be verified. */
function unresolvedHint(rollout: Rollout, serviceName: string, unresolved: Unresolved | undefined): string | undefined {
  switch (unresolved?.what) {
    case 'alarms':
      return [
        `${describeServiceCommand(rollout, serviceName, '[deploymentConfiguration.alarms,deployments[0].rolloutState]')}    shows the alarms that ECS waits for, and whether the deployment is COMPLETED`,
        `${resumeCommand(rollout)}    continues once it is`,
      ].join('\n');
    case 'target-group':
      return `aws elbv2 describe-target-health --region ${rollout.plan.region} --target-group-arn ${unresolved.arn}    shows it, with the permission elasticloadbalancing:DescribeTargetHealth`;
    case 'bundles':
      return `${resumeCommand(rollout)}    checks the bundles again`;
    case 'health-checks':
      return describeServiceCommand(rollout, serviceName, 'deployments');
    default:
      return undefined;
  }
}

/** The last line: what every updated service runs now. */
function describeRunningRevisions(rollout: Rollout, services: readonly ServiceState[]): string {
  const { plan, revisions, progress } = rollout;
  const lines = plan.services.flatMap((step) => {
    if (step.kind !== 'service' || !progress.updated.includes(step)) return [];
    const service = services.find(({ name }) => name === step.serviceName);
    if (!service || service.status !== 'ACTIVE') return [`${step.service} is ${service?.status ?? 'missing'}`];
    const { taskDefinition, running, desired } = service;
    const isNew = taskDefinition === revisions.target.get(step.service);
    // Its traffic may still go to the previous revision.
    if (isNew && isNative(service) && service.deployments[0]?.rollout === 'IN_PROGRESS')
      return [`${step.service} is between two revisions: ECS still deploys ${familyRevision(taskDefinition)}`];
    const isPrevious = taskDefinition === plan.baseline[step.serviceName]?.taskDefinition;
    const which = isNew ? 'new' : isPrevious ? 'as before' : 'neither new nor as before';
    const counts = running < desired ? `, ${running} of ${desired} tasks` : '';
    return [`${step.service} runs ${familyRevision(taskDefinition)} (${which}${counts})`];
  });
  const updates = lines.length === 0 ? 'No service was updated.' : `${lines.join('; ')}.`;
  return `${updates}${describeWrittenSecrets(rollout)}`;
}
