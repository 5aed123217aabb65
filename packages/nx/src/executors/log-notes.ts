import type { Problem } from '@kdcube/release/internal';
import { formatProblem, LIMITS } from '@kdcube/release/internal';
import type { Log } from '../system/log';

/** Logs what reading found that is no error: a rewritten value, a default worth knowing. */
export function logNotes(notes: readonly Problem[], log: Log): void {
  const printed = notes.slice(0, LIMITS.problemsPrinted.max);
  for (const note of printed) log.note(formatProblem(note));
  if (notes.length > printed.length) log.note(`and ${notes.length - printed.length} more`);
}
