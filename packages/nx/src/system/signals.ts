import { KdcubeError } from '@kdcube/release/internal';

/** Whoever ends this process when a signal asks for it. Files that are half-written are taken away on the way out in any case. */
let deferrals = 0;

/** From now on the caller ends the process, in its own time: a deploy that is stopped gives its lock back and writes its record first. Returns how to give that back. */
export function deferSignals(): () => void {
  deferrals += 1;
  return () => void (deferrals -= 1);
}

export function areSignalsDeferred(): boolean {
  return deferrals > 0;
}

/** How long Nx waits before it ends with SIGKILL what it has asked to stop: its own default. Milliseconds. */
const GRACE = 5_000;
const FROM_OUTSIDE = new Set(['SIGINT', 'SIGTERM', 'SIGHUP']);

let stopped: { what: string; at: number } | undefined;

/**
 * A program that this process has started was ended by a signal that is not this process's. Nx stops what it runs from the leaves up: a process is told only
 * when nothing runs below it any more. What it starts meanwhile would keep the signal from it until it is killed, and could clean nothing up.
 */
export function recordStop(what: string, signal: string): void {
  if (FROM_OUTSIDE.has(signal) && !areSignalsDeferred())
    stopped = { what: `${what} was stopped by ${signal}`, at: performance.now() };
}

/** What was stopped just now, in words: then this process is about to be, and starts no other program. */
export function recentStop(): string | undefined {
  return !areSignalsDeferred() && stopped && performance.now() - stopped.at < GRACE ? stopped.what : undefined;
}

/** For tests, which stop programs and go on. */
export function resetStop(): void {
  stopped = undefined;
}

/** Whether somebody stopped what was to be done: no reason to try another way, and no answer. */
export function isInterrupted(error: unknown): boolean {
  return error instanceof KdcubeError && error.problems[0]?.code === 'interrupted';
}
