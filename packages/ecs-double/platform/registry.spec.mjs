// The platform's Redis beside the rollouts: what proc and ingress do to it as they start, and what a rollback leaves behind.
import { CLUSTER, startDouble, definition, deploy, isFinished, service, until } from '../testing/kit.mjs';

const started = [];
afterEach(async () => {
  for (const double of started.splice(0)) await double.close();
});

const descriptor = (...ids) =>
  JSON.stringify({
    default_bundle_id: ids[0],
    bundles: Object.fromEntries(ids.map((id) => [id, { id, path: '/bundles', module: `${id}.entrypoint` }])),
  });
const variables = (given) => Object.entries(given).map(([name, value]) => ({ name, value }));

/** A proc service on revision 1, and revision 2 registered with this environment; the images hold the folders a, and a and b. */
async function proc(first, second, more = {}) {
  const family = (image, environment) => ({
    ...definition('app', image, { name: 'chat-proc', environment: variables({ BUNDLES_INCLUDE_EXAMPLES: '0', ...environment }) }),
  });
  const double = await startDouble({
    taskDefinitions: [family('proc:1', first), family('proc:2', second)],
    services: [service('app', { taskDefinition: 'app:1' })],
    images: {
      'proc:1': { digest: `sha256:${'1'.repeat(64)}`, bundles: ['a'] },
      'proc:2': { digest: `sha256:${'2'.repeat(64)}`, bundles: ['a', 'b'] },
    },
    ...more,
  });
  started.push(double);
  return double;
}
const one = { AGENTIC_BUNDLES_JSON: descriptor('a') };
const two = { AGENTIC_BUNDLES_JSON: descriptor('a', 'b') };
const FORCE = { BUNDLES_FORCE_ENV_ON_STARTUP: '1' };
const ids = (double) => Object.keys(double.registry().bundles);

test('an empty registry is seeded, a stored one beats the environment', async () => {
  const double = await proc(one, two);
  expect(ids(double)).toEqual(['a']);
  await deploy(double);
  await until(double, isFinished);
  expect([ids(double), double.registry().subset]).toEqual([['a'], true]);
});

test('force replaces it, and is visible on what runs', async () => {
  const double = await proc(one, { ...two, ...FORCE });
  expect(double.registry().force).toBe(false);
  await deploy(double);
  await until(double, isFinished);
  expect([ids(double), double.registry().force]).toEqual([['a', 'b'], true]);
});

test('a rollback leaves the new registry under the old image', async () => {
  const double = await proc(
    one,
    { ...two, ...FORCE },
    { rules: [{ match: { taskDefinition: 'app:2' }, do: { exit: { code: 1, after: 5 } } }] },
  );
  await deploy(double);
  await until(double, isFinished);
  expect(double.registry()).toMatchObject({ subset: false, missing: [{ id: 'b', folder: 'b' }], running: [{ image: 'proc:1' }] });
});

test('one that dies before it reads its configuration changes nothing', async () => {
  const double = await proc(
    one,
    { ...two, ...FORCE },
    { rules: [{ match: { taskDefinition: 'app:2' }, do: { seeds: false, exit: { code: 1, after: 1 } } }] },
  );
  await deploy(double);
  await until(double, isFinished);
  expect(double.registry().subset).toBe(true);
});

test('a second force within a minute does nothing in the seed era', async () => {
  const { containerStarted, state } = (await proc(one, one)).world.registry;
  const times = [0, 30_000, 70_000].map((time) => ({ clock: { now: () => 1e12 + time } }));
  const container = { name: 'chat-proc', image: 'x' };
  const force = (world, id) =>
    containerStarted(world, { id: 't' }, container, {
      AGENTIC_BUNDLES_JSON: descriptor(id),
      BUNDLES_INCLUDE_EXAMPLES: '0',
      ...FORCE,
    });
  state.lockedUntil = 0;
  const seen = times.map((world, index) => (force(world, `n${index}`), Object.keys(state.bundles)[0]));
  expect(seen).toEqual(['n0', 'n0', 'n2']);
});

test('ingress with examples seeds before proc: proc’s own bundles never come in without force', async () => {
  const ingress = definition('ingress', 'ingress:1', { name: 'chat-ingress' });
  const double = await proc(
    one,
    { ...two, ...FORCE },
    {
      taskDefinitions: [
        ingress,
        definition('app', 'proc:1', { name: 'chat-proc', environment: variables(one) }),
        definition('app', 'proc:2', { name: 'chat-proc', environment: variables({ ...two, ...FORCE }) }),
      ],
      services: [service('ingress'), service('app', { taskDefinition: 'app:1', desiredCount: 0 })],
    },
  );
  await double.as('UpdateService', { cluster: CLUSTER, service: 'app', desiredCount: 1 });
  await double.clock.advance(300_000);
  expect([ids(double).includes('kdcube.admin'), ids(double).includes('a')]).toEqual([true, false]);
  await deploy(double);
  await until(double, isFinished);
  expect(ids(double)).toEqual(['a', 'b']);
});

test.each([
  ['a list', '[{"id":"b","path":"/bundles"}]'],
  ['items', '{"bundles":{"items":[{"id":"b","path":"/bundles"}]}}'],
  ['no JSON', '{'],
  ['nothing', '{"bundles":{}}'],
])('a forced descriptor that is %s is not stored', async (_, text) => {
  const double = await proc(one, { AGENTIC_BUNDLES_JSON: text, ...FORCE });
  await deploy(double);
  await until(double, isFinished);
  expect(ids(double)).toEqual(['a']);
  expect(double.registry().history.at(-1).what).toMatch(/^force failed/);
});

test('one entry without a path empties it in memory, not in Redis', async () => {
  const text = JSON.stringify({
    bundles: { a: { path: '/bundles', module: 'a.entrypoint' }, bad: { name: 'bad' } },
    default_bundle_id: 'nobody',
  });
  const double = await proc({ AGENTIC_BUNDLES_JSON: text }, one);
  expect([ids(double), double.registry().running[0].loaded, double.registry().default]).toEqual([
    ['a', 'bad'],
    [],
    'kdcube.admin',
  ]);
});

test('platforms from April on do not read the variable', async () => {
  const double = await proc(one, { ...two, ...FORCE }, { registry: { era: 'head' } });
  await deploy(double);
  await until(double, isFinished);
  expect(ids(double)).toEqual([]);
});

test('the gateway’s copy in Redis beats its environment, but for force', async () => {
  const config = (concurrent) =>
    JSON.stringify({ tenant: 'acme', project: 'demo', service_capacity: { concurrent_requests_per_process: concurrent } });
  const double = await proc({ GATEWAY_CONFIG_JSON: config(1) }, { GATEWAY_CONFIG_JSON: config(2) });
  const stored = () => double.registry().gateway['acme:demo:kdcube:config:gateway:current'];
  await deploy(double);
  await until(double, isFinished);
  expect(stored()).toBe(config(1));
  await double.as(
    'RegisterTaskDefinition',
    definition('app', 'proc:2', {
      name: 'chat-proc',
      environment: variables({ GATEWAY_CONFIG_JSON: config(3), GATEWAY_CONFIG_FORCE_ENV_ON_STARTUP: '1' }),
    }),
  );
  await deploy(double, 'app:3');
  await until(double, isFinished);
  expect(stored()).toBe(config(3));
});

test('force is for proc: ingress with the flag replaces nothing', async () => {
  const { world } = await proc(one, one);
  world.registry.state.lockedUntil = 0;
  world.registry.containerStarted(
    world,
    { id: 't' },
    { name: 'chat-ingress', image: 'x' },
    { ...two, ...FORCE, BUNDLES_INCLUDE_EXAMPLES: '0' },
  );
  expect(Object.keys(world.registry.state.bundles)).toEqual(['a']);
});
