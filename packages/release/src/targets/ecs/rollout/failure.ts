import { familyRevision, taskId } from '../../../deploy/short-names';
import type { ServiceStep } from '../../../deploy/deploy-plan';
import { KdcubeError, type Problem } from '../../../problem/problem';
import type { DeploymentState, ServiceState } from './port';
import { resumeCommand, stepOf, type Rollout } from './rollout';
import type { Reason, Unresolved } from './verdict/reason';

/** A step that failed. */
export interface Failure {
  step: ServiceStep;
  reason: Reason;
  rolledBackTo?: DeploymentState;
}

/** What failed and why, with the end of its log; what was done about it; and what runs now. `second`: the failure of the rollback. */
export function describeFailure(
  rollout: Rollout,
  failure: Failure,
  services: readonly ServiceState[],
  second?: Failure,
): KdcubeError {
  const { step, reason, rolledBackTo } = failure;
  const rolledBack = rolledBackTo ? ` ECS rolled ${step.service} back to ${familyRevision(rolledBackTo.taskDefinition)}.` : '';
  const message = `${describeOutcome(rollout, failure)} ${sentence(reason.text)}${rolledBack}`;
  const problems: Problem[] = [
    {
      code: reason.code,
      message: [message, ...logLines(reason)].join('\n'),
      hint: [suggestNextStep(rollout, failure), ...flagHint(rollout, failure, services)].join('\n'),
    },
  ];
  if (second) problems.unshift(describeRollbackFailure(rollout, second));
  return new KdcubeError(problems, { changed: describeRunningRevisions(rollout, services) });
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

function describeOutcome({ revisions }: Rollout, { step, reason }: Failure): string {
  const revision = familyRevision(revisions.target.get(step.service) ?? '');
  switch (reason.code) {
    case 'rollout-unknown':
      if (reason.unresolved) return `It is unknown whether ${step.service} stays on ${revision} and is healthy.`;
      return `The state of the deployment of ${step.service} to ${revision} is unknown.`;
    case 'rollout-superseded':
      return `${step.service} does not stay on ${revision}.`;
    case 'wrong-image':
      return `${step.service} does not run what was pinned.`;
    case 'task-failed':
      return `${step.service} failed with ${revision}.`;
    default:
      return `${step.service} did not come up with ${revision}.`;
  }
}

/** What AWS says, as a sentence: it often lacks a capital letter and a full stop. */
function sentence(text: string): string {
  const begun = `${text.charAt(0).toUpperCase()}${text.slice(1)}`.trimEnd();
  return begun === '' || /[.!?:]$/.test(begun) ? begun : `${begun}.`;
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
      return `aws logs tail ${step.logGroup} --region ${region} --since 1h`;
    case 'rollout-unknown':
      return unresolvedHint(rollout, step.serviceName, reason.unresolved) ?? events;
    case 'rollout-superseded':
      return `nx run release:status:${environment}    shows what runs; then make a new plan`;
    default:
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
    case 'health-checks':
      return describeServiceCommand(rollout, serviceName, 'deployments');
    default:
      return undefined;
  }
}

/** A FORCE flag that stays set overwrites, at the next restart, what an admin changed in the registry. */
function flagHint(rollout: Rollout, { reason }: Failure, services: readonly ServiceState[]): string[] {
  const { plan, progress, revisions } = rollout;
  const { forced, target } = revisions;
  if (!forced || progress.history.get(forced.service)?.at(-1) !== forced.taskDefinition) return [];
  const { serviceName } = stepOf(rollout, forced.service);
  const isSet = services.some(({ name, taskDefinition }) => name === serviceName && taskDefinition === forced.taskDefinition);
  if (!isSet && reason.code !== 'rollout-unknown') return [];
  const clean = familyRevision(target.get(forced.service) ?? '');
  return [
    `aws ecs update-service --region ${plan.region} --cluster ${plan.cluster} --service ${serviceName} --task-definition ${clean}    removes the FORCE flag that ${forced.service} still starts with`,
  ];
}

/** The last line: what every updated service runs now. */
function describeRunningRevisions({ plan, revisions, progress }: Rollout, services: readonly ServiceState[]): string {
  const lines = plan.services.flatMap((step) => {
    if (step.kind !== 'service' || !progress.updated.includes(step)) return [];
    const service = services.find(({ name }) => name === step.serviceName);
    if (!service || service.status !== 'ACTIVE') return [`${step.service} is ${service?.status ?? 'missing'}`];
    const { taskDefinition, running, desired } = service;
    const isNew = taskDefinition === revisions.target.get(step.service);
    const isPrevious = taskDefinition === plan.baseline[step.serviceName]?.taskDefinition;
    const which = isNew ? 'new' : isPrevious ? 'as before' : 'neither new nor as before';
    const counts = running < desired ? `, ${running} of ${desired} tasks` : '';
    return [`${step.service} runs ${familyRevision(taskDefinition)} (${which}${counts})`];
  });
  return lines.length === 0 ? 'No service was updated.' : `${lines.join('; ')}.`;
}
