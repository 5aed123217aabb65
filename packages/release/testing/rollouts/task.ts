import type { TaskState } from '../../src/targets/ecs/rollout/port/port';

/** A running task of the revision app:2. */
export function runningTask(more: Partial<TaskState>): TaskState {
  const base = { arn: 'task/1', taskDefinition: 'app:2', lastStatus: 'RUNNING', desiredStatus: 'RUNNING', createdAt: 0 };
  return { ...base, containers: [{ name: 'app', digest: 'sha256:good' }], ...more };
}
