// A Python package from PyPI in a virtual environment of its own, made once in the user's cache folder.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const HOME =
  process.env.KD_ENGINE_DIR ?? path.join(process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache'), 'kdcube-engine');

/**
 * { folder } or { reason, broken? }: what is missing on this machine. `broken`: Python is there and the index answers, and still it cannot be
 * installed; that is no reason to skip. `program` is what the package puts into bin.
 * @param {{ name: string, wanted: string, program: string }} options
 */
export function venv({ name, wanted, program }) {
  // Written last, so that one that was cut off never counts as ready.
  const ready = path.join(HOME, `${name}.txt`);
  const made = fs.existsSync(ready) ? fs.readFileSync(ready, 'utf8') : undefined;
  if (made && fs.existsSync(path.join(made, 'bin', program))) return { folder: made };
  if (!runs('python3', ['-c', 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 9))']))
    return { reason: 'no python3 (3.9 or newer, with venv)' };
  fs.mkdirSync(HOME, { recursive: true });
  // The scripts in it hold its path, so it is made in its place: two that make one at the same time make two.
  const folder = fs.mkdtempSync(path.join(HOME, `${name}-`));
  const pip = path.join(folder, 'bin/pip');
  const asks = ['--disable-pip-version-check', '--quiet', '--retries', '1', '--timeout', '20'];
  if (runs('python3', ['-m', 'venv', folder]) && runs(pip, ['install', ...asks, wanted])) {
    fs.writeFileSync(`${ready}.${process.pid}`, folder);
    fs.renameSync(`${ready}.${process.pid}`, ready);
    return { folder };
  }
  const reached = runs(pip, ['download', ...asks, '--no-deps', '--dest', folder, wanted]);
  fs.rmSync(folder, { recursive: true, force: true });
  return { reason: reached ? `${name} could not be installed` : `no package index with ${name}`, broken: reached };
}

/**
 * @param {string} program
 * @param {string[]} args
 */
function runs(program, args) {
  try {
    execFileSync(program, args, { stdio: 'ignore', timeout: 300_000 });
    return true;
  } catch {
    return false;
  }
}
