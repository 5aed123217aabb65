import type { ExecutorContext, TaskGraph } from '@nx/devkit';
import { printableLines } from '@kdcube/release/internal';
import { PROGRESS_PREFIX } from '../system/log';
import { runTask, type Task } from './run-task';

/** What Nx expects when one task of a batch has ended. */
export interface BatchResult {
  task: string;
  result: { success: boolean; terminalOutput: string; startTime: number; endTime: number };
}

export interface Batch<Options> {
  run(task: Task, options: Options): Promise<void>;
  /** Runs after Nx has the result of the last task. */
  afterAll?(): void;
  /** How many tasks run at the same time: while one waits for the network, another computes. */
  concurrency: number;
}

/** Runs all tasks of an executor in one process instead of one process each. A failed task fails only those that depend on it. */
export async function* runBatch<Options extends { json?: boolean }>(
  { tasks, dependencies }: TaskGraph,
  inputs: Record<string, Options>,
  context: ExecutorContext,
  { run, afterAll, concurrency }: Batch<Options>,
): AsyncGenerator<BatchResult> {
  const waiting = Object.values(tasks);
  const running = new Map<string, Promise<BatchResult>>();
  const ended = new Map<string, boolean>();
  // Nx puts a task and its dependencies into one batch, and leaves their order to the executor.
  const dependenciesOf = new Map(
    waiting.map(({ id }) => [id, idsOf(dependencies[id]).filter((each) => Object.hasOwn(tasks, each))]),
  );
  const startNext = (): boolean => {
    const at = waiting.findIndex(({ id }) => dependenciesOf.get(id)!.every((each) => ended.has(each)));
    if (at === -1 || running.size >= concurrency) return false;
    const [task] = waiting.splice(at, 1);
    const { id, target } = task!;
    const failed = dependenciesOf.get(id)!.find((each) => !ended.get(each));
    const options = inputs[id]!;
    const result = resultOf(id, async (print) => {
      if (failed === undefined) return runTask(context, target.project, options, (current) => run(current, options), print);
      print('err', `Skipped: ${failed} failed.`);
      return false;
    });
    running.set(id, result);
    return true;
  };
  for (;;) {
    while (startNext());
    if (running.size === 0) break;
    const done = await Promise.race(running.values());
    running.delete(done.task);
    ended.set(done.task, done.result.success);
    yield done;
  }
  afterAll?.();
}

/** In Nx 22 and 23 the dependencies of a task are ids, in Nx 24 objects with an id. */
function idsOf(dependencies: readonly (string | { id: string })[] = []): string[] {
  return dependencies.map((each) => (typeof each === 'string' ? each : each.id));
}

/** Nx shows the output of a task when it has ended. Progress lines are printed at once, and are not part of that output. */
async function resultOf(
  task: string,
  work: (print: (stream: 'out' | 'err', line: string) => void) => Promise<boolean>,
): Promise<BatchResult> {
  const startTime = Date.now();
  const output: string[] = [];
  const print = (stream: 'out' | 'err', line: string): void => {
    if (line.startsWith(PROGRESS_PREFIX)) (stream === 'out' ? process.stdout : process.stderr).write(`${line}\n`);
    else output.push(`${line}\n`);
  };
  // A bug in one task must not lose the results of the others.
  const success = await work(print).catch((error: unknown) => {
    print('err', printableLines(error instanceof Error ? (error.stack ?? error.message) : String(error)));
    return false;
  });
  return { task, result: { success, terminalOutput: output.join(''), startTime, endTime: Date.now() } };
}
