// The workspace of the demo, and its commands.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { nxEnv } from '../setup.mjs';

// For users without a configured git identity.
const identity = {
  GIT_AUTHOR_NAME: 'KDCube demo',
  GIT_AUTHOR_EMAIL: 'demo@example.com',
  GIT_COMMITTER_NAME: 'KDCube demo',
  GIT_COMMITTER_EMAIL: 'demo@example.com',
};

export function title(text) {
  console.log(`\n── ${text} ${'─'.repeat(Math.max(0, 76 - text.length))}`);
}

/** Creates a folder for the workspace `acme`. `env` of the returned object may be extended at any time. */
export function openShop() {
  const place = fs.mkdtempSync(path.join(os.tmpdir(), 'kdcube-demo-'));
  const dir = path.join(place, 'acme');
  const env = { ...identity, ...nxEnv, CI: 'true', KDCUBE_CACHE_DIR: path.join(place, 'cache'), NX_NO_CLOUD: 'true' };
  const file = (name) => path.join(dir, name);
  const shop = { place, dir, env, skipped: [], file, run, nx, failingNx, output, commit, edit };
  return shop;

  /** Runs a program. If it fails, the demo stops and keeps its folder. */
  async function run(cwd, program, args, { quiet = false } = {}) {
    if (!quiet) console.log(`$ ${program === process.execPath ? 'node' : program} ${args.map(short).join(' ')}`);
    const status = await ended(start(cwd, program, args, ['ignore', 'inherit', 'inherit']));
    if (status === 0) return;
    console.error(
      `\nThe demo stopped: ${path.basename(program)} ${args.join(' ')} ended with ${status}. Its folder is kept: ${place}`,
    );
    process.exit(1);
  }

  async function nx(...args) {
    console.log(`\n$ nx ${args.join(' ')}`);
    await run(dir, process.execPath, [nxBin(), ...args], { quiet: true });
  }

  /** Runs a command with --json that must fail, and returns its exit code and its last object. */
  async function failingNx(...args) {
    console.log(`\n$ nx ${args.join(' ')} --json`);
    const child = start(dir, process.execPath, [nxBin(), ...args, '--json'], ['ignore', 'pipe', 'inherit']);
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk) => (text += chunk));
    const status = await ended(child);
    const objects = text.split('\n').filter((line) => line.startsWith('{'));
    if (status === 0) throw new Error(`nx ${args.join(' ')} succeeded, but should have failed.`);
    return { status, last: objects.find((line) => line.includes('"event":"deployed"')) };
  }

  async function output(...args) {
    const child = start(dir, process.execPath, [nxBin(), ...args], ['ignore', 'pipe', 'inherit']);
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk) => (text += chunk));
    await ended(child);
    return text;
  }

  async function commit(message) {
    await run(dir, 'git', ['add', '-A'], { quiet: true });
    await run(dir, 'git', ['commit', '-q', '-m', message], { quiet: true });
  }

  function edit(name, change) {
    fs.writeFileSync(file(name), change(fs.readFileSync(file(name), 'utf8')));
  }

  function start(cwd, program, args, stdio) {
    // Asynchronous, because the demo's registry and stand-in run in this process. With the stand-in, the user's AWS variables are removed.
    const own = Object.entries(process.env).filter(([name]) => !(env.AWS_ENDPOINT_URL && name.startsWith('AWS_')));
    return spawn(program, args, { cwd, stdio, env: { ...Object.fromEntries(own), ...env } });
  }

  function nxBin() {
    const home = file('node_modules/nx');
    const { bin } = JSON.parse(fs.readFileSync(path.join(home, 'package.json'), 'utf8'));
    return path.join(home, typeof bin === 'string' ? bin : bin.nx);
  }
}

async function ended(child) {
  const [status] = await once(child, 'close');
  return status;
}

function short(arg) {
  return path.isAbsolute(arg) && path.relative(process.cwd(), arg).length < arg.length ? path.basename(arg) : arg;
}
