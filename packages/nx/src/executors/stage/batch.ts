import type { ExecutorContext, TaskGraph } from '@nx/devkit';
import { withSnapshot, type Snapshot } from '../../git/snapshot/snapshot';
import { openRelease } from '../../workspace/workspace';
import { runBatch, type BatchResult } from '../batch';
import type { StageOptions } from './schema';
import { stageProject } from './stage-project';

/** Stages all bundles of an Nx run in one process: release.yaml and the workspace's files are read once. */
export default function stageBatch(
  graph: TaskGraph,
  inputs: Record<string, StageOptions>,
  _overrides: unknown,
  context: ExecutorContext,
): AsyncGenerator<BatchResult> {
  let release: ReturnType<typeof openRelease> | undefined;
  let snapshot: Promise<Snapshot> | undefined;
  let close = (): void => undefined;
  const closed = new Promise<void>((resolve) => (close = resolve));
  const open = (root: string): Promise<Snapshot> =>
    new Promise((resolve, reject) => {
      withSnapshot(root, (opened) => {
        resolve(opened);
        return closed;
      }).catch(reject);
    });
  return runBatch(graph, inputs, context, {
    // Git queries of the same moment are one query.
    concurrency: 64,
    async run(task, options) {
      // Every task reports the problems of release.yaml itself.
      const opened = await (release ??= openRelease(task.root, task.plugin));
      await stageProject(task, opened, await (snapshot ??= open(task.root)), options);
    },
    afterAll: close,
  });
}
