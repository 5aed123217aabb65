// An interrupted run reports only the interruption: not a missing git, a wrong password or a bundle that failed.
import * as fs from 'node:fs';
import * as path from 'node:path';
import { gitText } from '../../git/git';
import { type Boot, bootImage } from '../../images/boot/boot';
import { findContainerEngine } from '../../images/boot/container-engine';
import { findEngine, pushWithEngine } from '../../images/build/engine';
import { silentLog } from '../log';
import { dockerCredentials } from '../../registry/credentials/docker-config';
import { resetStop, recordStop } from './signals';
import { problemOf, type Sandbox, sandbox, write } from '../../../testing/git-kit';

let box: Sandbox;
beforeEach(() => {
  box = sandbox();
});
afterEach(() => box.end());
afterEach(resetStop);

/** Puts a stand-in for docker on the PATH that runs `script`, and returns its calls. */
async function withDocker(script: string, work: () => Promise<void>): Promise<string[]> {
  const bin = box.folder('bin');
  const calls = path.join(box.dir, 'calls');
  write(bin, { docker: { executable: `#!/bin/sh\necho "$1 $2" >> '${calls}'\n${script}\n` } });
  const before = process.env.PATH;
  process.env.PATH = `${bin}:${before}`;
  await work().finally(() => (process.env.PATH = before));
  return fs.readFileSync(calls, 'utf8').trim().split('\n');
}

it.each<[string, () => Promise<unknown>]>([
  ['git', () => gitText({ cwd: box.dir }, ['version'])],
  ['an engine that builds', () => findEngine('auto')],
  ['an engine that runs', () => findContainerEngine('auto')],
  [
    'a credential helper',
    () => {
      write(box.dir, { 'config.json': '{"credsStore": "x"}' });
      return dockerCredentials('ghcr.io', { ...process.env, DOCKER_CONFIG: box.dir });
    },
  ],
])('reports %s that was not started as interrupted, not as missing', async (_, ask) => {
  recordStop('git fetch', 'SIGTERM');
  expect(await problemOf(ask())).toMatchObject({
    code: 'interrupted',
    message: expect.stringMatching(/was not started, because git fetch was stopped by SIGTERM\.$/),
  });
});

it('an interrupted push removes its name from the engine’s store; a push that did not start removes none', async () => {
  const push = () => problemOf(pushWithEngine('buildx', 'local', 'r.io/remote', silentLog, { plainHttp: false }));
  const stopped = await withDocker('[ "$1" = push ] && exit 143; exit 0', async () => {
    expect(await push()).toEqual({ code: 'interrupted', message: 'docker push was stopped by SIGTERM.' });
  });
  expect(stopped).toEqual(['tag local', 'push r.io/remote', 'rmi r.io/remote']);
  resetStop();
  fs.rmSync(path.join(box.dir, 'calls'));
  const untagged = await withDocker('echo no such image >&2; exit 1', async () => {
    expect((await push()).code).toBe('push-failed');
  });
  expect(untagged).toEqual(['tag local']);
});

it('an interrupted boot test reports no bundle, and removes its container', async () => {
  const boot: Boot = {
    reference: 'x',
    platform: 'linux/amd64',
    entries: [{ id: 'a', module: 'a.entrypoint' }],
    bundles: [{ id: 'a', folder: 'a', place: 'bundles/a' }],
    memory: '1g',
    timeout: 5,
    image: 'proc',
  };
  const calls = await withDocker('[ "$1" = run ] && exit 143; echo true', async () => {
    expect(await problemOf(bootImage('buildx', boot, silentLog))).toEqual({
      code: 'interrupted',
      message: 'The boot test of proc was stopped.',
    });
  });
  expect(calls).toEqual(['run --rm', 'container inspect', 'rm --force']);
});
