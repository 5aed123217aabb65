import { KdcubeError, type Problem } from '../../../problem/problem';
import type { SeenService } from './port';
import { againWords, stepOf, type Run } from './rollout';
import type { Open } from './verdict/verdict-reason';
import type { Failure } from './wave';
import { familyRevision, taskId } from '../../../deploy/short-names';

/** What went wrong, in the task's own words with the last lines of its log; what was done about it; and what runs now. */
export function describeFailure(
  run: Run,
  failure: Failure,
  second: Failure | undefined,
  services: readonly SeenService[],
): KdcubeError {
  const { step, end } = failure;
  const { reason } = end;
  const { environment } = run.plan;
  const lines = (reason.lines ?? []).map((line) => `  ${line}`);
  const by = end.rolledBack ? ` ECS rolled ${step.service} back to ${familyRevision(end.rolledBack.taskDefinition)}.` : '';
  const first: Problem = {
    code: reason.code,
    message: [`${opening(run, failure)} ${sentence(reason.text)}${by}`, ...lines].join('\n'),
    hint: [hintOf(run, failure), ...flagHint(run, failure, services)].join('\n'),
  };
  const problems: Problem[] = [first];
  if (second)
    problems.unshift({
      code: 'rollback-failed',
      message: [
        `The way back of ${second.step.service} failed too. ${sentence(second.end.reason.text)}`,
        ...(second.end.reason.lines ?? []).map((line) => `  ${line}`),
      ].join('\n'),
      hint: `nx run release:status:${environment}    says what runs; nx run release:rollback:${environment}    tries again`,
    });
  return new KdcubeError(problems, { changed: runsNow(run, services) });
}

function opening({ to }: Run, { step, end }: Failure): string {
  const short = familyRevision(to.get(step.service) ?? '');
  switch (end.reason.code) {
    case 'rollout-unknown':
      if (end.reason.open) return `Whether ${step.service} stays on ${short}, and is well, is not known.`;
      return `Nothing is known of the rollout of ${step.service} to ${short}.`;
    case 'rollout-superseded':
      return `${step.service} does not stay on ${short}.`;
    case 'wrong-image':
      return `${step.service} does not run what was pinned.`;
    case 'task-failed':
      return `${step.service} did not end well with ${short}.`;
    default:
      return `${step.service} did not come up with ${short}.`;
  }
}

/** What AWS says, as a sentence: it often has neither a capital nor a full stop. */
function sentence(text: string): string {
  const begun = `${text.charAt(0).toUpperCase()}${text.slice(1)}`.trimEnd();
  return begun === '' || /[.!?:]$/.test(begun) ? begun : `${begun}.`;
}

function hintOf(run: Run, { step, end }: Failure): string {
  const { plan } = run;
  const { region, cluster, environment } = plan;
  const logs = `aws logs tail ${step.logGroup} --region ${region} --since 1h`;
  const events = described(run, step.serviceName, 'events[:10]');
  // What runs once is no service: it has no events.
  const task = end.reason.task?.arn;
  const once = `aws ecs describe-tasks --region ${region} --cluster ${cluster} --tasks ${task && taskId(task)}`;
  switch (end.reason.code) {
    case 'image-pull-failed':
      return `nx run release:verify:${environment}    asks for the image and for the role that pulls it`;
    case 'secret-unreadable':
      return `nx run release:verify:${environment}    asks for the secrets and for the role that reads them`;
    case 'container-crashed':
    case 'health-check-failed':
    case 'task-failed':
      return logs;
    case 'rollout-unknown':
      return openHint(run, step.serviceName, end.reason.open) ?? events;
    case 'rollout-superseded':
      return `nx run release:status:${environment}    says what runs; make a new plan from there`;
    default:
      return step.kind === 'task' && task !== undefined ? once : events;
  }
}

/** The command that asks for something of a service. */
function described({ plan }: Run, serviceName: string, query: string): string {
  return `aws ecs describe-services --region ${plan.region} --cluster ${plan.cluster} --services ${serviceName} --query 'services[0].${query}'`;
}

/** What is still waited for, and who tells. */
function openHint(run: Run, serviceName: string, open: Open | undefined): string | undefined {
  switch (open?.of) {
    case 'alarms':
      return [
        `${described(run, serviceName, '[deploymentConfiguration.alarms,deployments[0].rolloutState]')}    names the alarms that ECS still waits for, and says when it is COMPLETED`,
        `${againWords(run)}    then, the same again: goes on from there`,
      ].join('\n');
    case 'targets':
      return `aws elbv2 describe-target-health --region ${run.plan.region} --target-group-arn ${open.group}    says it, where elasticloadbalancing:DescribeTargetHealth is allowed`;
    case 'checks':
      return described(run, serviceName, 'deployments');
    default:
      return undefined;
  }
}

/** A FORCE flag that stays on would overwrite, at the next restart, what an admin changed in the registry. */
function flagHint({ plan, forced, passed, to }: Run, { end }: Failure, services: readonly SeenService[]): string[] {
  if (!forced || passed.get(forced.service)?.at(-1) !== forced.taskDefinition) return [];
  const { serviceName } = stepOf({ plan }, forced.service);
  const isSeen = services.some(({ name, taskDefinition }) => name === serviceName && taskDefinition === forced.taskDefinition);
  if (!isSeen && end.reason.code !== 'rollout-unknown') return [];
  const clean = familyRevision(to.get(forced.service) ?? '');
  return [
    `aws ecs update-service --region ${plan.region} --cluster ${plan.cluster} --service ${serviceName} --task-definition ${clean}    takes the FORCE flag off again, which ${forced.service} still starts with`,
  ];
}

/** The last line: what every service runs now. */
export function runsNow({ plan, to, touched }: Run, services: readonly SeenService[]): string {
  const words = plan.services.flatMap((step) => {
    if (step.kind !== 'service' || !touched.includes(step)) return [];
    const now = services.find(({ name }) => name === step.serviceName);
    if (!now || now.status !== 'ACTIVE') return [`${step.service} is ${now?.status ?? 'not there'}`];
    const { taskDefinition } = now;
    const as =
      taskDefinition === to.get(step.service)
        ? 'new'
        : taskDefinition === plan.baseline[step.serviceName]?.taskDefinition
          ? 'as before'
          : 'neither new nor as before';
    return [
      `${step.service} runs ${familyRevision(taskDefinition)} (${as}${now.running < now.desired ? `, ${now.running} of ${now.desired} tasks` : ''})`,
    ];
  });
  return words.length === 0 ? 'no service was touched' : words.join('; ');
}
