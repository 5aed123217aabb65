import type { ExecutorContext, TaskGraph } from '@nx/devkit';
import { createLog } from '../../effects/log';
import { pushTable, type PushRow } from '../../effects/images/table';
import { performTask } from '../perform';
import { pushTask } from './push-task';
import type { DockerPushOptions } from './schema';

interface BatchResult {
  task: string;
  result: { success: boolean; terminalOutput: string; startTime: number; endTime: number };
}

/** Images on their way at once: what one waits for, another uses. */
const AT_ONCE = 4;

/** Every image of an Nx run in one process: one start of Node, one table at the end. */
export default async function* dockerPushBatch(
  { tasks }: TaskGraph,
  inputs: Record<string, DockerPushOptions>,
  overrides: { json?: boolean },
  context: ExecutorContext,
): AsyncGenerator<BatchResult> {
  const rows: PushRow[] = [];
  const waiting = Object.values(tasks);
  const running = new Map<string, Promise<BatchResult>>();
  const begin = (): void => {
    const task = waiting.shift();
    if (!task) return;
    const startTime = Date.now();
    const work = performTask(context, task.target.project, inputs[task.id]!, async (own) => {
      const row = await pushTask(own, inputs[task.id]!);
      if (row) rows.push(row);
    });
    running.set(
      task.id,
      work.then(({ success, said }) => ({
        task: task.id,
        result: { success, terminalOutput: said, startTime, endTime: Date.now() },
      })),
    );
  };
  for (let count = 0; count < AT_ONCE; count += 1) begin();
  while (running.size > 0) {
    const done = await Promise.race(running.values());
    running.delete(done.task);
    begin();
    if (running.size === 0 && rows.length > 0) createLog(overrides).lines(pushTable(rows));
    yield done;
  }
}
