// Every call and its response, one JSON object per line: { n, at, service, op, request, status, response, errorType }.
// validate.py reads it. `at` is the virtual time, `n` the number of the client's call; a test's own call has `by` instead. A response that was cut off
// has `cut`.
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

/** @import { JournalEntry } from '../state/types.d.ts' */

/** @param {string | undefined} file */
export function makeJournal(file) {
  const files = [file, suiteFile()].filter((one) => one !== undefined);
  if (file) fs.writeFileSync(file, '');
  /** @type {JournalEntry[]} */
  const entries = [];
  return {
    entries,
    file,
    /** @param {JournalEntry} entry */
    record(entry) {
      entries.push(entry);
      for (const target of files) fs.appendFileSync(target, `${JSON.stringify(entry)}\n`);
    },
    /**
     * How many of its client's calls were this operation.
     * @type {(op: string) => number}
     */
    calls: (op) => entries.filter((entry) => entry.op === op && entry.by === undefined).length,
  };
}

/**
 * ECS_DOUBLE_JOURNALS names a folder: then every double keeps its journal there too, whoever started it, for one check of all of them at the end of a suite
 * (check-journals.mjs). A test gives its file's name, so that what is found can be found again.
 */
function suiteFile() {
  const folder = process.env.ECS_DOUBLE_JOURNALS;
  if (!folder) return undefined;
  const { expect } = /** @type {{ expect?: { getState?(): { testPath?: string } } }} */ (globalThis);
  const test = expect?.getState?.().testPath;
  return path.join(folder, `${test ? path.basename(test) : 'program'}-${crypto.randomUUID()}.ndjson`);
}
