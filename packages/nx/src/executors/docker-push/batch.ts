import type { ExecutorContext, TaskGraph } from '@nx/devkit';
import { createLog } from '../../system/log';
import { pushTable, type PushRow, type WouldPush } from '../../images/push/table';
import { runBatch, type BatchResult } from '../batch';
import { pushProject } from './push-project';
import type { DockerPushOptions } from './schema';

/** Pushes all images of an Nx run in one process, and prints one table at the end. */
export default function dockerPushBatch(
  graph: TaskGraph,
  inputs: Record<string, DockerPushOptions>,
  overrides: { json?: boolean },
  context: ExecutorContext,
): AsyncGenerator<BatchResult> {
  const rows: (PushRow | WouldPush)[] = [];
  return runBatch(graph, inputs, context, {
    concurrency: 4,
    async run(task, options) {
      rows.push(await pushProject(task, options));
    },
    afterAll() {
      if (rows.length > 0) createLog(overrides).lines(pushTable(rows));
    },
  });
}
