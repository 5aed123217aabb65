// What was asked and answered, one JSON object a line: { n, at, service, op, request, status, response, errorType }.
// validate.py reads it. `at` is the virtual time. An answer that was cut off on purpose is there too, with `cut`.
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
    calls: (op) => entries.filter((entry) => entry.op === op).length,
  };
}
