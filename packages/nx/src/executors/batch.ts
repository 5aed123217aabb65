import type { ExecutorContext, TaskGraph } from '@nx/devkit';
import { UNDER_WAY } from '../system/log';
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

/** All tasks of an executor in one process, so that fifty of them do not start fifty. A task that fails leaves alone all that do not wait for it. */
export async function* inOneProcess<Options extends { json?: boolean }>(
  { tasks, dependencies }: TaskGraph,
  inputs: Record<string, Options>,
  context: ExecutorContext,
  { work, end, atOnce }: Batch<Options>,
): AsyncGenerator<BatchResult> {
  const waiting = Object.values(tasks);
  const running = new Map<string, Promise<BatchResult>>();
  const ended = new Map<string, boolean>();
  // Nx puts a task and those that it waits for into one batch, and leaves their order to whoever does it.
  const needs = new Map(waiting.map(({ id }) => [id, idsOf(dependencies[id]).filter((each) => Object.hasOwn(tasks, each))]));
  const begin = (): boolean => {
    const at = waiting.findIndex(({ id }) => needs.get(id)!.every((each) => ended.has(each)));
    if (at === -1 || running.size >= atOnce) return false;
    const [task] = waiting.splice(at, 1);
    const { id, target } = task!;
    const failed = needs.get(id)!.find((each) => !ended.get(each));
    const options = inputs[id]!;
    const result = resultOf(id, async (print) => {
      if (failed === undefined) return performTask(context, target.project, options, (own) => work(own, options), print);
      print('err', `Not done, because ${failed} failed.`);
      return false;
    });
    running.set(id, result);
    return true;
  };
  for (;;) {
    while (begin());
    if (running.size === 0) break;
    const done = await Promise.race(running.values());
    running.delete(done.task);
    ended.set(done.task, done.result.success);
    yield done;
  }
  end?.();
}

/** Up to Nx 23 the dependencies of a task are ids, from 24 on objects that have one. */
function idsOf(dependencies: readonly (string | { id: string })[] = []): string[] {
  return dependencies.map((each) => (typeof each === 'string' ? each : each.id));
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
