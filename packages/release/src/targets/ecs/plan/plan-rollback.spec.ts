import { KdcubeError } from '../../../problem/problem';
import type { ReleaseRecord } from '../../../deploy/record';
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
  planRollback({ record: one, last: two, running, definitions: new Map([[arn('proc:1'), first]]), registryImages: new Map() });

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
  const ends = { verdict: 'succeeded' as const, exitCode: 0, hasWritten: true, startedAt: 0, endedAt: 0, current: new Map() };
  const made = recordDeploy(
    plan(definition(1, 'a', 'old')),
    { ...ends, target: new Map([['proc', arn('proc:1')]]) },
    rolledBackTo,
  );
  expect([made.services, made.exec]).toEqual([{ setup, proc: { ...one.services.proc!, desiredCount: 4 } }, exec]);
});
