import type { ExecutorContext, TaskGraph } from '@nx/devkit';
import { UNDER_WAY } from '../effects/log';
import { performTask, type Task } from './perform';

/** How Nx is told of the end of one task of a batch. */
export interface BatchResult {
  task: string;
  result: { success: boolean; terminalOutput: string; startTime: number; endTime: number };
}

export interface Batch<Options> {
  work(task: Task, options: Options): Promise<void>;
  /** What is to be said when all tasks have ended and Nx has what they said. */
  end?(): void;
  /** Tasks under way at once: what one waits for, another uses. */
  atOnce: number;
}

/** All tasks of an executor in one process, so that fifty of them do not start fifty. A task that fails leaves the others alone. */
export async function* inOneProcess<Options extends { json?: boolean }>(
  { tasks }: TaskGraph,
  inputs: Record<string, Options>,
  context: ExecutorContext,
  { work, end, atOnce }: Batch<Options>,
): AsyncGenerator<BatchResult> {
  const waiting = Object.values(tasks);
  const running = new Map<string, Promise<BatchResult>>();
  const begin = (): void => {
    const task = waiting.shift();
    if (!task) return;
    const options = inputs[task.id]!;
    const ended = resultOf(task.id, (print) =>
      performTask(context, task.target.project, options, (own) => work(own, options), print),
    );
    running.set(task.id, ended);
  };
  for (let count = 0; count < atOnce; count += 1) begin();
  while (running.size > 0) {
    const done = await Promise.race(running.values());
    running.delete(done.task);
    begin();
    yield done;
  }
  end?.();
}

/** Nx shows what a task said when it has ended; only how a long step goes is of interest before, and then no more. */
async function resultOf(
  task: string,
  perform: (print: (stream: 'out' | 'err', line: string) => void) => Promise<boolean>,
): Promise<BatchResult> {
  const startTime = Date.now();
  const said: string[] = [];
  const print = (stream: 'out' | 'err', line: string): void => {
    if (line.startsWith(UNDER_WAY)) (stream === 'out' ? process.stdout : process.stderr).write(`${line}\n`);
    else said.push(`${line}\n`);
  };
  // A bug of ours in one task is no reason to lose what the others did.
  const success = await perform(print).catch((error: unknown) => {
    print('err', error instanceof Error ? (error.stack ?? error.message) : String(error));
    return false;
  });
  return { task, result: { success, terminalOutput: said.join(''), startTime, endTime: Date.now() } };
}
