import { Play, type PlayedRelease } from '../../../../testing/compose-rollouts/play';
import type { ReadinessAnswer } from '../../../deploy/readiness/answer';
import { planComposeRollback } from '../plan/plan-rollback';

const PLATFORM = '2026.8.19.120';
const ONE: PlayedRelease = { name: 'one', platform: PLATFORM, bundles: ['lifts@1-4 v1 a', 'huts@1-0 v1 h'] };
const TWO: PlayedRelease = {
  ...ONE,
  name: 'two',
  bundles: ['lifts@1-4 v2 b', 'huts@1-0 v1 h'],
  images: { 'kdcube-chat-proc-bundled': 'b2' },
};

const PROC_TWO = `chat-proc 123456789012.dkr.ecr.eu-central-1.amazonaws.com/alps/kdcube-chat-proc-bundled@sha256:${'b2'.repeat(32)}`;
const READY = { readiness: 'independent', state: 'ready', ready: true };
const RETRYING = { readiness: 'independent', state: 'retrying', ready: false };

let play: Play;
beforeEach(() => {
  play = new Play();
});

/** All bundles are ready, but for those that are named; undefined leaves one out. */
function listed(states: Record<string, object | undefined> = {}, more: object = {}): ReadinessAnswer {
  const { tenant, project } = play.plan(ONE).plan.content.readiness!;
  const body = JSON.stringify({ tenant, project, applications: { 'lifts@1-4': READY, 'huts@1-0': READY, ...states }, ...more });
  return { status: 200, type: 'application/json', body, process: 'p/1' };
}

async function deployed(release = ONE): Promise<void> {
  play.host.bundles = () => listed();
  expect(await play.deploy(release)).toMatchObject({ exit: 0 });
  play.events = [];
}

const asked = () => play.host.calls.filter((call) => call.startsWith('ask '));
const notes = () => play.events.flatMap((event) => (event.event === 'note' ? [event.text] : []));

test('the wave of proc ends when every bundle is ready in three answers in a row, before the next wave begins', async () => {
  await deployed();
  play.host.bundles = (request) => listed(request < 4 ? { 'lifts@1-4': RETRYING } : {});
  play.host['asked'] = 0;
  expect(await play.deploy({ ...TWO, images: { ...TWO.images, 'kdcube-metrics': 'c3' } })).toMatchObject({ exit: 0 });
  expect(asked()).toHaveLength(6);
  expect(asked()[0]).toContain('http://127.0.0.1:8020/monitoring/applications');
  const { calls } = play.host;
  expect(calls.findIndex((call) => call.startsWith('up metrics'))).toBeGreaterThan(
    calls.findLastIndex((call) => call.startsWith('ask ')),
  );
  expect(notes()).toContain('chat-proc: 2 of 2 bundles are ready, as 1 process of chat-proc answered');
});

test.each<[string, object | undefined, string]>([
  ['is not ready in time', RETRYING, 'lifts@1-4 (retrying)'],
  ['is not listed', undefined, 'lifts@1-4 (proc does not list it)'],
])('a bundle that %s is a failure with the log of proc, and is rolled back', async (_, state, text) => {
  await deployed();
  play.host.bundles = () => listed({ 'lifts@1-4': state });
  const ended = await play.deploy(TWO);
  expect(ended).toMatchObject({ exit: 35, outcome: { verdict: 'rolled-back' } });
  expect(ended.text).toContain(`chat-proc: 1 of 2 bundles are ready; not ready: ${text}.\n    | the last line of chat-proc`);
  expect(ended.outcome?.problem?.changed).toBe('Rolled back: chat-proc.');
  expect(play.runs()['chat-proc']).toBe('a1');
});

test('--onFailure=stop leaves the new proc', async () => {
  await deployed();
  play.host.bundles = () => listed({ 'lifts@1-4': RETRYING });
  expect(await play.deploy(TWO, { onFailure: 'stop' })).toMatchObject({ exit: 35, outcome: { verdict: 'failed' } });
  expect(play.runs()['chat-proc']).toBe('b2');
});

test.each<[string, () => ReadinessAnswer, string]>([
  ['has no Python', () => ({ unanswered: 'its image has no python3' }), 'its image has no python3'],
  ['answers 429', () => ({ status: 429, type: '', body: '' }), 'it answers 429'],
  ['answers for another tenant', () => listed({}, { tenant: 'other' }), 'it answers for other/'],
])('a proc that %s says nothing about the release: the verdict rests on containers and digests', async (_, answer, why) => {
  await deployed();
  play.host.bundles = answer;
  expect(await play.deploy(TWO)).toMatchObject({ exit: 0, outcome: { verdict: 'succeeded' } });
  const [note] = notes().filter((text) => text.includes('could not be asked'));
  expect(note).toContain(`chat-proc: whether the bundles are ready could not be asked: ${why}`);
  expect(note).toMatch(/The verdict rests on containers and digests$/);
});

test('a proc that answered and does not answer any more: the verdict is unknown, and nothing is rolled back', async () => {
  await deployed();
  play.host['asked'] = 0;
  play.host.bundles = (request) => (request === 1 ? listed({ 'lifts@1-4': RETRYING }) : { unanswered: 'it does not answer' });
  const ended = await play.deploy(TWO, { timeout: 20 * 60_000 });
  expect(ended).toMatchObject({ outcome: { verdict: 'unknown' } });
  expect(ended.text).toContain('By its last answer, not ready: lifts@1-4 (retrying).');
  expect([play.runs()['chat-proc'], ended.outcome?.problem?.changed]).toEqual([
    'b2',
    'Updated, and left as they are: chat-proc.',
  ]);
});

test.each([
  ['crashes', { restartsAfter: 12 }, 12, 'its container exited, and docker restarted it once'],
  ['exits', { exitsAfter: 12 }, 12, 'its container exited with 1'],
  ['becomes unhealthy', { unhealthyAfter: 12 }, 13, 'its health check fails'],
])(
  'a proc that %s while its bundles are waited for is rolled back at once, although it answered',
  async (_, behavior, exit, why) => {
    await deployed();
    play.host.bundles = () => listed({ 'lifts@1-4': RETRYING });
    play.host.behaviors.set(PROC_TWO, behavior);
    const startedAt = play.time;
    const ended = await play.deploy(TWO, { timeout: 20 * 60_000 });
    expect(ended).toMatchObject({ exit, outcome: { verdict: 'rolled-back' } });
    expect(ended.text).toContain(`chat-proc: while its bundles were waited for, ${why}.`);
    expect([play.runs()['chat-proc'], play.time - startedAt < 120_000]).toEqual(['a1', true]);
  },
);

test('a proc that this run did not start may have been restarted long ago', async () => {
  await deployed();
  play.host.behaviors.clear();
  for (const container of play.host.containers.filter(({ serviceName }) => serviceName === 'chat-proc'))
    container.behavior = { restartsAfter: 1 };
  expect(await play.deploy({ ...ONE, images: { 'kdcube-metrics': 'c3' } })).toMatchObject({ exit: 0 });
});

test('a plan that leaves proc as it is asks at the end, and rolls nothing back', async () => {
  await deployed();
  play.host.bundles = () => listed({ 'lifts@1-4': RETRYING });
  const ended = await play.deploy({ ...ONE, images: { 'kdcube-metrics': 'c3' } });
  expect(ended).toMatchObject({ exit: 35, outcome: { verdict: 'failed' } });
  expect(play.runs()).toMatchObject({ 'chat-proc': 'a1', metrics: 'c3' });
});

test('an empty plan asks too, and changes nothing', async () => {
  await deployed();
  expect(await play.deploy(ONE)).toMatchObject({ exit: 0 });
  expect(asked()).toHaveLength(3);
  play.host.bundles = () => listed({ 'huts@1-0': RETRYING });
  expect(await play.deploy(ONE)).toMatchObject({ exit: 35, outcome: { hasWritten: false } });
  expect(play.started()).toEqual([]);
});

test('every container of proc is asked in turn, and counts as processes of its own', async () => {
  const { plan } = play.plan(ONE);
  plan.services.find(({ service }) => service === 'chat-proc')!.desiredCount.after = 2;
  plan.content.services['chat-proc']!.desiredCount = 2;
  play.host.bundles = () => listed();
  expect(await play.rollOut(plan)).toMatchObject({ exit: 0 });
  expect(new Set(asked().map((call) => call.split(' ')[1])).size).toBe(2);
  expect(notes().join('\n')).toContain('as 2 processes of chat-proc answered');
});

test('with wait: required, only a required bundle is waited for; the others are named', async () => {
  const release = { ...ONE, more: 'readiness: { wait: required }\n' };
  play.host.bundles = () => listed({ 'lifts@1-4': RETRYING });
  expect(await play.deploy(release)).toMatchObject({ exit: 0 });
  expect(notes().join('\n')).toContain('not ready, and not waited for: lifts@1-4 (retrying)');
  play.host.bundles = () => listed({ 'lifts@1-4': { ...RETRYING, readiness: 'required' } });
  expect(await play.deploy(release)).toMatchObject({ exit: 35 });
});

test('an older platform is not asked, and the plan says so where the environment expects it', async () => {
  const release = { ...ONE, platform: '2026.7.20.444', more: 'readiness: { wait: all }\n' };
  const { plan } = play.plan(release);
  expect(plan.content.readiness).toBeUndefined();
  expect(plan.notes.join('\n')).toContain('does not answer whether its bundles are ready');
  expect(await play.rollOut(plan)).toMatchObject({ exit: 0 });
  expect(asked()).toEqual([]);
});

test('readiness.url is for ECS: the plan says that proc is asked in its container', () => {
  const { plan } = play.plan({ ...ONE, more: 'readiness: { url: "https://app.example.com/x" }\n' });
  expect(plan.notes).toContain('readiness.url is for ECS: on a host, proc is asked in its container.');
});

test('a rollback asks as the release did that it goes back to', async () => {
  await deployed();
  await deployed(TWO);
  const { host } = play;
  const rollback = planComposeRollback({
    ...play.plan(TWO).plan,
    state: { containers: await host.readContainers(), releases: host.releases },
    secretStamps: new Map(),
    configFiles: host.files,
  });
  expect([rollback.release, rollback.content.readiness]).toEqual(['one', host.releases[0]!.content.readiness]);
  play.host.bundles = () => listed({ 'huts@1-0': RETRYING });
  const ended = await play.rollOut(rollback);
  expect([ended.text, ended.exit]).toEqual([expect.stringContaining('not ready: huts@1-0 (retrying)'), 35]);
  expect(play.runs()['chat-proc']).toBe('b2');
});

test('Ctrl-C while it waits: what was started stays, and the command that continues is named', async () => {
  await deployed();
  play.host.bundles = () => listed({ 'lifts@1-4': RETRYING });
  let isRequested = false;
  const stop = { isRequested: () => isRequested, requested: new Promise<void>(() => undefined) };
  const { ask } = play.host;
  play.host.ask = async (...args) => {
    isRequested = true;
    return ask.apply(play.host, args);
  };
  const ended = await play.deploy(TWO, { stop });
  expect(ended.text).toContain('The deploy of two was interrupted.');
  expect(play.runs()['chat-proc']).toBe('b2');
});
