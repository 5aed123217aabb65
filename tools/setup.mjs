// What every tool needs before it can start: the dependencies that package-lock.json names, installed.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

export const root = path.resolve(import.meta.dirname, '..');

/** Runs a program from the root of the repository with its output shown, and returns its exit code. After 30 minutes it is killed. */
export function show(program, args, env = {}) {
  const result = spawnSync(program, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...env },
    timeout: 30 * 60_000,
    killSignal: 'SIGKILL',
  });
  if (result.error) console.error(`${program}: ${result.error.message}`);
  return result.status ?? 1;
}

/** Runs an installed package's program, `name` of package `from`, without npx (which may ask, and is slow). */
export function showBin(name, args, env = {}, from = name) {
  return show(process.execPath, [binOf(name, from), ...args], env);
}

/** The environment for nx: no daemon and no terminal tricks are left behind by a script that ends. */
export const nxEnv = { NX_DAEMON: 'false', NX_TUI: 'false' };

/** npm ci, when what is installed is not what package-lock.json names. Compares contents, because file times differ with every checkout. */
export function ensureInstalled() {
  if (isInstalled()) return;
  console.log('Installing what package-lock.json names: npm ci');
  const code = show('npm', ['ci', '--no-audit', '--no-fund']);
  if (code !== 0) {
    console.error('npm ci failed; nothing else was tried.');
    process.exit(1);
  }
}

function isInstalled() {
  const wanted = readLock('package-lock.json');
  const present = readLock('node_modules/.package-lock.json');
  if (!present) return false;
  const same = (a, b) => a.version === b.version && a.integrity === b.integrity && a.resolved === b.resolved;
  return Object.entries(wanted).every(([name, entry]) => {
    if (!name.startsWith('node_modules/') && !name.includes('/node_modules/')) return true;
    const found = present[name];
    return found ? same(strip(entry), strip(found)) : Boolean(entry.optional || entry.devOptional || entry.peer);
  });
}

// npm leaves the address out of one of the two files, and links have one that is a folder.
function strip(entry) {
  return { version: entry.version, integrity: entry.integrity, resolved: entry.link ? entry.resolved : undefined };
}

function readLock(file) {
  try {
    return JSON.parse(fs.readFileSync(path.join(root, file), 'utf8')).packages;
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function binOf(name, from) {
  const home = path.join(root, 'node_modules', from);
  const { bin } = JSON.parse(fs.readFileSync(path.join(home, 'package.json'), 'utf8'));
  return path.join(home, typeof bin === 'string' ? bin : bin[name]);
}
