import * as fs from 'node:fs';
import * as path from 'node:path';
import { until, untilEnded } from '../../../../testing/hosts/until';
import { type Sshd, sshdMissing, startSshd } from '../../../../testing/hosts/sshd';
import { runAndSignal } from '../../../../testing/run-and-signal';
import { silentLog } from '../../../system/log';
import { openHost, withHost } from './host';
import { lockHost } from './lock';
import { withRegistryLogins } from './registry-login';

const missing = sshdMissing();
const withSshd = missing === undefined ? describe : describe.skip;

const thrown = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error) => error.problems[0],
  );

withSshd(`a real sshd${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  let server: Sshd;
  beforeAll(async () => {
    server = await startSshd();
  });
  afterAll(() => server.stop());

  it('runs programs, and writes files as the user of the host', () =>
    withHost(server.host, async (host) => {
      expect((await host.run('id', ['-un'])).stdout).toBe('kdtest\n');
      expect(await host.run('sh', ['-c', 'cat; exit 255'], { stdin: "it's\n" })).toEqual({
        stdout: "it's\n",
        stderr: '',
        exitCode: 255,
      });
      const file = path.join(server.folder, 'home/a/b.env');
      const bytes = Buffer.alloc(3_000_000, '\0ü\n');
      await host.writeFile(file, bytes, 0o600);
      expect(fs.statSync(file)).toMatchObject({ uid: 5501, mode: 0o100600 });
      expect(Buffer.from((await host.readFile(file))!).equals(bytes)).toBe(true);
      expect(await thrown(host.writeFile('/etc/kdcube.env', 'x', 0o600))).toMatchObject({
        code: 'host-denied',
        message: expect.stringContaining('/etc/kdcube.env cannot be written'),
      });
    }));

  it('uses one connection for all sessions', () =>
    withHost(server.host, async (host) => {
      const connections = await Promise.all(
        Array.from({ length: 12 }, async () => (await host.run('sh', ['-c', 'echo $SSH_CONNECTION'])).stdout),
      );
      expect(new Set(connections).size).toBe(1);
    }));

  it('stops the program on the host when this side goes away', async () => {
    const pids = path.join(server.folder, 'home/pids');
    const host = await openHost(server.host);
    const lost = thrown(host.run('sh', ['-c', 'sleep 300 & echo $$ $! >"$1"; wait', 'sh', pids]));
    await until(() => fs.existsSync(pids) && fs.readFileSync(pids, 'utf8').endsWith('\n'));
    await host.close();
    await lost;
    for (const pid of fs.readFileSync(pids, 'utf8').trim().split(' ')) await untilEnded(pid);
  }, 30_000);

  it('removes the lock and the logins of registries when this side goes away', async () => {
    const file = path.join(server.folder, 'home/.kdcube/lock');
    const credentials = { kind: 'password' as const, username: 'ci', password: 'correct-horse' };
    const host = await openHost(server.host);
    await lockHost(host, { file, who: 'alice@laptop', release: '2026.4', log: silentLog });
    await withRegistryLogins(host, [{ registry: 'registry.example.com', credentials }], async ({ DOCKER_CONFIG = '' }) => {
      expect(fs.readdirSync(DOCKER_CONFIG)).toEqual(['config.json']);
      await host.close();
      await until(() => !fs.existsSync(DOCKER_CONFIG) && !fs.existsSync(file));
    });
  });

  it.each([
    ['SIGKILL', null],
    ['SIGTERM', 143],
  ] as const)('a process that ends by %s leaves nothing on the host, and no connection', async (signal, exitCode) => {
    const before = connections(server.port);
    const pids = path.join(server.folder, `home/pids-${signal}`);
    const lock = path.join(server.folder, `home/.kdcube/lock-${signal}`);
    const file = (name: string) => JSON.stringify(path.join(__dirname, `${name}.ts`));
    const script = 'sleep 300 & echo $$ $! >"$1"; echo ready; wait';
    const program = `
      require(${file('host')}).openHost(${JSON.stringify(server.host)}).then(async (host) => {
        await require(${file('lock')}).lockHost(host, { file: ${JSON.stringify(lock)}, who: 'a', release: 'b', log: { note() {} } });
        await host.follow('sh', ['-c', ${JSON.stringify(script)}, 'sh', ${JSON.stringify(pids)}], (line) => console.log(line));
      });`;
    expect(await runAndSignal(program, signal)).toBe(exitCode);
    for (const pid of fs.readFileSync(pids, 'utf8').trim().split(' ')) await untilEnded(pid);
    await until(() => !fs.existsSync(lock));
    // Those of earlier tests may still be closing.
    await until(() => connections(server.port) <= before);
  });

  it(
    'says what is unknown after a cut, and logs in again',
    () =>
      withHost(server.host, async (host) => {
        const started = path.join(server.folder, 'home/started');
        const running = thrown(host.run('sh', ['-c', 'echo >"$1"; sleep 300', 'sh', started]));
        await until(() => fs.existsSync(started));
        // The server’s process of this connection.
        await host.run('sh', ['-c', 'kill $(ps -o ppid= -p $(ps -o ppid= -p $PPID))']).catch((error: unknown) => error);
        expect(await running).toMatchObject({
          code: 'host-connection-lost',
          message: expect.stringMatching(/was lost while sh .* ran\. Whether it finished is unknown/s),
        });
        expect((await host.run('echo', ['again'])).stdout).toBe('again\n');
      }),
    30_000,
  );

  it('refuses a user without a shell, and a key that the host does not accept', async () => {
    expect(await thrown(openHost(`ssh://noshell@127.0.0.1:${server.port}`))).toMatchObject({
      code: 'host-denied',
      message: expect.stringContaining('runs no program for this user'),
    });
    expect(await thrown(openHost(`ssh://root@127.0.0.1:${server.port}`))).toMatchObject({ code: 'host-denied' });
  });

  it('refuses an unknown and a changed host key, whatever the configuration says', async () => {
    const knownHosts = path.join(server.folder, 'known_hosts');
    const right = fs.readFileSync(knownHosts, 'utf8');
    const key = fs.readFileSync(path.join(server.folder, 'user_key.pub'), 'utf8').split(' ')[1];
    try {
      fs.writeFileSync(knownHosts, '');
      expect(await thrown(openHost(server.host))).toMatchObject({
        code: 'host-key',
        message: expect.stringContaining('not known to this machine'),
      });
      expect(fs.readFileSync(knownHosts, 'utf8')).toBe('');
      fs.writeFileSync(knownHosts, `[127.0.0.1]:${server.port} ssh-ed25519 ${key}\n`);
      expect(await thrown(openHost(server.host))).toMatchObject({
        code: 'host-key',
        message: expect.stringContaining(`is not the one in line 1 of ${knownHosts}`),
      });
    } finally {
      fs.writeFileSync(knownHosts, right);
    }
  });

  it('reports a host that is gone', async () => {
    const closed = await startSshd();
    await closed.stop();
    expect(await thrown(openHost(closed.host))).toMatchObject({
      code: 'host-unreachable',
      message: expect.stringContaining('refused'),
    });
  });
});

/** Established connections to a port of this machine. */
function connections(port: number): number {
  const remote = `:${port.toString(16).toUpperCase().padStart(4, '0')} 01 `;
  return fs
    .readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .filter((line) => line.includes(remote)).length;
}
