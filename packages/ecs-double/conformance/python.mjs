// awscli from PyPI in a virtual environment of its own, made once: a client that we did not write, and botocore's models with it.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { venv } from './venv.mjs';

/** @import { AwsCliTools } from '../state/types.d.ts' */

const AWSCLI = { name: 'awscli', wanted: 'awscli>=1.46,<2', program: 'aws' };

let found;

/** { python, aws } or { reason, broken? }: what is missing on this machine. Searched once. */
export function awsCli() {
  return (found ??= find());
}

function find() {
  const { folder, ...why } = venv(AWSCLI);
  return folder ? { python: path.join(folder, 'bin/python3'), aws: path.join(folder, 'bin', AWSCLI.program) } : why;
}

/**
 * test() for what needs awscli. Without it the test skips with a reason; with KD_REQUIRE_ENGINE=1 it fails where awscli could be installed.
 * @param {string} name
 * @param {(tools: AwsCliTools) => unknown} run
 */
export function testWithAwsCli(name, run) {
  const found = awsCli();
  if (found.aws) return test(name, async () => void (await run(found)));
  if (found.broken && process.env.KD_REQUIRE_ENGINE === '1')
    return test(name, () => {
      throw new Error(`KD_REQUIRE_ENGINE=1, but ${found.reason}`);
    });
  return test.skip(`${name} (skipped: ${found.reason})`, () => {});
}

/**
 * What validate.py finds in a journal: { passed, lines }.
 * @param {Pick<AwsCliTools, 'python'>} tools
 * @param {string} file
 */
export function checkJournal(tools, file) {
  return checkJournals(tools, [file]);
}

/**
 * In one or many. Their names go in by the standard input: there may be more than fit on a command line.
 * @param {Pick<AwsCliTools, 'python'>} options
 * @param {string[]} files
 */
export function checkJournals({ python }, files) {
  const script = path.join(import.meta.dirname, 'validate.py');
  const { status, stdout, stderr } = spawnSync(python, [script, '-'], {
    input: files.join('\n'),
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  return { passed: status === 0, lines: `${stdout}${status === 0 ? '' : stderr}`.trim().split('\n') };
}
