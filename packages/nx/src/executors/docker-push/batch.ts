import type { ExecutorContext, TaskGraph } from '@nx/devkit';
import { createLog } from '../../system/log';
import { pushTable, type PushRow, type WouldPush } from '../../images/push/table';
import { inOneProcess, type BatchResult } from '../batch';
import { pushTask } from './push-task';
import type { DockerPushOptions } from './schema';

/** Every image of an Nx run in one process, and one table at the end. */
export default function dockerPushBatch(
  graph: TaskGraph,
  inputs: Record<string, DockerPushOptions>,
  overrides: { json?: boolean },
  context: ExecutorContext,
): AsyncGenerator<BatchResult> {
  const rows: (PushRow | WouldPush)[] = [];
  return inOneProcess(graph, inputs, context, {
    atOnce: 4,
    async work(task, options) {
      rows.push(await pushTask(task, options));
    },
    end() {
      if (rows.length > 0) createLog(overrides).lines(pushTable(rows));
    },
  });
}
