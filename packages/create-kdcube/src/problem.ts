/** Problem codes of @kdcube/release. This package has no dependencies, so that `npm create` downloads one package; a test compares the codes. */
export const CODES = [
  'command-failed',
  'disk-full',
  'file-error',
  'git-missing',
  'interrupted',
  'already-exists',
  'unsafe-name',
  'wrong-option',
] as const;
export type Code = (typeof CODES)[number];

/** What happened and why, and what to type. Printed in the format of @kdcube/release. */
export class CreateError extends Error {
  /** The last line, in full sentences: what was created, and what was not. */
  changed = 'No file or folder was created.';

  constructor(
    readonly code: Code,
    readonly text: string,
    readonly hint?: string,
    cause?: unknown,
  ) {
    super(text, cause === undefined ? undefined : { cause });
  }

  format(): string {
    const lines = [`[${this.code}]`, ...this.text.split('\n').map((line) => `  ${line}`)];
    if (this.hint) lines.push(...`hint  ${this.hint}`.split('\n').map((line) => `  ${line}`));
    return [...lines.map(printable), `1 problem. ${this.changed}`].join('\n');
  }
}

/** Control characters are shown as \xNN, never sent to a terminal. */
function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

/** A failed file operation as a Problem. */
export function fileError(error: unknown, what: string): CreateError {
  if (error instanceof CreateError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC') return new CreateError('disk-full', `${what} could not be written: the disk is full.`, undefined, error);
  return new CreateError('file-error', `${what} could not be written: ${message}.`, undefined, error);
}
