import { Play } from '../../../../testing/compose-rollouts/play';
import { composeStatus } from './status';
import { planComposeRollback } from './plan-rollback';

const ONE = { name: 'one' };
const TWO = { name: 'two', images: { 'kdcube-chat-proc-bundled': 'b2' } };
const NAMES = new Map([
  ['chat-proc', 'chat-proc'],
  ['metrics', 'metrics'],
]);

let play: Play;

beforeEach(async () => {
  play = new Play();
  await play.deploy(ONE);
  play.time += 10_000;
});

const state = async () => ({ containers: await play.host.readContainers(), releases: play.host.releases });
const status = async (releaseHere = 'one') => composeStatus({ state: await state(), records: [], names: NAMES, releaseHere });
const rollback = async (to?: string) =>
  planComposeRollback({
    environment: 'one',
    host: 'this machine',
    project: 'lifts',
    directory: '/opt/kdcube',
    file: 'docker-compose.yaml',
    state: await state(),
    secretStamps: new Map(),
    configFiles: play.host.files,
    ...(to !== undefined && { to }),
  });

test('what runs is the last release that succeeded: no drift', async () => {
  expect(await status()).toMatchObject({
    release: 'one',
    drift: [],
    notDeployed: [],
    services: [
      { service: 'chat-proc', status: 'healthy', running: 1, desired: 1, others: 0 },
      { service: 'metrics', status: 'healthy' },
    ],
  });
});

test('drift: a service that stopped, one that another program started, one without a container', async () => {
  play.host.containers.find(({ serviceName }) => serviceName === 'chat-proc')!.behavior = { exits: 137 };
  await play.host.up('metrics', undefined);
  const { drift, services } = await status();
  expect(drift).toEqual([
    'chat-proc: has a container that is exited (exit code 137)',
    expect.stringMatching(/^metrics: runs metrics:latest, which has no digest, not the pinned sha256:/),
  ]);
  expect(services.map((service) => [service.status, service.running, service.others])).toEqual([
    ['exited', 0, 0],
    ['starting', 0, 1],
  ]);
  play.host.containers = [];
  expect((await status()).services.map((service) => service.status)).toEqual(['missing', 'missing']);
});

test('a failed attempt, one that was killed, and what is not deployed yet', async () => {
  play.host.behaviors.set('*', { exits: 1 });
  await play.deploy(TWO, { onFailure: 'stop' });
  expect(await status('two')).toMatchObject({
    release: 'one',
    lastAttempt: { release: 'two', verdict: 'failed' },
    notDeployed: ['release.yaml is two'],
  });
  delete play.host.releases.at(-1)!.verdict;
  expect(await status()).toMatchObject({ unfinished: { release: 'two' } });
});

test('a rollback starts what the release ran, from the host alone, and ends as a release of its own', async () => {
  await play.deploy(TWO);
  play.host.registryDown = true;
  const plan = await rollback();
  expect([plan.release, plan.waves, plan.starts]).toEqual(['one', [{ name: 'proc', services: ['chat-proc'] }], []]);
  expect(await play.rollOut(plan)).toMatchObject({ exit: 0 });
  expect([play.runs()['chat-proc'], play.host.releases.map(({ release }) => release)]).toEqual(['a1', ['one', 'two', 'one']]);
  expect((await rollback()).release).toBe('two');
});

test('a rollback to what runs changes nothing; one to a release that the host does not keep names those that it has', async () => {
  const plan = await rollback('one');
  expect([plan.waves, await play.rollOut(plan)]).toMatchObject([[], { exit: 0, outcome: { hasWritten: false } }]);
  await expect(rollback('gone')).rejects.toThrow(/keeps no successful release "gone" of one\.[^]*one of one;/);
  await expect(rollback()).rejects.toThrow('no successful release of one other than the one that runs');
});
