import { KdcubeError } from '../../../../problem/problem';
import { formatTaskCount, familyRevision, taskId } from '../../../../deploy/short-names';
import type { ServiceStep } from '../../../../deploy/deploy-plan';
import type { ServiceState, TaskState } from '../port/port';
import { isTransient } from '../port/retries';
import { getTaskDefinition, type Rollout } from '../rollout';
import {
  desiredTasks,
  healthBehindLoadBalancers,
  healthOfTasks,
  type TargetGroupHealth,
  type TaskHealth,
} from '../verdict/timeout';
import type { ExpectedTasks } from '../verdict/verdict';

/** Reads all that proves a deployment healthy that ECS has not called COMPLETED: tasks, their health checks, load balancers. */
export async function taskHealth(rollout: Rollout, service: ServiceState, expected: ExpectedTasks): Promise<TaskHealth> {
  const tasks = desiredTasks(await rollout.ecs.listServiceTasks(service.name, 'RUNNING'));
  const definition = await getTaskDefinition(rollout, expected.taskDefinition);
  if (!definition)
    return {
      state: 'unknown',
      unresolved: { what: 'health-checks' },
      text: `The task definition ${familyRevision(expected.taskDefinition)} does not exist any more.`,
    };
  const checked = definition.containerDefinitions.filter(({ healthCheck, essential }) => healthCheck && essential !== false);
  const checkedContainers = checked.map(({ name }) => name);
  const health = healthOfTasks(tasks, { ...expected, checkedContainers }, rollout.clock.now());
  if (health.state !== 'healthy') return health;
  const groups: TargetGroupHealth[] = [];
  for (const group of service.targetGroups) groups.push(await readTargetGroup(rollout, group));
  return healthBehindLoadBalancers(health, tasks, groups, service);
}

/** Missing permission or a failed call leaves the health unknown, which is no reason to roll back. Without credentials nothing can be read at all. */
async function readTargetGroup(rollout: Rollout, group: string): Promise<TargetGroupHealth> {
  try {
    return { group, targets: await rollout.ecs.describeTargetHealth(group) };
  } catch (error) {
    if (!(error instanceof KdcubeError) || error.problems[0]?.code === 'aws-credentials') throw error;
    return { group, problem: error.problems[0]!.message };
  }
}

/** Tasks whose desired status is STOPPED; undefined if AWS does not respond right now. */
export async function listStoppedTasks(rollout: Rollout, serviceName: string): Promise<TaskState[] | undefined> {
  return rollout.ecs.listServiceTasks(serviceName, 'STOPPED').catch((error: unknown) => {
    if (isTransient(error)) return undefined;
    // The service was deleted.
    if (error instanceof KdcubeError && error.problems[0]?.code === 'service-missing') return [];
    throw error;
  });
}

const MAX_NAMED = 5;

/** The tasks that should have stopped and have not: which, how to stop them, and what they see meanwhile. Empty if there are none. */
export async function describeLingeringTasks(rollout: Rollout, { service, serviceName }: ServiceStep): Promise<string> {
  const tasks = ((await listStoppedTasks(rollout, serviceName)) ?? []).filter(({ lastStatus }) => lastStatus !== 'STOPPED');
  if (tasks.length === 0) return '';
  const named = tasks
    .slice(0, MAX_NAMED)
    .map((task) => `${familyRevision(task.taskDefinition)} is ${task.lastStatus} (${taskId(task.arn)})`);
  const more = tasks.length > MAX_NAMED ? `, and ${tasks.length - MAX_NAMED} more` : '';
  const { region, cluster, descriptor } = rollout.plan;
  const { target, forced } = rollout.revisions;
  const stopTask = `aws ecs stop-task --region ${region} --cluster ${cluster} --task ${taskId(tasks[0]!.arn)}`;
  const newRevisions = [target.get(service), forced?.taskDefinition];
  const isOld = tasks.some(({ taskDefinition }) => !newRevisions.includes(taskDefinition));
  const bundles =
    isOld && descriptor.force && forced?.service === service
      ? ' Until they stop, tasks of the old image see the new list of bundles.'
      : '';
  return ` Still stopping: ${formatTaskCount(tasks.length)}: ${named.join(', ')}${more}. ECS kills a task after the stopTimeout of its revision, unless its instance does not respond; ${stopTask}    requests it again.${bundles}`;
}
