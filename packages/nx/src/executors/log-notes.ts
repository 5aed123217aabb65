import type { Problem } from '@kdcube/release/internal';
import { formatProblem } from '@kdcube/release/internal';
import type { Log } from '../system/log';

/** Logs what reading found that is no error: a rewritten value, a default worth knowing. */
export function logNotes(notes: readonly Problem[], log: Log): void {
  for (const note of notes) log.note(formatProblem(note));
}
