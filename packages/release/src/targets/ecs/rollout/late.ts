import { KdcubeError } from '../../../problem/problem';
import type { ServiceStep } from '../../../deploy/deploy-plan';
import type { SeenService, SeenTask } from './port';
import { definitionOf, type Run } from './rollout';
import { formatTaskCount, familyRevision, taskId } from '../../../deploy/short-names';
import { standBehind, standOfTasks, wantedOnes, type Asked, type Stand, type WantedTasks } from './verdict/verdict-late';

/** Asks all that it takes to be sure of a rollout that ECS does not call completed: tasks, their own checks, load balancers. */
export async function standOf(run: Run, service: SeenService, wanted: Omit<WantedTasks, 'checked'>): Promise<Stand> {
  const tasks = wantedOnes(await run.ecs.serviceTasks(service.name, 'RUNNING'));
  const definition = await definitionOf(run, wanted.taskDefinition);
  if (!definition)
    return {
      is: 'unknown',
      open: { of: 'checks' },
      text: `${familyRevision(wanted.taskDefinition)} cannot be described any more.`,
    };
  const checked = definition.containerDefinitions.filter(({ healthCheck, essential }) => healthCheck && essential !== false);
  const all = { ...wanted, checked: checked.map(({ name }) => name) };
  const there = standOfTasks(tasks, service.desired, all, run.clock.now());
  if (there.is !== 'there') return there;
  const groups: Asked[] = [];
  for (const group of service.targetGroups) groups.push(await askGroup(run, group));
  return standBehind(there, tasks, groups, service);
}

/** Whoever may not ask, or gets no answer, does not know: that is no reason to go back. Without credentials nothing at all can be asked. */
async function askGroup(run: Run, group: string): Promise<Asked> {
  try {
    return { group, targets: await run.ecs.targets(group) };
  } catch (error) {
    if (!(error instanceof KdcubeError) || error.problems[0]?.code === 'aws-credentials') throw error;
    return { group, problem: error.problems[0]!.message };
  }
}

/** Tasks that were told to stop; none where AWS does not answer just now. */
export async function stoppedOf(run: Run, serviceName: string): Promise<SeenTask[]> {
  return run.ecs.serviceTasks(serviceName, 'STOPPED').catch((error: unknown) => {
    if (isPassing(error)) return [];
    // Of a service that is gone nothing can be asked any more.
    if (error instanceof KdcubeError && error.problems[0]?.code === 'service-missing') return [];
    throw error;
  });
}

export function isPassing(error: unknown): boolean {
  const code = error instanceof KdcubeError ? error.problems[0]?.code : undefined;
  return code === 'aws-throttled' || code === 'aws-unreachable';
}

/** More names than that help nobody. */
const NAMED = 5;

/** The tasks that were told to stop and do not end: which, what to type, and what they see meanwhile. Empty where there are none. */
export async function lingeringWords(run: Run, { service, serviceName }: ServiceStep): Promise<string> {
  const tasks = (await stoppedOf(run, serviceName)).filter(({ lastStatus }) => lastStatus !== 'STOPPED');
  if (tasks.length === 0) return '';
  const named = tasks
    .slice(0, NAMED)
    .map((task) => `${familyRevision(task.taskDefinition)} is ${task.lastStatus} (${taskId(task.arn)})`);
  const more = tasks.length > NAMED ? `, and ${tasks.length - NAMED} more` : '';
  const { region, cluster, descriptor } = run.plan;
  const stop = `aws ecs stop-task --region ${region} --cluster ${cluster} --task ${taskId(tasks[0]!.arn)}`;
  const own = [run.to.get(service), run.forced?.taskDefinition];
  const isOld = tasks.some(({ taskDefinition }) => !own.includes(taskDefinition));
  const bundles =
    isOld && descriptor.force && run.forced?.service === service
      ? ' Until they end, tasks of an old image see another list of bundles than theirs.'
      : '';
  return ` Told to stop, and not ended: ${formatTaskCount(tasks.length)}: ${named.join(', ')}${more}. ECS kills a task after the stopTimeout of its revision, unless its machine does not answer; ${stop}    asks once more.${bundles}`;
}
