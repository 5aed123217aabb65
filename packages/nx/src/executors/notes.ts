import type { Problem } from '@kdcube/release/internal';
import { formatProblem } from '@kdcube/release/internal';
import type { Log } from '../system/log';

/** Says what reading noted: what was rewritten, and what a person should know that is no error. */
export function sayNotes(notes: readonly Problem[], log: Log): void {
  for (const note of notes) log.note(formatProblem(note));
}
