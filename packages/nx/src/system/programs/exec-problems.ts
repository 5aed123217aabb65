import { existsSync } from 'node:fs';
import { KdcubeError } from '@kdcube/release/internal';

/** A program that was run, for messages. */
export interface Command {
  program: string;
  args: readonly string[];
  cwd?: string;
  /** Milliseconds. */
  timeout: number;
}

/** Signals of a crash; every other signal was sent by another process. */
const CRASHES = /^SIG(?:SEGV|BUS|ABRT|ILL|FPE|PIPE)$/;

export function notStarted(command: Command, reason: string): KdcubeError {
  return new KdcubeError({ code: 'interrupted', message: `${nameOf(command)} was not started, because ${reason}.` });
}

export function timedOut(command: Command, stderr: string): KdcubeError {
  const seconds = Math.round(command.timeout / 1000);
  const message = `${nameOf(command)} did not end within ${seconds} s and was stopped.\n${tail(stderr)}`;
  return new KdcubeError({ code: 'command-timeout', message: message.trimEnd() });
}

export function outputTooLarge(command: Command): KdcubeError {
  return new KdcubeError({ code: 'command-failed', message: `The output of ${nameOf(command)} exceeded the limit.` });
}

export function failedWith(command: Command, exitCode: number, stderr: string): KdcubeError {
  const message = `${nameOf(command)} ended with exit code ${exitCode}.\n${tail(stderr)}`;
  return new KdcubeError({ code: 'command-failed', message: message.trimEnd() });
}

export function endedBySignal(command: Command, signal: string): KdcubeError {
  const code = CRASHES.test(signal) ? 'command-failed' : 'interrupted';
  return new KdcubeError({ code, message: `${nameOf(command)} was stopped by ${signal}.` });
}

export function couldNotRun(command: Command, cause: unknown): KdcubeError {
  const { program, cwd } = command;
  const isMissing = (cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT';
  // ENOENT may also mean that the working folder is missing.
  if (isMissing && cwd && !existsSync(cwd)) {
    return new KdcubeError({ code: 'file-error', message: `The folder ${cwd} does not exist.` }, { cause });
  }
  const message = isMissing
    ? `${program} is not on this machine, or not on the PATH.`
    : `${nameOf(command)} could not be run: ${cause instanceof Error ? cause.message : String(cause)}.`;
  return new KdcubeError({ code: 'command-failed', message }, { cause });
}

/** The program and its first argument, for messages. */
export function nameOf({ program, args }: Command): string {
  return `${program} ${args[0] ?? ''}`.trimEnd();
}

/** The last lines of a program's stderr. */
export function tail(text: string, lines = 12): string {
  return text.trimEnd().split('\n').slice(-lines).join('\n');
}

/** The first line: in the errors of some programs, the rest is only advice. */
export function firstLine(text: string): string {
  return text.trim().split('\n')[0]!;
}
