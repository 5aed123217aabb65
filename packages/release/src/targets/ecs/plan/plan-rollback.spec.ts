import { KdcubeError } from '../../../problem/problem';
import type { ReleaseRecord } from '../../../deploy/record';
import { recordDeploy } from '../records/record-deploy';
import { chooseRecord, planRollback } from './plan-rollback';
import { FORCE } from '../../../deploy/registry-step';
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
    count: 1,
  };
  const time = `2026-02-0${number}T00:00:00.000Z`;
  return {
    record: 1,
    environment: 'prod',
    release,
    attempt: 1,
    verdict,
    because: '',
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
  planRollback({ record: one, last: two, running, definitions: new Map([[arn('proc:1'), first]]), knownImages: new Map() });

it('is a plan like every other: the revision again, as many tasks as today, and the descriptor forced because it differs', () => {
  const made = plan(definition(1, 'a', 'old'));
  expect(made).toMatchObject({
    release: 'one',
    basis: { 'acme-proc': { taskDefinition: arn('proc:2') } },
    descriptor: { changed: true, force: true },
    gateway: { force: false },
  });
  expect(made.services[0]).toMatchObject({
    change: 'update',
    definition: { use: arn('proc:1') },
    count: { before: 4, after: 4 },
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
    knownImages: new Map(),
  });
  expect(same.descriptor).toMatchObject({ changed: false, force: false });
});

it('a record that does not know its descriptor: told anew after one that does, and never "no change" after one that does not either', () => {
  const back = (descriptor: string) =>
    planRollback({
      record: { ...one, descriptor: '' },
      last: { ...two, descriptor },
      running,
      definitions: new Map([[arn('proc:1'), definition(1, 'a', 'new')]]),
      knownImages: new Map(),
    }).descriptor;
  expect(back('b')).toEqual({ changed: true, force: true, after: '' });
  expect(back('')).toEqual({ changed: false, force: false, after: '', unknown: true });
});

it('a revision that was deregistered is registered again, and never with a FORCE flag', () => {
  const gone = plan(definition(1, 'a', 'old', { status: 'INACTIVE' })).services[0]!.definition;
  expect(gone.use).toBeUndefined();
  expect(gone.register).toMatchObject({ family: 'proc' });
  expect(gone.register).not.toHaveProperty('status');
  const forced = definition(1, 'a', 'old');
  forced.containerDefinitions[0]!.environment!.push({ name: FORCE.bundles, value: '1' });
  expect(JSON.stringify(plan(forced).services[0]!.definition.register)).not.toContain(FORCE.bundles);
});

it('the record: the last good one that is not what runs, or the named one; what failed is passed by', () => {
  const failed = record('three', 3, 'c', 'rolled-back');
  expect(chooseRecord([failed, two, one], undefined, running)).toBe(one);
  expect(chooseRecord([failed, two, one], 'two', running)).toBe(two);
  expect(() => chooseRecord([failed, two, one], 'three', running)).toThrow(/was never deployed well here/);
  expect(() => chooseRecord([two], undefined, running)).toThrow(KdcubeError);
});

it('its record keeps what is not carried out on the way: the setup, and the exec revision', () => {
  const setup = { ...one.services.proc!, component: 'postgres-setup', serviceName: 'setup', taskDefinition: arn('setup:1') };
  const exec = { taskDefinition: arn('exec:1'), image: `r/exec@${digest('e')}`, digest: digest('e') };
  const kept = { ...one, services: { setup, ...one.services }, exec };
  const ends = { verdict: 'succeeded' as const, exitCode: 0, wrote: true, startedAt: 0, endedAt: 0, now: new Map() };
  const made = recordDeploy(plan(definition(1, 'a', 'old')), { ...ends, to: new Map([['proc', arn('proc:1')]]) }, kept);
  expect([made.services, made.exec]).toEqual([{ setup, proc: { ...one.services.proc!, count: 4 } }, exec]);
});
