import { KdcubeError, type Problem } from '../../problem';
import type { SeenService } from './port';
import type { Run } from './rollout';
import type { Failure } from './wave';
import { shortDefinition } from '../plan/running';

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
  const by = end.rolledBack ? ` ECS rolled ${step.service} back to ${shortDefinition(end.rolledBack.taskDefinition)}.` : '';
  const first: Problem = {
    code: reason.code,
    message: [`${opening(run, failure)} ${sentence(reason.text)}${by}`, ...lines].join('\n'),
    hint: hintOf(run, failure),
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
  const short = shortDefinition(to.get(step.service) ?? '');
  switch (end.reason.code) {
    case 'rollout-unknown':
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

function hintOf({ plan }: Run, { step, end }: Failure): string {
  const { region, cluster, environment } = plan;
  const logs = `aws logs tail ${step.logGroup} --region ${region} --since 1h`;
  const events = `aws ecs describe-services --region ${region} --cluster ${cluster} --services ${step.serviceName} --query 'services[0].events[:10]'`;
  // What runs once is no service: it has no events.
  const task = end.reason.task?.arn;
  const once = `aws ecs describe-tasks --region ${region} --cluster ${cluster} --tasks ${task?.slice(task.lastIndexOf('/') + 1)}`;
  switch (end.reason.code) {
    case 'image-pull-failed':
      return `nx run release:verify:${environment}    asks for the image and for the role that pulls it`;
    case 'secret-unreadable':
      return `nx run release:verify:${environment}    asks for the secrets and for the role that reads them`;
    case 'container-crashed':
    case 'health-check-failed':
    case 'task-failed':
      return logs;
    case 'rollout-superseded':
      return `nx run release:status:${environment}    says what runs; make a new plan from there`;
    default:
      return step.kind === 'task' && task !== undefined ? once : events;
  }
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
        : taskDefinition === plan.basis[step.serviceName]?.taskDefinition
          ? 'as before'
          : 'neither new nor as before';
    return [
      `${step.service} runs ${shortDefinition(taskDefinition)} (${as}${now.running < now.desired ? `, ${now.running} of ${now.desired} tasks` : ''})`,
    ];
  });
  return words.length === 0 ? 'no service was touched' : words.join('; ');
}
