// Installs the dependencies in package-lock.json, and runs programs.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

export const root = path.resolve(import.meta.dirname, '..');

/** Runs a program in the root of the repository, shows its output, and returns its exit code. Time-out: 30 minutes. */
export function show(program, args, env = {}) {
  const result = spawnSync(program, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...env },
    timeout: 45 * 60_000,
    killSignal: 'SIGKILL',
  });
  if (result.error) console.error(`${program}: ${result.error.message}`);
  return result.status ?? 1;
}

/** Runs an installed package's program, `name` of package `from`, without npx, which is slow and may prompt. */
export function showBin(name, args, env = {}, from = name) {
  return show(process.execPath, [binOf(name, from), ...args], env);
}

/** The environment for nx: no daemon and no TUI. */
export const nxEnv = { NX_DAEMON: 'false', NX_TUI: 'false' };

/** Runs npm ci if node_modules differs from package-lock.json. Compares contents, because file times differ between checkouts. */
export function ensureInstalled() {
  if (isInstalled()) return;
  console.log('Installing dependencies: npm ci');
  const code = show('npm', ['ci', '--no-audit', '--no-fund']);
  if (code !== 0) {
    console.error('npm ci failed.');
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

// npm omits the URL in one of the two files, and the URL of a link is a folder.
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
