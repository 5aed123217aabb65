import type { ExecutorContext, TaskGraph } from '@nx/devkit';
import { withSnapshot } from '../../effects/git/snapshot';
import { openRelease } from '../../effects/workspace';
import { inOneProcess, type BatchResult } from '../batch';
import type { StageOptions } from './schema';
import { stageTask } from './stage-task';

/** Every bundle of an Nx run in one process: release.yaml is read once for all of them. */
export default function stageBatch(
  graph: TaskGraph,
  inputs: Record<string, StageOptions>,
  _overrides: unknown,
  context: ExecutorContext,
): AsyncGenerator<BatchResult> {
  let release: ReturnType<typeof openRelease> | undefined;
  return inOneProcess(graph, inputs, context, {
    atOnce: 4,
    async work(task, options) {
      // Each task says by itself what is wrong with release.yaml.
      const opened = await (release ??= openRelease(task.root, task.plugin));
      await withSnapshot(task.root, (snapshot) => stageTask(task, opened, snapshot, options));
    },
  });
}
