import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { type DockerAnswers, hostWithDocker } from '../../../testing/hosts/fake-docker';
import { readBase } from './compose-command';
import { imageDigests, readContainers } from './docker';
import { openHost } from './host/host';
import { hostFile } from '../../../../release/src/targets/compose/render/host-files';
import type { HostRelease } from '@kdcube/release/internal';
import { readReleases, writeRelease } from './releases';
import { keepRelease } from './rollout/keep';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const IMAGE = `registry.example.com/acme/proc@${DIGEST}`;

let directory: string;

beforeEach(() => (directory = fs.mkdtempSync(path.join(os.tmpdir(), 'kdcube-releases-'))));
afterEach(() => fs.rmSync(directory, { recursive: true, force: true }));

const place = () => ({ environment: 'host', project: 'kdcube', directory, file: 'docker-compose.yaml' });
const open = async (answers: DockerAnswers = [['', '']]) => hostWithDocker(await openHost(undefined), answers);
const read = (file: string) => fs.readFileSync(path.join(directory, file), 'utf8');

/** `text`: what its env file says. */
function release(number: number, text: string, verdict: HostRelease['verdict'] = 'succeeded'): HostRelease {
  const file = hostFile('.env.proc', text, 0o600);
  const service = { component: 'proc', kind: 'service' as const, serviceName: 'chat-proc', image: IMAGE, digests: [DIGEST] };
  const rest = { hash: 'h', baseHash: 'b', env: {}, envFile: file.path, desiredCount: 1, hasHealthCheck: true, stopTimeout: 1 };
  return {
    hostRelease: 1,
    number,
    environment: 'host',
    release: `r${number}`,
    ...(verdict && { verdict }),
    reason: '',
    startedAt: '2026-02-02T03:04:00.000Z',
    content: {
      services: { proc: { ...service, ...rest } },
      bundles: [],
      descriptor: '{}',
      files: [file],
      configFiles: [],
      compose: 'services: {}\n',
    },
  };
}

describe('the releases on a host', () => {
  it('are written with modes, read back, and a file that was edited by hand is written again', async () => {
    const host = await open();
    const one = release(1, 'A=1\n');
    await writeRelease(host, place(), one);
    const env = path.join(directory, one.content.files[0]!.path);
    expect([fs.readFileSync(env, 'utf8'), fs.statSync(env).mode & 0o777]).toEqual(['A=1\n', 0o600]);
    expect((await readReleases(host, place())).releases).toEqual([one]);
    fs.writeFileSync(env, 'A=2\n');
    await writeRelease(host, place(), one);
    expect(fs.readFileSync(env, 'utf8')).toBe('A=1\n');
  });

  it.each([
    ['cut off', (text: string) => text.slice(0, 100)],
    ['of another version', (text: string) => text.replace('"hostRelease": 1', '"hostRelease": 2')],
    ['of another environment', (text: string) => text.replace('"environment": "host"', '"environment": "other"')],
    ['of another number', (text: string) => text.replace('"number": 1', '"number": 7')],
    ['with an env file that was edited', (text: string) => text.replace('A=1', 'A=2')],
    ['with a path that leaves the folder', (text: string) => text.replaceAll('.kdcube/files/', '.kdcube/files/../../')],
  ])('one that is %s is not read', async (_, edit) => {
    const host = await open();
    await writeRelease(host, place(), release(1, 'A=1\n'));
    const file = path.join(directory, '.kdcube/releases/1/release.json');
    fs.writeFileSync(file, edit(fs.readFileSync(file, 'utf8')));
    expect(await readReleases(host, place())).toEqual({ releases: [], unreadable: [1] });
  });

  it('after a success: local tags, the compose file for people, and only what a rollback needs', async () => {
    const host = await open();
    for (const each of [release(1, 'A=1\n'), release(2, 'A=2\n', 'failed'), release(3, 'A=3\n'), release(4, 'A=1\n')])
      await writeRelease(host, place(), each);
    await keepRelease(host, place(), release(4, 'A=1\n'), 2);
    expect(host.asked).toEqual([
      `tag ${IMAGE} localhost/kdcube/kdcube/proc:4`,
      'image rm localhost/kdcube/kdcube/proc:2',
      'image rm localhost/kdcube/kdcube/proc:1',
    ]);
    expect(read('.kdcube/compose.yaml')).toBe('services: {}\n');
    expect(fs.readdirSync(path.join(directory, '.kdcube/releases')).sort()).toEqual(['3', '4']);
    // Release 4 needs the file of release 1.
    const texts = fs
      .readdirSync(path.join(directory, '.kdcube/files'))
      .map((folder) => read(`.kdcube/files/${folder}/.env.proc`));
    expect(texts.sort()).toEqual(['A=1\n', 'A=3\n']);
  });

  it('an image that gets no tag is a Problem, and no release is removed', async () => {
    const host = await open([
      ['tag ', { exitCode: 1, stderr: 'Error response from daemon: No such image\n' }],
      ['', ''],
    ]);
    for (const each of [release(1, 'A=1\n'), release(2, 'A=2\n')]) await writeRelease(host, place(), each);
    await expect(keepRelease(host, place(), release(2, 'A=2\n'), 1)).rejects.toMatchObject({
      problems: [{ code: 'command-failed', message: expect.stringContaining('No such image') }],
    });
    expect(fs.readdirSync(path.join(directory, '.kdcube/releases')).sort()).toEqual(['1', '2']);
    expect(read('.kdcube/compose.yaml')).toBe('services: {}\n');
  });

  it('removes nothing if one release cannot be read', async () => {
    const host = await open();
    for (const each of [release(1, 'A=1\n'), release(2, 'A=2\n'), release(3, 'A=3\n')]) await writeRelease(host, place(), each);
    fs.writeFileSync(path.join(directory, '.kdcube/releases/1/release.json'), '{');
    await keepRelease(host, place(), release(3, 'A=3\n'), 1);
    expect(fs.readdirSync(path.join(directory, '.kdcube/releases')).sort()).toEqual(['1', '2', '3']);
    expect(fs.readdirSync(path.join(directory, '.kdcube/files'))).toHaveLength(3);
  });
});

describe('what docker says', () => {
  const container = { id: 'c1', image: IMAGE, imageId: 'sha256:1', state: 'running', exitCode: 0, startedAt: 't', health: null };
  const line = (over: object) => JSON.stringify({ ...container, restartCount: 0, serviceName: 'chat-proc', hash: '', ...over });

  it('containers with the digests of their images; one that is gone in between is left out', async () => {
    const host = await open([
      ['ps ', 'c1\nc2\n'],
      ['inspect ', `${line({ hash: 'h', health: 'healthy' })}\n${line({ id: 'c2', imageId: 'sha256:2' })}\n`],
      ['image inspect ', `{"id":"sha256:1","digests":["${IMAGE}"]}\n{"id":"sha256:2","digests":null}\n`],
    ]);
    const rest = { serviceName: 'chat-proc', state: 'running', exitCode: 0, restartCount: 0, startedAt: 't', image: IMAGE };
    expect(await readContainers(host, place())).toEqual([
      { id: 'c1', ...rest, health: 'healthy', digests: [DIGEST], hash: 'h' },
      { id: 'c2', ...rest, digests: [] },
    ]);
    expect(host.asked[0]).toContain('label=com.docker.compose.project=kdcube');
    expect(host.asked.join()).not.toContain('.Config.Env');
  });

  it.each([
    [
      'a daemon that is down',
      { exitCode: 1, stderr: 'Cannot connect to the Docker daemon. Is the docker daemon running?' },
      'host-not-ready',
    ],
    [
      'a user without the group',
      { exitCode: 1, stderr: 'permission denied while trying to connect to the docker socket' },
      'host-denied',
    ],
  ])('%s', async (_, answer, code) => {
    const host = await open([['', answer]]);
    for (const work of [readContainers(host, place()), imageDigests(host, IMAGE)])
      await expect(work).rejects.toMatchObject({ problems: [{ code }] });
  });

  it('an image that the host does not have', async () => {
    expect(await imageDigests(await open([['', { exitCode: 1, stderr: 'Error: No such image: x' }]]), IMAGE)).toBeUndefined();
  });

  it('a compose file that compose rejects, and a service that it does not have', async () => {
    const environment = { services: [{ name: 'proc', serviceName: 'chat-proc', target: 'compose' }] } as never;
    const rejected = await open([['compose', { exitCode: 15, stderr: 'yaml: line 3: did not find expected key' }]]);
    await expect(readBase(rejected, place(), environment)).rejects.toThrow('did not find expected key');
    const other = await open([['compose', 'redis\nchat-ingress\n']]);
    await expect(readBase(other, place(), environment)).rejects.toThrow(/no service "chat-proc".*[^]*one of redis, chat-ingress/);
  });
});
