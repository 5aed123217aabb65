import type { ExecutorContext, TaskGraph } from '@nx/devkit';
import { runBatch, type BatchResult } from '../batch';
import { buildProject } from './build-project';
import type { DockerBuildOptions } from './schema';

/** Builds all images of an Nx run in one process. */
export default function dockerBuildBatch(
  graph: TaskGraph,
  inputs: Record<string, DockerBuildOptions>,
  _overrides: unknown,
  context: ExecutorContext,
): AsyncGenerator<BatchResult> {
  const cached = new Map(Object.values(graph.tasks).map(({ target, cache }) => [target.project, cache === true]));
  return runBatch(graph, inputs, context, {
    concurrency: 2,
    run: (task, options) => buildProject(task, options, cached.get(task.project) ?? false),
  });
}
