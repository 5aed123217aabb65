import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { untilEnded } from '../../../../testing/hosts/until';
import { type FakeSsh, fakeSsh } from '../../../../testing/hosts/fake-ssh';
import { resetStop } from '../../../system/programs/signals';
import { type Host, openHost, withHost } from './host';

const HOST = 'ssh://deploy@kdcube.example.com:2222';
const HARD = ['', ' ', "it's", '"$HOME"', '`id`', '$(id)', '\\', '\n', 'a\nb\n', '!!', '-n', '*', '~', 'ü€𝄞', '#', '&&', '%s'];

let ssh: FakeSsh;
let folder: string;

beforeEach(() => {
  ssh = fakeSsh();
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kdcube-host-'));
});
afterEach(() => {
  ssh.remove();
  fs.rmSync(folder, { recursive: true, force: true });
  resetStop();
});

const thrown = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error) => error.problems[0],
  );

describe.each([
  ['this machine', undefined],
  [HOST, HOST],
])('a host: %s', (name, where) => {
  const on = <T>(work: (host: Host) => Promise<T>) => withHost(where, work);

  it('runs programs with their arguments, variables and input byte for byte', () =>
    on(async (host) => {
      expect(host.name).toBe(name);
      const { stdout, exitCode } = await host.run('printf', ['%s\\0', ...HARD]);
      expect(stdout.split('\0')).toEqual([...HARD, '']);
      expect(exitCode).toBe(0);
      for (const value of HARD)
        expect(
          (await host.run('sh', ['-c', 'printf %s "$KDCUBE_VALUE"; pwd'], { env: { KDCUBE_VALUE: value }, cwd: folder })).stdout,
        ).toBe(`${value}${folder}\n`);
      const input = HARD.join('\n').repeat(10_000);
      expect((await host.run('cat', [], { stdin: input })).stdout).toBe(input);
      expect((await host.run('cat', [])).stdout).toBe('');
    }));

  it('returns the exit code and the error output of a program', () =>
    on(async (host) => {
      const result = await host.run('sh', ['-c', 'echo out; printf why >&2; exit 255']);
      expect(result).toEqual({ stdout: 'out\n', stderr: 'why', exitCode: 255 });
    }));

  it('follows both outputs by line', () =>
    on(async (host) => {
      const lines: string[] = [];
      const code = await host.follow('sh', ['-c', 'echo one; echo two >&2; printf three; exit 4'], (line) => lines.push(line));
      expect(lines.sort()).toEqual(['one', 'three', 'two']);
      expect(code).toBe(4);
    }));

  it('writes, reads, lists and removes files', () =>
    on(async (host) => {
      const file = path.join(folder, 'new', "it's.env");
      const bytes = Buffer.from([0, 1, 2, 10, 255, 13]);
      expect(await host.readFile(file)).toBeUndefined();
      expect(await host.list(path.dirname(file))).toEqual([]);
      await host.writeFile(file, bytes, 0o600);
      expect(Buffer.from((await host.readFile(file))!)).toEqual(bytes);
      expect(fs.statSync(file).mode & 0o777).toBe(0o600);
      await host.writeFile(file, 'text', 0o644);
      expect(fs.readFileSync(file, 'utf8')).toBe('text');
      expect(fs.statSync(file).mode & 0o777).toBe(0o644);
      await host.writeFile(path.join(folder, 'new/.hidden'), '', 0o600);
      expect(await host.list(path.dirname(file))).toEqual(['.hidden', "it's.env"]);
      await host.remove(path.join(folder, 'new'));
      expect(await host.list(folder)).toEqual([]);
    }));

  it('explains what cannot be read or written', () =>
    on(async (host) => {
      expect(await thrown(host.writeFile(folder, 'x', 0o600))).toMatchObject({
        code: 'file-error',
        message: expect.stringContaining('it is a folder'),
      });
      expect(await thrown(host.readFile(folder))).toMatchObject({
        code: 'file-error',
        message: expect.stringContaining('it is not a file'),
      });
      expect(await thrown(host.writeFile('/dev/full/x', 'x', 0o600))).toMatchObject({ code: 'file-error' });
      for (const unsafe of ['relative', '/', '/a/../b', '/a//b', '/a/', '/a\nb'])
        expect(await thrown(host.remove(unsafe))).toMatchObject({ code: 'unsafe-path' });
    }));

  it('stops a program at its timeout, with its children', () =>
    on(async (host) => {
      const pids = path.join(folder, 'pids');
      const script = 'sleep 300 & echo $$ $! >"$1"; wait';
      expect(await thrown(host.run('sh', ['-c', script, 'sh', pids], { timeout: 1_500 }))).toMatchObject({
        code: 'command-timeout',
        message: expect.stringContaining('sh -c'),
      });
      for (const pid of fs.readFileSync(pids, 'utf8').trim().split(' ')) await untilEnded(pid);
    }));

  it('has a Problem for a program or a folder that does not exist', () =>
    on(async (host) => {
      expect(await thrown(host.run('no-such-program', []))).toMatchObject({
        code: 'command-failed',
        message: expect.stringContaining(`no-such-program is not on ${name}`),
      });
      expect(await thrown(host.run('true', [], { cwd: '/no/such/folder' }))).toMatchObject({ code: 'file-error' });
    }));
});

describe('a host over ssh', () => {
  it('logs in once, accepts no host key silently, and shows nothing of a command in its arguments', async () => {
    await withHost(HOST, async (host) => {
      await host.run('cat', ['an argument'], { env: { NAME: 'a value' }, stdin: 'a secret' });
      await host.writeFile(path.join(folder, 'file'), 'a secret', 0o600);
    });
    const calls = ssh.args();
    expect(calls.filter((line) => line.includes('ControlMaster=yes'))).toHaveLength(1);
    for (const call of calls) {
      expect(call).toContain('-o BatchMode=yes -o StrictHostKeyChecking=yes');
      expect(call).toContain('-p 2222 -l deploy -- kdcube.example.com exec /bin/sh -c ');
      expect(call).not.toMatch(/an argument|a value|a secret/);
    }
  });

  it('runs at most 8 sessions at once, the login included', () =>
    withHost(HOST, async (host) => {
      const script = 'echo >"$1/$$"; sleep 0.3; ls "$1" | wc -l; rm "$1/$$"';
      const counts = await Promise.all(Array.from({ length: 15 }, () => host.run('sh', ['-c', script, 'sh', folder])));
      expect(Math.max(...counts.map(({ stdout }) => Number(stdout)))).toBe(7);
    }));

  it('ignores what a login shell writes of its own', () =>
    withHost(HOST, async (host) => {
      ssh.set('shell', 'echo Welcome; echo Welcome >&2; exec sh -c "$1"');
      expect(await host.run('sh', ['-c', 'echo out; echo err >&2'])).toEqual({ stdout: 'out\n', stderr: 'err\n', exitCode: 0 });
    }));

  it('says what is unknown after a cut, stops the program, and logs in again', () =>
    withHost(HOST, async (host) => {
      expect(await thrown(host.run('sh', ['-c', 'echo; kill -9 0; sleep 300']))).toMatchObject({
        code: 'host-connection-lost',
        message: expect.stringContaining('Whether it finished is unknown'),
      });
      ssh.cut();
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect((await host.run('echo', ['again'])).stdout).toBe('again\n');
      expect(ssh.args().filter((line) => line.includes('ControlMaster=yes'))).toHaveLength(2);
    }));

  it('does not log in again after it was closed: nobody would end that connection', async () => {
    const host = await openHost(HOST);
    await host.close();
    expect(await thrown(host.run('true', []))).toMatchObject({ code: 'host-connection-lost' });
    expect(ssh.args().filter((line) => line.includes('ControlMaster=yes'))).toHaveLength(1);
  });

  it.each([
    ['host-unreachable', 'ssh: connect to host kdcube.example.com port 2222: Connection refused', 'Connection refused'],
    ['host-unreachable', 'ssh: Could not resolve hostname kdcube.example.com: Name or service not known', 'Could not resolve'],
    ['host-denied', 'deploy@kdcube.example.com: Permission denied (publickey).', 'denies the login'],
    [
      'host-key',
      'No ED25519 host key is known for x and you have requested strict checking.\nHost key verification failed.',
      'not known',
    ],
    [
      'host-key',
      'WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!\nOffending ED25519 key in /home/x/.ssh/known_hosts:7\nHost key verification failed.',
      'not the one in line 7 of /home/x/.ssh/known_hosts',
    ],
  ])('refuses a login: %s', async (code, stderr, message) => {
    ssh.set('fails', stderr);
    expect(await thrown(openHost(HOST))).toMatchObject({
      code,
      message: expect.stringContaining(message),
      hint: expect.any(String),
    });
  });

  it('refuses a user without a shell', async () => {
    ssh.set('shell', 'echo This account is currently not available.; exit 1');
    expect(await thrown(openHost(HOST))).toMatchObject({
      code: 'host-denied',
      message: expect.stringContaining('not available'),
    });
  });
});
