// What was asked and answered, one JSON object a line: { n, at, service, op, request, status, response, errorType }.
// validate.py reads it. `at` is the virtual time, `n` the number of the client's call; what a test did itself has `by` instead. An answer that was cut off on
// purpose is there too, with `cut`.
import fs from 'node:fs';

export function makeJournal(file) {
  if (file) fs.writeFileSync(file, '');
  const entries = [];
  return {
    entries,
    file,
    note(entry) {
      entries.push(entry);
      if (file) fs.appendFileSync(file, `${JSON.stringify(entry)}\n`);
    },
    /** How many of its client's calls were this operation. */
    calls: (op) => entries.filter((entry) => entry.op === op && entry.by === undefined).length,
  };
}
