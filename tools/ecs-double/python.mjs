// awscli from PyPI in a virtual environment of its own, made once: a client that we did not write, and botocore's models with it.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const HOME =
  process.env.KD_ENGINE_DIR ?? path.join(process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache'), 'kdcube-engine');
/** The folder of the environment that is ready. Written last, so that one that was cut off is never taken for it. */
const READY = path.join(HOME, 'awscli.txt');
const PACKAGE = 'awscli>=1.46,<2';

let found;

/**
 * { python, aws } or { reason, broken? }: what is missing on this machine. `broken`: Python is there and the index answers, and still it cannot be
 * installed; that is no reason to skip. Looked for once.
 */
export function awsCli() {
  return (found ??= find());
}

function find() {
  const ready = fs.existsSync(READY) ? fs.readFileSync(READY, 'utf8') : undefined;
  if (ready && fs.existsSync(path.join(ready, 'bin/aws'))) return tools(ready);
  if (!runs('python3', ['-c', 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 9))']))
    return { reason: 'no python3 (3.9 or newer, with venv)' };
  fs.mkdirSync(HOME, { recursive: true });
  // The scripts in it hold its path, so it is made in its place: two that make one at the same time make two.
  const folder = fs.mkdtempSync(path.join(HOME, 'awscli-'));
  const pip = path.join(folder, 'bin/pip');
  const asks = ['--disable-pip-version-check', '--quiet', '--retries', '1', '--timeout', '20'];
  if (runs('python3', ['-m', 'venv', folder]) && runs(pip, ['install', ...asks, PACKAGE])) {
    fs.writeFileSync(`${READY}.${process.pid}`, folder);
    fs.renameSync(`${READY}.${process.pid}`, READY);
    return tools(folder);
  }
  const reached = runs(pip, ['download', ...asks, '--no-deps', '--dest', folder, PACKAGE]);
  fs.rmSync(folder, { recursive: true, force: true });
  return { reason: reached ? 'awscli could not be installed' : 'no package index with awscli', broken: reached };
}

function tools(folder) {
  return { python: path.join(folder, 'bin/python3'), aws: path.join(folder, 'bin/aws') };
}

function runs(program, args) {
  try {
    execFileSync(program, args, { stdio: 'ignore', timeout: 300_000 });
    return true;
  } catch {
    return false;
  }
}

/** test() for what needs awscli: without it a skip that says why; with KD_REQUIRE_ENGINE=1 a failure where it could be had. `run` gets the tools. */
export function testWithAwsCli(name, run) {
  const found = awsCli();
  if (found.aws) return test(name, () => run(found));
  if (found.broken && process.env.KD_REQUIRE_ENGINE === '1')
    return test(name, () => {
      throw new Error(`KD_REQUIRE_ENGINE=1, but ${found.reason}`);
    });
  return test.skip(`${name} (skipped: ${found.reason})`, () => {});
}

/** What validate.py finds in a journal: { passed, lines }. */
export function checkJournal({ python }, file) {
  try {
    const said = execFileSync(python, [path.join(import.meta.dirname, 'validate.py'), file], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return { passed: true, lines: said.trim().split('\n') };
  } catch (error) {
    return { passed: false, lines: `${error.stdout}${error.stderr}`.trim().split('\n') };
  }
}
