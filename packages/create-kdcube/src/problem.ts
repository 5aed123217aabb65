import { KdcubeError, type ProblemCode } from '@kdcube/release/internal';

/** The last line of a failure before anything was written. */
const NOTHING = 'No file or folder was created or changed.';

/** What happened and why, and what to type. */
export function problem(code: ProblemCode, message: string, hint?: string, cause?: unknown): KdcubeError {
  return new KdcubeError({ code, message, hint }, { cause, changed: NOTHING });
}

/** A failed file operation as a Problem. */
export function fileError(error: unknown, what: string): KdcubeError {
  if (error instanceof KdcubeError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC') return problem('disk-full', `${what} could not be written: the disk is full.`, undefined, error);
  return problem('file-error', `${what} could not be written: ${message}.`, undefined, error);
}

/** The same failure, with what it changed; by default nothing. */
export function withChanges(error: KdcubeError, changed = NOTHING): KdcubeError {
  return new KdcubeError(error.problems, { cause: error.cause, changed });
}
