import { KdcubeError } from '../../../problem/problem';
import type { ReleaseRecord } from '../../../deploy/record';
import { prod } from '../../../../testing/deploys';
import type { Environment } from '../../../environment/environment';
import { recordDeploy } from '../records/record-deploy';
import { chooseRollbackRecord } from './choose-record';
import { planRollback } from './plan-rollback';
import { FORCE_FLAGS } from '../../../deploy/registry-step';
import type { Running } from './running';
import type { TaskDefinition } from '../task-definition/task-definition';

const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const arn = (short: string) => `arn:aws:ecs:eu-central-1:123456789012:task-definition/${short}`;

function definition(number: number, letter: string, descriptor: string, more: object = {}): TaskDefinition {
  const environment = [{ name: 'AGENTIC_BUNDLES_JSON', value: descriptor }];
  return {
    family: 'proc',
    taskDefinitionArn: arn(`proc:${number}`),
    containerDefinitions: [{ name: 'proc', image: `r/proc@${digest(letter)}`, environment }],
    ...more,
  };
}

function record(release: string, number: number, letter: string, verdict: ReleaseRecord['verdict'] = 'succeeded'): ReleaseRecord {
  const proc = {
    component: 'proc',
    serviceName: 'acme-proc',
    taskDefinition: arn(`proc:${number}`),
    image: `r/proc@${digest(letter)}`,
    digest: digest(letter),
    desiredCount: 1,
  };
  const time = `2026-02-0${number}T00:00:00.000Z`;
  return {
    record: 2,
    environment: 'prod',
    release,
    attempt: 1,
    verdict,
    reason: '',
    startedAt: time,
    endedAt: time,
    services: { proc },
    bundles: [],
    descriptor: letter,
  };
}

const running: Running = {
  from: 'ecs',
  account: '123456789012',
  region: 'eu-central-1',
  cluster: 'acme',
  services: {
    'acme-proc': {
      serviceName: 'acme-proc',
      status: 'ACTIVE',
      taskDefinition: arn('proc:2'),
      desiredCount: 4,
      controller: 'ECS',
    },
  },
  definitions: { [arn('proc:2')]: definition(2, 'b', 'new') },
  latest: {},
};
const [one, two] = [record('one', 1, 'a'), record('two', 2, 'b')];
const plan = (first: TaskDefinition) =>
  planRollback({
    environment: prod,
    record: one,
    last: two,
    running,
    definitions: new Map([[arn('proc:1'), first]]),
    registryImages: new Map(),
  });

it('a rollback is a plan: the old revision, the present number of tasks, and the descriptor forced because it differs', () => {
  const made = plan(definition(1, 'a', 'old'));
  expect(made).toMatchObject({
    release: 'one',
    baseline: { 'acme-proc': { taskDefinition: arn('proc:2') } },
    descriptor: { changed: true, force: true },
    gateway: { force: false },
  });
  expect(made.services[0]).toMatchObject({
    change: 'update',
    taskDefinition: { reuse: arn('proc:1') },
    desiredCount: { before: 4, after: 4 },
    digests: [digest('a')],
  });
  expect(made.waves).toEqual([{ name: 'proc', services: ['proc'] }]);
});

it('the same descriptor is not forced', () => {
  const same = planRollback({
    environment: prod,
    record: one,
    last: { ...two, descriptor: 'a' },
    running,
    definitions: new Map([[arn('proc:1'), definition(1, 'a', 'new')]]),
    registryImages: new Map(),
  });
  expect(same.descriptor).toMatchObject({ changed: false, force: false });
});

it('a record without a descriptor: forced after a record that has one, and unknown after one that has none either', () => {
  const rollback = (descriptor: string) =>
    planRollback({
      environment: prod,
      record: { ...one, descriptor: '' },
      last: { ...two, descriptor },
      running,
      definitions: new Map([[arn('proc:1'), definition(1, 'a', 'new')]]),
      registryImages: new Map(),
    }).descriptor;
  expect(rollback('b')).toEqual({ changed: true, force: true, after: '' });
  expect(rollback('')).toEqual({ changed: false, force: false, after: '', unknown: true });
});

it('a deregistered revision is registered again, without force flags', () => {
  const inactive = plan(definition(1, 'a', 'old', { status: 'INACTIVE' })).services[0]!.taskDefinition;
  expect(inactive.reuse).toBeUndefined();
  expect(inactive.register).toMatchObject({ family: 'proc' });
  expect(inactive.register).not.toHaveProperty('status');
  const forced = definition(1, 'a', 'old');
  forced.containerDefinitions[0]!.environment!.push({ name: FORCE_FLAGS.bundles, value: '1' });
  expect(JSON.stringify(plan(forced).services[0]!.taskDefinition.register)).not.toContain(FORCE_FLAGS.bundles);
});

it('chooses the last successful record that is not running, or the named one; skips failures', () => {
  const failed = record('three', 3, 'c', 'rolled-back');
  expect(chooseRollbackRecord([failed, two, one], undefined, running)).toBe(one);
  expect(chooseRollbackRecord([failed, two, one], 'two', running)).toBe(two);
  expect(() => chooseRollbackRecord([failed, two, one], 'three', running)).toThrow(
    /No deploy of "three" succeeded in this environment/,
  );
  expect(() => chooseRollbackRecord([two], undefined, running)).toThrow(KdcubeError);
});

it('its record has what a rollback does not carry out: the setup task and the exec revision', () => {
  const setup = { ...one.services.proc!, component: 'postgres-setup', serviceName: 'setup', taskDefinition: arn('setup:1') };
  const exec = { taskDefinition: arn('exec:1'), image: `r/exec@${digest('e')}`, digest: digest('e') };
  const rolledBackTo = { ...one, services: { setup, ...one.services }, exec };
  const ends = {
    verdict: 'succeeded' as const,
    exitCode: 0,
    hasWritten: true,
    reached: new Map(),
    startedAt: 0,
    endedAt: 0,
    current: new Map(),
  };
  const made = recordDeploy(
    plan(definition(1, 'a', 'old')),
    { ...ends, target: new Map([['proc', arn('proc:1')]]) },
    rolledBackTo,
  );
  expect([made.services, made.exec]).toEqual([{ setup, proc: { ...one.services.proc!, desiredCount: 4 } }, exec]);
});

describe('readiness of the bundles to which a rollback goes', () => {
  const readiness = { url: 'https://app.example.com/x', headers: {}, wait: 'all' as const };
  const bundles = [{ id: 'lifts@1-4', folder: 'lifts', tree: 'a'.repeat(40) }];
  const rollback = (platform: ReleaseRecord['platform'], environment: Environment = { ...prod, readiness }) =>
    planRollback({
      environment,
      record: { ...one, bundles, ...(platform && { platform }) },
      running,
      definitions: new Map([[arn('proc:1'), definition(1, 'a', 'old')]]),
      registryImages: new Map(),
    });

  it('is asked for where the platform of that release answers, and only about its bundles', () => {
    const made = rollback({ ref: '2026.08.19.120', generation: '2026.8.18' });
    expect(made.readiness).toEqual({ ...readiness, tenant: prod.tenant, project: prod.project, bundles: ['lifts@1-4'] });
    expect(made.platform).toEqual({ ref: '2026.08.19.120', generation: '2026.8.18' });
  });

  it.each<[string, ReleaseRecord['platform'], RegExp]>([
    ['an older platform', { generation: '2026.4.19' }, /a platform of 2026\.4\.19 does not answer/],
    ['a record that does not say it', undefined, /the record of this release does not name its platform/],
  ])('is not asked for: %s, and the plan says why', (_, platform, note) => {
    const made = rollback(platform);
    expect([made.readiness, made.notes.join('\n')]).toEqual([undefined, expect.stringMatching(note)]);
  });

  it('a platform that answers, and an environment without a URL: the plan says so', () => {
    const made = rollback({ generation: '2026.8.18' }, prod);
    expect([made.readiness, made.notes.join('\n')]).toEqual([undefined, expect.stringMatching(/\(readiness\.url\)/)]);
  });
});

describe('a record that does not match ECS is refused', () => {
  const proc = one.services.proc!;
  const good = definition(1, 'a', 'old');
  const refusal = (changed: Partial<ReleaseRecord>, definitions: [string, TaskDefinition][] = [[arn('proc:1'), good]]) => {
    try {
      planRollback({
        environment: prod,
        record: { ...one, ...changed },
        running,
        definitions: new Map(definitions),
        registryImages: new Map(),
      });
      return [];
    } catch (error) {
      return (error as KdcubeError).problems.map(({ code, message }) => `${code}: ${message}`);
    }
  };
  const forged = (changed: Partial<typeof proc>) => refusal({ services: { proc: { ...proc, ...changed } } });
  const other = `r/proc@${digest('c')}`;

  it('accepts the record of a deploy', () => expect(refusal({})).toEqual([]));

  it.each([
    [
      'another image than that of the revision',
      forged({ image: other, digest: digest('c') }),
      /proc ran r\/proc@sha256:c+ in proc:1, and ECS has r\/proc@sha256:a+/,
    ],
    ['a digest other than that of its image', forged({ digest: digest('c') }), /with the digest sha256:c+/],
    ['a tag instead of a digest', forged({ image: 'r/proc:1' }), /r\/proc:1/],
    ['a revision that ECS does not have', forged({ taskDefinition: arn('proc:9') }), /^release-not-found: .*no longer has/],
    [
      'a service of another environment',
      forged({ serviceName: 'their-service' }),
      /"their-service", which is not a service of this environment/,
    ],
    ['a name that every object has', forged({ serviceName: 'constructor' }), /not a service of this environment/],
    ['the same service twice', refusal({ services: { proc, again: proc } }), /several services ran as "acme-proc"/],
    [
      'a family, of which ECS describes the newest revision',
      refusal({ services: { proc: { ...proc, taskDefinition: 'proc' } } }, [['proc', good]]),
      /not the full ARN/,
    ],
    [
      'an exec revision with another image, which the next record would repeat',
      refusal({ exec: { taskDefinition: arn('exec:1'), image: other, digest: digest('c') } }, [
        [arn('proc:1'), good],
        [arn('exec:1'), { ...good, taskDefinitionArn: arn('exec:1') }],
      ]),
      /exec ran r\/proc@sha256:c+ in exec:1/,
    ],
    [
      'a setup task with another image',
      refusal(
        {
          services: {
            proc,
            setup: {
              ...proc,
              component: 'postgres-setup',
              serviceName: 'setup',
              taskDefinition: arn('setup:1'),
              image: other,
              digest: digest('c'),
            },
          },
        },
        [
          [arn('proc:1'), good],
          [arn('setup:1'), { ...good, taskDefinitionArn: arn('setup:1') }],
        ],
      ),
      /setup ran r\/proc@sha256:c+/,
    ],
  ])('%s', (_, problems, message) => {
    expect(problems.length).toBeGreaterThan(0);
    for (const problem of problems) expect(problem).toMatch(message);
  });
});
