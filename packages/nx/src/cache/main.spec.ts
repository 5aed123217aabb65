import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';

let folder: string;
let server: http.Server;
beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kd-cache-main-'));
  server = http.createServer((_, response) => void response.writeHead(404).end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  fs.rmSync(folder, { recursive: true });
});

/** Runs the program in a process of its own. `signal` is sent at the command's first output. */
function run(args: string[], signal?: NodeJS.Signals): Promise<{ exitCode: number | null; stdout: string; stderr: string }> {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const loader = path.join(__dirname, '../../testing/typescript.cjs');
  const child = spawn(process.execPath, ['-r', loader, path.join(__dirname, 'main.ts'), ...args], {
    env: { PATH: process.env.PATH, TMPDIR: folder, NX_SELF_HOSTED_REMOTE_CACHE_SERVER: url },
  });
  const output = { stdout: '', stderr: '' };
  child.stderr.on('data', (data: Buffer) => (output.stderr += data.toString()));
  child.stdout.on('data', (data: Buffer) => {
    if (output.stdout === '' && signal) child.kill(signal);
    output.stdout += data.toString();
  });
  return new Promise((resolve) => child.once('close', (exitCode) => resolve({ exitCode, ...output })));
}

it('stdout is the command’s own, and the last line of stderr says what happened', async () => {
  const { exitCode, stdout, stderr } = await run(['sh', '-c', 'echo "{}"; exit 4']);
  expect([exitCode, stdout]).toEqual([4, '{}\n']);
  expect(stderr).toMatch(/^The cache 127[^ ]*: 0 restored, 0 not there, 0 stored\.\n$/);
});

it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
  '%s reaches the command, which ends first; nothing is left behind',
  async (signal) => {
    const command = 'trap "echo cleaned; exit 3" TERM INT HUP; sleep 9 >/dev/null 2>&1 & echo started; wait';
    const { exitCode, stdout } = await run(['sh', '-c', command], signal);
    expect([exitCode, stdout]).toEqual([3, 'started\ncleaned\n']);
    expect(fs.readdirSync(folder).filter((name) => name.startsWith('kdcube'))).toEqual([]);
  },
);

it('a wrong option is a Problem, and prints no stack', async () => {
  const { exitCode, stderr } = await run(['--readonly', 'nx']);
  expect([exitCode, stderr]).toEqual([
    1,
    '[wrong-option]\n  kdcube-cache has no option --readonly.\n  hint  npx kdcube-cache --help\n1 problem.\n',
  ]);
});
