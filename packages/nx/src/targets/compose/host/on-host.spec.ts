import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { KdcubeError } from '@kdcube/release/internal';
import { type FakeSsh, fakeSsh } from '../../../../testing/hosts/fake-ssh';
import { silentLog } from '../../../system/log';
import { resetStop } from '../../../system/programs/signals';
import { type Host, openHost } from './host';
import { lockHost } from './lock';
import { pullImage } from './pull';
import { withRegistryLogins } from './registry-login';
import { stampSecret, stampSecretFiles } from './secret-files';

const REFERENCE = `registry.example.com/acme/proc@sha256:${'a'.repeat(64)}`;

let ssh: FakeSsh;
let folder: string;
let host: Host;

beforeEach(async () => {
  ssh = fakeSsh();
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kdcube-on-host-'));
  host = await openHost('ssh://deploy@kdcube.example.com');
});
afterEach(async () => {
  await host.close();
  ssh.remove();
  fs.rmSync(folder, { recursive: true, force: true });
  resetStop();
});

const thrown = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error) => error.problems[0],
  );

describe('the lock of a host', () => {
  const options = (over: object = {}) => ({
    file: path.join(folder, '.kdcube/lock'),
    who: 'alice@laptop',
    release: '2026.4',
    log: silentLog,
    ...over,
  });

  it('is held by one deploy, names it, and is free again afterwards', async () => {
    const lock = await lockHost(host, options());
    expect(await thrown(lockHost(host, options({ who: 'bob@ci' })))).toMatchObject({
      code: 'deploy-in-progress',
      message: expect.stringMatching(
        /^alice@laptop deploys 2026\.4 on ssh:\/\/\S+ since \d{4}-\d\d-\d\dT\S+Z, and holds the lock \(renewed \d+ s ago\)\.$/,
      ),
      hint: expect.stringMatching(/kill \d+ {4}which removes the lock/),
    });
    await lock.release();
    expect(fs.existsSync(options().file)).toBe(false);
    await (await lockHost(host, options({ who: 'bob@ci' }))).release();
  });

  it('goes to exactly one of several that start at once', async () => {
    const others = await Promise.all([1, 2, 3].map(() => openHost(undefined)));
    const results = await Promise.allSettled([host, ...others].map((one) => lockHost(one, options())));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const result of results) if (result.status === 'fulfilled') await result.value.release();
  });

  it.each([1, 3])('is taken over with a note if its process is gone (%d deploys at once)', async (count) => {
    fs.mkdirSync(path.dirname(options().file));
    fs.writeFileSync(options().file, '4194303\nboot 1\nalice@laptop\n2026.3\n2026-03-02T10:30:00Z\n');
    const notes: string[] = [];
    const hosts = await Promise.all(Array.from({ length: count }, () => openHost(undefined)));
    const results = await Promise.allSettled(
      hosts.map((one) => lockHost(one, options({ log: { note: (text: string) => notes.push(text) } }))),
    );
    expect(notes).toEqual([
      'took over the lock of alice@laptop, who deployed 2026.3 since 2026-03-02T10:30:00Z: that session has ended',
    ]);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const result of results) if (result.status === 'fulfilled') await result.value.release();
  });

  it('a cut while it is released is a note: how the deploy ended does not change', async () => {
    const notes: string[] = [];
    const lost = new KdcubeError({ code: 'host-connection-lost', message: 'Cut.' });
    const cut = { ...host, run: () => Promise.reject(lost) };
    await (await lockHost(cut, options({ log: { note: (text: string) => notes.push(text) } }))).release();
    expect(notes).toEqual([expect.stringMatching(/is left to its session on ssh:\/\/.*: Cut\.$/)]);
    // Its session ends.
    fs.rmSync(options().file);
  });

  it('says why it cannot be made', async () => {
    fs.writeFileSync(path.join(folder, '.kdcube'), '');
    expect(await thrown(lockHost(host, options()))).toMatchObject({
      code: 'host-denied',
      message: expect.stringMatching(/cannot be made on .*(?:exist|directory)/i),
    });
  });
});

describe('logins of registries', () => {
  const LOGINS = [
    { registry: 'registry.example.com', credentials: { kind: 'password' as const, username: 'ci', password: 'correct-horse' } },
    { registry: 'docker.io', credentials: { kind: 'identity' as const, token: 'battery-staple' } },
  ];
  const AUTHS = {
    'registry.example.com': { auth: Buffer.from('ci:correct-horse').toString('base64') },
    'https://index.docker.io/v1/': { identitytoken: 'battery-staple' },
  };

  it('are in a private folder while the work runs, and nowhere else', async () => {
    let used = '';
    await withRegistryLogins(host, LOGINS, async ({ DOCKER_CONFIG = '' }) => {
      used = DOCKER_CONFIG;
      expect(JSON.parse(fs.readFileSync(path.join(used, 'config.json'), 'utf8'))).toEqual({ auths: AUTHS });
      expect(fs.statSync(used).mode & 0o777).toBe(0o700);
      expect(fs.statSync(path.join(used, 'config.json')).mode & 0o777).toBe(0o600);
      expect(execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })).not.toMatch(/correct-horse|battery-staple/);
    });
    expect(fs.existsSync(used)).toBe(false);
    expect(ssh.args().join('\n')).not.toMatch(/correct-horse|battery-staple/);
  });

  it('are removed after a failure', async () => {
    let used = '';
    const work = (then: () => Promise<void>) =>
      withRegistryLogins(host, LOGINS, async ({ DOCKER_CONFIG = '' }) => {
        used = DOCKER_CONFIG;
        await then();
      });
    await expect(work(() => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
    expect(fs.existsSync(used)).toBe(false);
  });

  it('a folder that cannot be removed does not change how the work ended: its session removes it', async () => {
    const cut = { ...host, run: () => Promise.reject(new KdcubeError({ code: 'host-connection-lost', message: 'Cut.' })) };
    let used = '';
    const work = async ({ DOCKER_CONFIG = '' }: Readonly<Record<string, string>>) => ((used = DOCKER_CONFIG), 'deployed');
    expect(await withRegistryLogins(cut, LOGINS, work)).toBe('deployed');
    fs.rmSync(used, { recursive: true });
  });

  it('are those of the host if this machine has none', () =>
    withRegistryLogins(host, [], (env) => Promise.resolve(expect(env).toEqual({}))));
});

describe('pulls', () => {
  const docker = (script: string) => fs.writeFileSync(path.join(ssh.folder, 'docker'), `#!/bin/sh\n${script}`, { mode: 0o755 });

  it('report layers, and use the login', async () => {
    docker(
      'echo "$DOCKER_CONFIG $*" >"$FAKE_SSH/called"; for layer in aaaaaaaaaaaa bbbbbbbbbbbb; do echo "$layer: Pulling fs layer"; done; echo "aaaaaaaaaaaa: Already exists"; echo "bbbbbbbbbbbb: Download complete"; echo "bbbbbbbbbbbb: Pull complete"',
    );
    const progress: string[] = [];
    await pullImage(host, REFERENCE, { env: { DOCKER_CONFIG: '/login' }, onProgress: (text) => progress.push(text) });
    expect(progress).toEqual(['1 of 2 layers', '2 of 2 layers']);
    expect(fs.readFileSync(path.join(ssh.folder, 'called'), 'utf8')).toBe(`/login pull -- ${REFERENCE}\n`);
  });

  it.each([
    ['disk-full', 'failed to register layer: write /usr/lib/x: no space left on device', 'The disk of ssh://'],
    ['image-pull-failed', 'Error response from daemon: manifest unknown', 'manifest unknown'],
  ])('fail with %s', async (code, stderr, message) => {
    docker(`echo '${stderr}' >&2; exit 1`);
    const problem = await thrown(pullImage(host, REFERENCE, { onProgress: () => undefined }));
    expect(problem).toMatchObject({ code, message: expect.stringContaining(message) });
  });
});

describe('secret files', () => {
  const key = () => path.join(folder, '.kdcube/stamp-key');
  const secret = (name: string, content: string, mode = 0o600) => {
    const file = path.join(folder, name);
    fs.writeFileSync(file, content, { mode });
    fs.chmodSync(file, mode);
    return file;
  };

  it('get a stamp that changes with the content and with the key, and is not its hash', async () => {
    const one = secret('one.env', 'PASSWORD=hunter2\n');
    const two = secret('two.env', 'PASSWORD=hunter3\n', 0o640);
    const same = secret('same.env', 'PASSWORD=hunter2\n');
    const stamps = await stampSecretFiles(host, key(), [one, two, same]);
    expect([...stamps.keys()]).toEqual([one, two, same]);
    expect(stamps.get(one)).toMatch(/^[0-9a-f]{64}$/);
    expect(stamps.get(two)).not.toBe(stamps.get(one));
    expect(stamps.get(same)).toBe(stamps.get(one));
    expect(await stampSecret(host, key(), 'PASSWORD=hunter2\n')).toBe(stamps.get(one));
    expect(execFileSync('sha256sum', [one], { encoding: 'utf8' })).not.toContain(stamps.get(one));
    expect(fs.statSync(key())).toMatchObject({ size: 128, mode: 0o100600 });
    fs.rmSync(key());
    expect((await stampSecretFiles(host, key(), [one])).get(one)).not.toBe(stamps.get(one));
    expect(ssh.args().join('\n')).not.toContain('hunter2');
  });

  it('must be there, files, and closed to others', async () => {
    const problems = await stampSecretFiles(host, key(), [
      path.join(folder, 'none'),
      folder,
      secret('open.env', 'x', 0o644),
    ]).catch((error) => error.problems);
    expect(problems).toMatchObject([
      { code: 'secret-unreadable', message: expect.stringContaining('does not exist') },
      { code: 'secret-unreadable', message: expect.stringContaining('is not a file') },
      { code: 'secret-unreadable', message: expect.stringContaining('mode 644'), hint: expect.stringContaining('chmod 600') },
    ]);
  });
});
