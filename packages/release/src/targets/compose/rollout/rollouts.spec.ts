import { Killed } from '../../../../testing/compose-rollouts/host';
import { BASE, Play, type PlayedRelease } from '../../../../testing/compose-rollouts/play';

const ONE: PlayedRelease = { name: 'one' };
/** Another bundle: the image of proc and the descriptor change. */
const TWO: PlayedRelease = {
  name: 'two',
  bundles: ['lifts@1-4 v2 b', 'huts@1-0 v1 h'],
  images: { 'kdcube-chat-proc-bundled': 'b2' },
};
const ALL = { 'chat-proc': 'a1', 'chat-ingress': 'a1', metrics: 'a1', 'web-proxy': 'a1', redis: 'own' };
const PROC_TWO = `chat-proc 123456789012.dkr.ecr.eu-central-1.amazonaws.com/alps/kdcube-chat-proc-bundled@sha256:${'b2'.repeat(32)}`;

let play: Play;
beforeEach(() => (play = new Play()));

async function deployed(release: PlayedRelease = ONE): Promise<void> {
  expect(await play.deploy(release)).toMatchObject({ exit: 0 });
  play.events = [];
}

test('the first deploy on an empty host: what the services depend on, the database, then waves; Redis is overwritten once', async () => {
  await deployed();
  expect(play.started()).toEqual([
    'redis',
    'postgres-setup one',
    'chat-proc one forced',
    'chat-proc one',
    'chat-ingress one',
    'metrics one',
    'web-proxy one',
  ]);
  expect([play.runs(), play.host.releases[0]?.verdict, play.host.preserved, play.host.isLocked]).toEqual([
    ALL,
    'succeeded',
    [1],
    false,
  ]);
});

test('the same release again changes nothing, and takes no lock', async () => {
  await deployed();
  expect(await play.deploy(ONE)).toMatchObject({ exit: 0 });
  expect(play.host.calls).toEqual(['readContainers']);
});

test('another bundle: only proc is replaced', async () => {
  await deployed();
  expect(await play.deploy(TWO)).toMatchObject({ exit: 0, outcome: { verdict: 'succeeded' } });
  expect([play.started(), play.runs()]).toEqual([['chat-proc two forced', 'chat-proc two'], { ...ALL, 'chat-proc': 'b2' }]);
});

test.each([undefined, '2026.7.20.444'])('the same bundles under another tag restart nothing (platform %s)', async (platform) => {
  const release = { ...ONE, ...(platform && { platform }) };
  await deployed(release);
  const { plan } = play.plan({ ...release, name: 'tagged', bundles: ['lifts@1-4 v1.0.1 a'] });
  expect([plan.waves, plan.descriptor.force, plan.bundles[0]?.change]).toEqual([[], false, 'unchanged']);
});

test('another image of proc with the same bundles: Redis is left alone', async () => {
  await deployed();
  await deployed({ ...ONE, name: 'three', images: TWO.images });
  expect(play.started()).toEqual(['chat-proc three']);
});

test('a changed variable: only the services that read it', async () => {
  await deployed();
  await deployed({ ...ONE, more: 'env: { metrics: { METRICS_EXPORT_ON_START: "0" } }\n' });
  expect(play.started()).toEqual(['metrics one']);
});

test('a changed compose file of the host: only the service that changed', async () => {
  await deployed();
  const base = { services: { ...BASE.services, metrics: { image: 'metrics:v2', mem_limit: '512m' } } };
  const { plan } = play.plan({ ...ONE, base });
  expect(plan.services.find(({ service }) => service === 'metrics')?.reasons).toEqual(['the compose file on the host changed']);
  expect([await play.rollOut(plan), play.started()]).toMatchObject([{ exit: 0 }, ['metrics one']]);
});

test('a changed secret file: the services that read it', async () => {
  const more = 'secrets: { proc: { OPENAI_API_KEY: "file:/etc/kdcube/openai.env" } }\n';
  await deployed({ ...ONE, more, secretStamps: { '/etc/kdcube/openai.env': 'x' } });
  await deployed({ ...ONE, more, secretStamps: { '/etc/kdcube/openai.env': 'y' } });
  expect(play.started()).toEqual(['chat-proc one']);
});

describe('a service that does not come up is rolled back, with its log', () => {
  test.each([
    ['exits', { exits: 3 }, 12, 'chat-proc: its container exited with 3.'],
    ['is restarted again and again', { restarts: true }, 12, 'and docker restarted it'],
    ['is unhealthy', { unhealthy: true }, 13, 'its health check fails'],
    ['hangs', { hangs: true }, 15, 'did not become healthy within 2 min'],
    [
      'has another image than the pinned one',
      { otherDigest: true, healthyAfter: 0 },
      21,
      `runs sha256:${'f'.repeat(64)}, not the pinned`,
    ],
    ['has its port taken', { refuses: 'port is already allocated' }, 55, 'port is already allocated'],
  ])('%s', async (_, behavior, exit, text) => {
    await deployed();
    play.host.behaviors.set(PROC_TWO, behavior);
    const ended = await play.deploy(TWO);
    expect(ended).toMatchObject({ exit, outcome: { verdict: 'rolled-back' } });
    expect(ended.text).toContain(text);
    expect(ended.outcome?.problem?.changed).toBe('Rolled back: chat-proc.');
    expect([play.runs(), play.host.releases.at(-1)?.verdict, play.host.isLocked]).toEqual([ALL, 'rolled-back', false]);
    if (exit === 12 || exit === 13 || exit === 15) expect(ended.text).toContain('  | the last line of chat-proc');
  });
});

test('a service that crashes while a later wave is updated is rolled back, although docker has restarted it', async () => {
  await deployed();
  const images = { ...TWO.images, 'kdcube-metrics': 'c3' };
  const slow = `metrics 123456789012.dkr.ecr.eu-central-1.amazonaws.com/alps/kdcube-metrics@sha256:${'c3'.repeat(32)}`;
  play.host.behaviors.set(PROC_TWO, { restartsAfter: 8 }).set(slow, { healthyAfter: 20 });
  const ended = await play.deploy({ ...TWO, images });
  expect(ended).toMatchObject({ exit: 12, outcome: { verdict: 'rolled-back' } });
  expect(ended.text).toContain('chat-proc was healthy, and then its container exited and was restarted by docker.');
  expect(ended.text).toContain('  | the last line of chat-proc');
  expect(play.runs()).toEqual(ALL);
});

test('a log that cannot be read keeps no service from being rolled back', async () => {
  await deployed();
  play.host.behaviors.set(PROC_TWO, { unhealthy: true });
  play.host.faults = [{ call: 'readLog', with: 'command-failed' }];
  const ended = await play.deploy(TWO);
  expect(ended).toMatchObject({ exit: 13, outcome: { verdict: 'rolled-back' } });
  expect(ended.text).toContain('  | its log cannot be read: the host: command-failed.');
  expect(play.runs()).toEqual(ALL);
});

test('a compose file or a secret that changes while images are pulled is refused before anything stops', async () => {
  await deployed();
  play.host.faults = [{ call: 'confirm', with: 'plan-outdated' }];
  const ended = await play.deploy(TWO);
  expect([ended.exit, play.started(), play.runs()]).toEqual([-1, [], ALL]);
  expect(ended.text).toContain('the host: plan-outdated.');
});

test('the registry in Redis goes back with the image', async () => {
  await deployed();
  play.host.behaviors.set(PROC_TWO, { unhealthy: true });
  await play.deploy(TWO);
  expect(play.started()).toEqual(['chat-proc two forced', 'chat-proc one forced', 'chat-proc one']);
});

test('--onFailure=stop leaves everything as it is', async () => {
  await deployed();
  play.host.behaviors.set(PROC_TWO, { unhealthy: true });
  const ended = await play.deploy(TWO, { onFailure: 'stop' });
  expect(ended).toMatchObject({ exit: 13, outcome: { verdict: 'failed' } });
  expect([ended.outcome?.problem?.changed, play.runs()['chat-proc']]).toEqual([
    'Updated, and left as they are: chat-proc.',
    'b2 forced',
  ]);
});

test('after a failed deploy the next one starts what is missing', async () => {
  await deployed();
  play.host.behaviors.set(PROC_TWO, { unhealthy: true });
  await play.deploy(TWO, { onFailure: 'stop' });
  play.host.behaviors.clear();
  await deployed(TWO);
  expect(play.runs()).toEqual({ ...ALL, 'chat-proc': 'b2' });
});

test('a rollback that fails too is not called rolled back', async () => {
  await deployed();
  play.host.behaviors.set('*', { unhealthy: true });
  const ended = await play.deploy(TWO);
  expect(ended).toMatchObject({ exit: 13, outcome: { verdict: 'failed' } });
  expect(ended.text).toContain('chat-proc was not rolled back: chat-proc: its health check fails.');
});

test('a first deploy that fails removes what it started', async () => {
  play.host.behaviors.set('*', {});
  const { plan } = play.plan(ONE);
  const [proc] = plan.services.filter(({ service }) => service === 'chat-proc');
  play.host.behaviors.set(`chat-proc ${proc!.image.after}`, { exits: 1 });
  expect(await play.rollOut(plan)).toMatchObject({ exit: 12, outcome: { verdict: 'rolled-back' } });
  expect(play.runs()).toEqual({ redis: 'own' });
});

test('a service that ran without a deploy goes back to what the compose file says', async () => {
  await play.host.up('chat-proc', undefined);
  const { plan } = play.plan(ONE);
  const proc = plan.services.find(({ service }) => service === 'chat-proc')!;
  expect(proc.reasons).toEqual(['was not started by a deploy']);
  play.host.behaviors.set(`chat-proc ${proc.image.after}`, { exits: 1 });
  expect(await play.rollOut(plan)).toMatchObject({ exit: 12, outcome: { verdict: 'rolled-back' } });
  expect(play.runs()).toMatchObject({ 'chat-proc': 'own' });
});

test('postgres-setup that fails: nothing else is started', async () => {
  const { plan } = play.plan(ONE);
  const setup = plan.services.find(({ kind }) => kind === 'task')!;
  play.host.behaviors.set(`postgres-setup ${setup.image.after}`, { exits: 7 });
  const ended = await play.rollOut(plan);
  expect(ended).toMatchObject({ exit: 22, outcome: { verdict: 'failed' } });
  expect([ended.text, play.started()]).toEqual([expect.stringContaining('exited with 7'), ['redis', 'postgres-setup one']]);
});

test('a failed postgres-setup runs again, a successful one does not', async () => {
  const { plan } = play.plan(ONE);
  const setup = `postgres-setup ${plan.services.find(({ kind }) => kind === 'task')!.image.after}`;
  play.host.behaviors.set(setup, { exits: 7 });
  await play.rollOut(plan);
  play.host.behaviors.clear();
  await deployed();
  expect(play.started()).toContain('postgres-setup one');
  // docker container prune
  play.host.containers = play.host.containers.filter(({ serviceName }) => serviceName !== 'postgres-setup');
  expect(play.plan(ONE).plan.waves).toEqual([]);
});

describe('refused before anything stops', () => {
  test.each<[string, (host: Play['host']) => void, string]>([
    ['the registry is down', (host) => (host.registryDown = true), 'image-pull-failed'],
    [
      'the disk is full in the middle of a pull',
      (host) => host.faults.push({ call: 'pull ', nth: 2, with: 'disk-full' }),
      'disk-full',
    ],
    ['another deploy has the lock', (host) => (host.isLocked = true), 'deploy-in-progress'],
    ['the release cannot be written', (host) => host.faults.push({ call: 'writeRelease', with: 'file-error' }), 'file-error'],
    ['compose reads a value in another way', (host) => (host.misread = 'BUNDLES_INCLUDE_EXAMPLES'), 'compose-invalid'],
    ['compose rejects the files', (host) => host.faults.push({ call: 'readConfig', with: 'compose-invalid' }), 'compose-invalid'],
    [
      'ssh is cut off while the state is read',
      (host) => host.faults.push({ call: 'readContainers', with: 'command-failed' }),
      'command-failed',
    ],
  ])('%s', async (_, prepare, code) => {
    await deployed();
    prepare(play.host);
    play.host.isLocked = code === 'deploy-in-progress';
    const ended = await play.deploy(TWO);
    expect([ended.exit, ended.text]).toEqual([-1, expect.stringContaining(`[${code}]`)]);
    expect([play.runs(), play.started()]).toEqual([ALL, []]);
    expect(play.host.isLocked).toBe(code === 'deploy-in-progress');
  });

  test('a saved plan, after another deploy', async () => {
    await deployed();
    const { plan } = play.plan(TWO);
    await deployed({ ...ONE, name: 'three', images: { 'kdcube-chat-proc-bundled': 'c3' } });
    const ended = await play.rollOut(plan);
    expect(ended.text).toContain('[plan-outdated]');
    expect(play.runs()['chat-proc']).toBe('c3');
  });
});

describe('what runs is not what was pinned: never exit 0', () => {
  test('a container that another program started', async () => {
    await deployed();
    const { plan } = play.plan(ONE);
    await play.host.up('metrics', undefined);
    expect(await play.rollOut(plan)).toMatchObject({ exit: 21, outcome: { verdict: 'failed' } });
  });

  test('a container with the right image, and other settings', async () => {
    await deployed();
    const { plan } = play.plan(ONE);
    play.host.containers.find(({ serviceName }) => serviceName === 'metrics')!.hash = 'another';
    expect(await play.rollOut(plan)).toMatchObject({ exit: 18 });
  });

  test('an unchanged service that stops during the deploy', async () => {
    await deployed();
    const { plan } = play.plan(TWO);
    const up = play.host.up.bind(play.host);
    play.host.up = async (...given) => {
      await up(...given);
      for (const each of play.host.containers) if (each.serviceName === 'metrics') each.behavior = { exits: 137 };
    };
    expect(await play.rollOut(plan)).toMatchObject({ exit: 12 });
  });

  test('a service without containers', async () => {
    await deployed();
    const { plan } = play.plan(ONE);
    play.host.containers = play.host.containers.filter(({ serviceName }) => serviceName !== 'metrics');
    expect(await play.rollOut(plan)).toMatchObject({ exit: 12 });
    expect(play.plan(ONE).plan.services.find(({ service }) => service === 'metrics')?.reasons).toEqual(['does not run']);
  });
});

test('a service without a health check has to run for 5 s', async () => {
  await deployed();
  play.host.behaviors.set(PROC_TWO, { hasNoHealthCheck: true });
  const before = play.time;
  await deployed(TWO);
  expect(play.time - before).toBeGreaterThanOrEqual(10_000);
});

test('Ctrl-C between two services: what was started stays, and the next deploy continues', async () => {
  let isRequested = false;
  const stop = { isRequested: () => isRequested, requested: new Promise<void>(() => undefined) };
  const { plan } = play.plan(ONE);
  const up = play.host.up.bind(play.host);
  play.host.up = async (...given) => {
    await up(...given);
    if (given[0] === 'chat-ingress') isRequested = true;
  };
  const ended = await play.rollOut(plan, { stop });
  expect(ended).toMatchObject({ exit: 130, outcome: { verdict: 'stopped' } });
  isRequested = false;
  await deployed();
  expect(play.runs()).toEqual(ALL);
});

test('ssh is cut off after a service was started: unknown, and the next deploy continues', async () => {
  await deployed();
  play.host.faults.push({ call: 'up chat-proc two', nth: 2, with: 'command-failed', after: true });
  const ended = await play.deploy(TWO);
  expect(ended.exit).not.toBe(0);
  expect(ended.outcome?.problem?.changed).toBe('Updated, and left as they are: chat-proc.');
  play.host.faults = [];
  await deployed(TWO);
  expect(play.runs()).toEqual({ ...ALL, 'chat-proc': 'b2' });
});

test('killed after every call of a deploy, and run again: the same end', async () => {
  await deployed();
  await play.deploy(TWO);
  const calls = play.host.calls.length;
  const names = new Set<string>();
  for (let nth = 1; nth <= calls; nth += 1) {
    play = new Play();
    await deployed();
    play.host.faults.push({ call: '', nth, with: 'kill', after: true });
    await expect(play.deploy(TWO)).rejects.toThrow(Killed);
    names.add(play.host.calls.at(-1)!.split(' ')[0]!);
    play.host.faults = [];
    play.host.isLocked = false;
    await deployed(TWO);
    expect([play.runs(), play.host.releases.filter(({ verdict }) => verdict === 'succeeded').at(-1)?.release]).toEqual([
      { ...ALL, 'chat-proc': 'b2' },
      'two',
    ]);
  }
  expect([...names].sort()).toEqual([
    'confirm',
    'keep',
    'lock',
    'pull',
    'readConfig',
    'readContainers',
    'readReleases',
    'up',
    'writeRelease',
  ]);
});

test('where docker runs code, the bundles of proc’s image are copied to the host before anything starts', async () => {
  const more = 'exec: { runtime: docker, image: kdcube-exec-bundled, workspace: /opt/kdcube/exec }\n';
  await deployed({ ...ONE, more });
  const folder = `/opt/kdcube/.kdcube/bundles/${'a1'.repeat(16)}`;
  const copied = play.host.calls.findIndex(
    (call) => call.startsWith('copyBundles') && call.endsWith(`@sha256:${'a1'.repeat(32)} ${folder}`),
  );
  expect(copied).toBeGreaterThan(-1);
  expect(copied).toBeLessThan(play.host.calls.findIndex((call) => call.startsWith('up ')));
  const { exec, services } = play.host.releases[0]!.content;
  expect([exec?.image, services['chat-proc']!.env.HOST_BUNDLES_PATH]).toEqual([
    expect.stringContaining('kdcube-exec-bundled@'),
    folder,
  ]);
  expect([...play.host.images]).toContain(exec!.image);
});

describe('a platform that edits its bundles.yaml', () => {
  const FILE = '/opt/kdcube/config/bundles.yaml';
  const one = { ...ONE, platform: '2026.7.20.444' };
  const two = { ...TWO, platform: '2026.7.20.444' };
  const descriptor = () => play.host.files.get(FILE);

  test('the file is written before proc starts, and restored by a rollback', async () => {
    await deployed(one);
    const before = descriptor();
    expect([before?.includes('lifts@1-4'), before?.includes('huts@1-0')]).toEqual([true, false]);
    play.host.behaviors.set(PROC_TWO, { unhealthy: true });
    expect(await play.deploy(two)).toMatchObject({ exit: 13, outcome: { verdict: 'rolled-back' } });
    expect(descriptor()).toBe(before);
    play.host.behaviors.clear();
    await deployed(two);
    expect(descriptor()).toContain('huts@1-0');
  });

  test('what the platform adds is no edit, what a person changes is one', async () => {
    await deployed(one);
    const written = descriptor()!;
    play.host.files.set(
      FILE,
      `# by the platform\n${written.replace(/^( +)- id:.*$/m, '$&\n$1  description: null\n$1  singleton: false')}`,
    );
    expect(play.plan(two).plan.edited).toEqual([]);
    play.host.files.set(FILE, written.replace('lifts@1-4', 'lifts@9-9'));
    const { plan } = play.plan(two);
    expect([plan.edited, plan.notes]).toEqual([
      [FILE],
      expect.arrayContaining([expect.stringContaining('--overwriteDescriptor')]),
    ]);
    play.host.files.set(FILE, 'half a file: [');
    expect(play.plan(two).plan.edited).toEqual([FILE]);
  });

  test('a saved plan is refused if the file was edited since', async () => {
    await deployed(one);
    const { plan } = play.plan(two);
    play.host.files.set(FILE, 'bundles: {}\n');
    expect((await play.rollOut(plan)).text).toContain('[plan-outdated]');
  });

  test('without a folder that is mounted there, the plan is refused', () => {
    const { 'chat-proc': proc, ...services } = BASE.services;
    const base = { services: { ...services, 'chat-proc': { ...proc, volumes: [] } } };
    expect(() => play.plan({ ...one, base })).toThrow('mounts a folder at /config');
  });

  test('an assembly.yaml that says something else than the environment is refused: it would win', () => {
    const more = 'env: { proc: { LOG_LEVEL: "DEBUG" } }\n';
    const assembly = (level: string) => ({ platform: { services: { proc: { log: { log_level: level } } } } });
    expect(() => play.plan({ ...one, more, assembly: assembly('INFO') })).toThrow('[assembly-overrides]');
    expect(play.plan({ ...one, more, assembly: assembly('DEBUG') }).plan.waves).not.toEqual([]);
  });
});
