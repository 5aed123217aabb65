import { taskId } from '../../../../deploy/short-names';
import type { TaskState } from '../port/port';
import { getTaskDefinition, type Rollout } from '../rollout';
import type { Reason } from '../verdict/reason';

/** How many lines of its log explain a failure. */
const LINES = 20;

/** The last lines of a container's log, if its task definition sends it to CloudWatch Logs. */
async function readContainerLog(rollout: Rollout, task: TaskState, container: string): Promise<string[]> {
  const definition = await getTaskDefinition(rollout, task.taskDefinition).catch(() => undefined);
  const found = definition?.containerDefinitions.find(({ name }) => name === container);
  const logs = found?.logConfiguration as { logDriver?: string; options?: Record<string, string> } | undefined;
  const group = logs?.options?.['awslogs-group'];
  const prefix = logs?.options?.['awslogs-stream-prefix'];
  if (logs?.logDriver !== 'awslogs' || group === undefined || prefix === undefined) return [];
  const stream = `${prefix}/${container}/${taskId(task.arn)}`;
  return rollout.ecs.readLastLines({ group, stream, limit: LINES }).catch(() => []);
}

/** Adds the log of the container that failed. */
export async function withLog(rollout: Rollout, reason: Reason, container: string): Promise<Reason> {
  if (!reason.task || !['container-crashed', 'health-check-failed', 'task-failed'].includes(reason.code)) return reason;
  return { ...reason, lines: await readContainerLog(rollout, reason.task, reason.container ?? container) };
}
