import type { ExecutorContext, TaskGraph } from '@nx/devkit';
import { inOneProcess, type BatchResult } from '../batch';
import { buildTask } from './build-task';
import type { DockerBuildOptions } from './schema';

/** Every image of an Nx run in one process. */
export default function dockerBuildBatch(
  graph: TaskGraph,
  inputs: Record<string, DockerBuildOptions>,
  _overrides: unknown,
  context: ExecutorContext,
): AsyncGenerator<BatchResult> {
  const cached = new Map(Object.values(graph.tasks).map(({ target, cache }) => [target.project, cache === true]));
  return inOneProcess(graph, inputs, context, {
    atOnce: 2,
    work: (task, options) => buildTask(task, options, cached.get(task.project) ?? false),
  });
}
