// Every journal of a suite, against botocore's models, in one start of Python. ECS_DOUBLE_JOURNALS names the folder while the suite runs.
import fs from 'node:fs';
import path from 'node:path';
import { awsCli, checkJournals } from './python.mjs';

/** @import { AwsCliTools, MissingTools } from '../state/types.d.ts' */

const MAX_LINES = 20;

/**
 * { status: 'passed' | 'failed' | 'skipped', message }, or undefined where no double was started. Without awscli it is a skip with its reason; with KD_REQUIRE_ENGINE=1 a failure where it could be had.
 * @param {string} folder
 * @param {() => AwsCliTools | MissingTools} [tools]
 */
export function checkSuite(folder, tools = awsCli) {
  const files = fs.readdirSync(folder).sort();
  if (files.length === 0) return undefined;
  const found = tools();
  if (found.python === undefined)
    return { status: found.broken && process.env.KD_REQUIRE_ENGINE === '1' ? 'failed' : 'skipped', message: found.reason };
  const { passed, lines } = checkJournals(
    found,
    files.map((file) => path.join(folder, file)),
  );
  if (passed) return { status: 'passed', message: `${files.length} journals, ${lines.at(-1)}` };
  const more = lines.length - MAX_LINES;
  return { status: 'failed', message: [...lines.slice(0, MAX_LINES), ...(more > 0 ? [`… and ${more} more`] : [])].join('\n') };
}
