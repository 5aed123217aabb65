import type { ExecutorContext, TaskGraph } from '@nx/devkit';
import { withSnapshot, type Snapshot } from '../../git/snapshot';
import { openRelease } from '../../workspace/workspace';
import { inOneProcess, type BatchResult } from '../batch';
import type { StageOptions } from './schema';
import { stageTask } from './stage-task';

/** Every bundle of an Nx run in one process: release.yaml is read once for all of them, and so are the workspace's files. */
export default function stageBatch(
  graph: TaskGraph,
  inputs: Record<string, StageOptions>,
  _overrides: unknown,
  context: ExecutorContext,
): AsyncGenerator<BatchResult> {
  let release: ReturnType<typeof openRelease> | undefined;
  let snapshot: Promise<Snapshot> | undefined;
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  const open = (root: string): Promise<Snapshot> =>
    new Promise((resolve, reject) => {
      withSnapshot(root, (opened) => {
        resolve(opened);
        return ended;
      }).catch(reject);
    });
  return inOneProcess(graph, inputs, context, {
    // What is asked of git at the same moment is asked once.
    atOnce: 64,
    async work(task, options) {
      // Each task says by itself what is wrong with release.yaml.
      const opened = await (release ??= openRelease(task.root, task.plugin));
      await stageTask(task, opened, await (snapshot ??= open(task.root)), options);
    },
    end,
  });
}
