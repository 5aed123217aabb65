// Many processes take one lock, and are killed at random moments.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { type Sandbox, sandbox } from '../../../testing/git-kit';

jest.setTimeout(300_000);

let box: Sandbox;
beforeEach(() => {
  box = sandbox();
});
afterEach(() => box.end());

/** Takes the lock until the file `stop` exists. While it holds the lock, it creates a file that only a killed process may leave behind. */
const WORKER = `
const fs = require('node:fs');
const lock = require(${JSON.stringify(path.join(__dirname, 'lock.ts'))});
const isAlive = (pid) => {
  try {
    return !/\\) [ZX] /.test(fs.readFileSync('/proc/' + pid + '/stat', 'utf8'));
  } catch {
    return false;
  }
};
const [folder] = process.argv.slice(1);
const [inside, log, stop] = ['inside', 'log', 'stop'].map((name) => folder + '/' + name);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
(async () => {
  while (!fs.existsSync(stop)) {
    await lock.withLock('x', async () => {
      const other = Number(fs.existsSync(inside) ? fs.readFileSync(inside, 'utf8') : 0);
      if (other && isAlive(other)) fs.appendFileSync(log, 'two owners: ' + other + ' and ' + process.pid + '\\n');
      fs.writeFileSync(inside, String(process.pid));
      await pause(Math.random() * 4);
      if (fs.readFileSync(inside, 'utf8') !== String(process.pid)) fs.appendFileSync(log, 'replaced ' + process.pid + '\\n');
      fs.rmSync(inside);
      fs.appendFileSync(log, 'ok\\n');
    }, { timeout: 60000, heartbeat: 20 });
  }
})().catch((error) => { fs.appendFileSync(log, String(error.stack) + '\\n'); process.exit(1); });
`;

function startWorker(program = process.execPath, before: string[] = []): ChildProcess {
  const kit = path.join(__dirname, '../../../testing/typescript.cjs');
  return spawn(program, [...before, '-r', kit, '-e', WORKER, box.dir], { stdio: 'inherit', env: process.env });
}

const closed = (child: ChildProcess) => new Promise<void>((resolve) => child.once('close', () => resolve()));
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

function outcome(): { successes: number; failures: string[] } {
  const log = path.join(box.dir, 'log');
  const lines = fs.existsSync(log) ? fs.readFileSync(log, 'utf8').split('\n').filter(Boolean) : [];
  const failures = lines.filter((line) => line !== 'ok');
  return { successes: lines.length - failures.length, failures };
}

/** Waits for this many more turns; a failure ends the wait. */
async function moreTurns(count: number): Promise<void> {
  const { successes } = outcome();
  while (outcome().successes < successes + count && outcome().failures.length === 0) await pause(5);
}

const stopWorkers = () => fs.writeFileSync(path.join(box.dir, 'stop'), '');
const KILLS = 25;

(fs.existsSync('/proc/self/stat') ? it : it.skip)('never has two owners while processes are killed, and ends free', async () => {
  const running = new Set<ChildProcess>();
  const start = () => {
    const child = startWorker();
    running.add(child);
    child.once('close', () => running.delete(child));
  };
  for (let count = 0; count < 4; count += 1) start();
  await moreTurns(20);
  for (let kill = 0; kill < KILLS && outcome().failures.length === 0; kill += 1) {
    await moreTurns(2);
    await pause(Math.random() * 8);
    const candidates = [...running];
    // The oldest ones: the others may not have started yet.
    candidates[Math.floor((Math.random() * candidates.length) / 2)]!.kill('SIGKILL');
    start();
  }
  await moreTurns(10);
  stopWorkers();
  await Promise.all([...running].map(closed));
  expect(outcome().failures).toEqual([]);
  // A process that is killed while it takes a lock may leave a temporary file, but no lock.
  expect(fs.readdirSync(path.join(process.env.KDCUBE_CACHE_DIR!, 'locks')).filter((name) => !name.includes('.'))).toEqual([]);
});

const UNSHARE = ['--user', '--map-root-user', '--pid', '--fork', '--mount-proc', '--kill-child'];
const canUnshare = spawnSync('unshare', [...UNSHARE, 'true']).status === 0;

(canUnshare ? it : it.skip)(
  `processes with PID 1 in two containers never have it at once${canUnshare ? '' : ': needs unshare'}`,
  async () => {
    // Each container sees its own PID 1 alive, so any owner that it finds counts as a second owner; no process is killed.
    const workers = [0, 1, 2].map(() => startWorker('unshare', [...UNSHARE, process.execPath]));
    await moreTurns(40);
    stopWorkers();
    await Promise.all(workers.map(closed));
    expect(outcome().failures).toEqual([]);
  },
);
