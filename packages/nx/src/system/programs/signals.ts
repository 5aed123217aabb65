import { KdcubeError } from '@kdcube/release/internal';

/** The number of callers that handle signals themselves. */
let deferrals = 0;

/** The caller now handles signals itself: a stopped deploy first releases its lock and writes its record. Returns a function that ends this. */
export function deferSignals(): () => void {
  deferrals += 1;
  return () => void (deferrals -= 1);
}

export function areSignalsDeferred(): boolean {
  return deferrals > 0;
}

/** How long Nx waits between SIGTERM and SIGKILL by default. Milliseconds. */
const GRACE = 5_000;
const FROM_OUTSIDE = new Set(['SIGINT', 'SIGTERM', 'SIGHUP']);

let stopped: { what: string; at: number } | undefined;

/**
 * Records that a child process was ended by an external signal. Nx stops process trees from the leaves up: a process gets the signal only
 * when it has no children. A program that it starts meanwhile would delay the signal until SIGKILL, and prevent the cleanup.
 */
export function recordStop(what: string, signal: string): void {
  if (FROM_OUTSIDE.has(signal) && !areSignalsDeferred())
    stopped = { what: `${what} was stopped by ${signal}`, at: performance.now() };
}

/** Describes a program that was just stopped: this process will be stopped next, and must start no other program. */
export function recentStop(): string | undefined {
  return !areSignalsDeferred() && stopped && performance.now() - stopped.at < GRACE ? stopped.what : undefined;
}

/** For tests, which continue after they stop programs. */
export function resetStop(): void {
  stopped = undefined;
}

/** Whether the error is an interruption: callers must not retry or fall back. */
export function isInterrupted(error: unknown): boolean {
  return error instanceof KdcubeError && error.problems[0]?.code === 'interrupted';
}
