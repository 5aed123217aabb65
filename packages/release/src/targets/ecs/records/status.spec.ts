import type { ReleaseRecord } from '../../../deploy/record';
import type { ServiceState } from '../rollout/port/port';
import { LOCK_TAG } from '../rollout/lock';
import type { EnvironmentStatus } from '../../../deploy/environment-status';
import { statusOf, type StatusInput } from './status';

const NOW = Date.UTC(2026, 2, 2, 9, 30);
const DIGEST = `sha256:${'a'.repeat(64)}`;
const arn = (revision: number) => `arn:aws:ecs:eu-central-1:123456789012:task-definition/acme-proc:${revision}`;

function record(release: string, verdict: ReleaseRecord['verdict'], revision: number): ReleaseRecord {
  const image = `r.example/proc@${DIGEST}`;
  const proc = {
    component: 'proc',
    serviceName: 'acme-proc',
    taskDefinition: arn(revision),
    image,
    digest: DIGEST,
    desiredCount: 1,
  };
  return {
    record: 2,
    environment: 'prod',
    release,
    attempt: 1,
    verdict,
    reason: verdict === 'succeeded' ? '' : 'proc did not come up.',
    startedAt: '2026-03-02T09:00:00.000Z',
    endedAt: '2026-03-02T09:10:00.000Z',
    services: { proc },
    bundles: [],
    descriptor: '{}',
  };
}

function seen(revision: number, tags: Record<string, string> = {}, deployments: ServiceState['deployments'] = []): ServiceState {
  return {
    name: 'acme-proc',
    arn: 'arn:aws:ecs:eu-central-1:123456789012:service/acme/acme-proc',
    status: 'ACTIVE',
    taskDefinition: arn(revision),
    desired: 1,
    running: 1,
    pending: 0,
    controller: 'ECS',
    deployments,
    events: [],
    tags,
    targetGroups: [],
    hasAlarms: false,
    hasCircuitBreaker: true,
    isDaemon: false,
    placement: {},
  };
}

function status(records: ReleaseRecord[], service: ServiceState, more: Partial<StatusInput> = {}): EnvironmentStatus {
  return statusOf(new Map([['proc', 'acme-proc']]), {
    records,
    now: NOW,
    services: new Map([[service.name, service]]),
    tasks: new Map(),
    definitions: new Map(),
    knownImages: new Map(),
    pinned: new Map(),
    ...more,
  });
}

it('what should run is in the last good record, and a later attempt is named', () => {
  const two = record('two', 'stopped', 2);
  expect(status([two, record('one', 'succeeded', 1)], seen(1))).toMatchObject({
    release: 'one',
    lastAttempt: { release: 'two', attempt: 1, verdict: 'stopped', reason: 'proc did not come up.' },
    drift: [],
  });
  expect(status([two, record('one', 'succeeded', 1)], seen(2)).drift).toEqual([
    'proc: it is on acme-proc:2, and acme-proc:1 was deployed',
  ]);
});

it('an environment in which only bad attempts were made has a last attempt, and no release', () => {
  const found = status([record('one', 'rolled-back', 1)], seen(1));
  expect([found.release, found.lastAttempt?.release, found.drift]).toEqual([undefined, 'one', []]);
});

it('a good last attempt is the release itself', () => {
  expect(status([record('two', 'succeeded', 2), record('one', 'failed', 1)], seen(2))).not.toHaveProperty('lastAttempt');
});

it('a deploy that has the environment is named, until its mark is over', () => {
  const lock = { [LOCK_TAG]: 'an-id 2026-03-02T10:00:00.000Z two' };
  expect(status([], seen(1, lock)).underWay).toEqual({ release: 'two', until: '2026-03-02T10:00:00.000Z' });
  expect(status([], seen(1, lock), { now: NOW + 3_600_000 })).not.toHaveProperty('underWay');
  expect(status([], seen(1, { [LOCK_TAG]: 'written by hand' }))).not.toHaveProperty('underWay');
});

it('a FORCE flag that was left on is drift, also where nothing was recorded', () => {
  const environment = [{ name: 'BUNDLES_FORCE_ENV_ON_STARTUP', value: '1' }];
  const definitions = new Map([
    [arn(1), { family: 'acme-proc', containerDefinitions: [{ name: 'proc', image: 'proc', environment }] }],
  ]);
  expect(status([], seen(1), { definitions }).drift).toEqual([
    'proc: BUNDLES_FORCE_ENV_ON_STARTUP is on: the next task that starts overwrites what is in Redis',
  ]);
});

it('the tasks of a revision are its own: an old one that still runs is another', () => {
  const newDeployment = { id: 'ecs-svc/2', status: 'PRIMARY', taskDefinition: arn(2), rollout: 'IN_PROGRESS', updatedAt: NOW };
  const counts = { desired: 1, running: 0, pending: 1, failed: 3 };
  const found = status([record('two', 'succeeded', 2)], seen(2, {}, [{ ...newDeployment, ...counts }]));
  expect(found.services[0]).toMatchObject({ running: 0, desired: 1, others: 1, rollout: 'IN_PROGRESS' });
  // A forced new deployment of the same revision does not change what was recorded.
  expect(found.drift).toEqual([]);
});

describe('bundles that the platform clones', () => {
  const [x, y] = ['1'.repeat(40), '2'.repeat(40)];
  const deployed = (commit: string): ReleaseRecord => ({
    ...record('one', 'succeeded', 1),
    bundles: [{ id: 'weather', folder: 'weather', tree: '3'.repeat(40), ref: 'v1', commit }],
  });
  const pinned = (commit: string) => new Map([['weather', { tree: '3'.repeat(40), ref: 'v1', commit }]]);
  const of = (cloned: Map<string, { commit?: string }>, pin = x) => {
    const { drift, notDeployed, bundles } = status([deployed(x)], seen(1), { cloned, pinned: pinned(pin) });
    return { drift, notDeployed, ofBundle: bundles[0]!.drift };
  };

  it('the deployed commit is no drift', () => {
    expect(of(new Map([['weather', { commit: x }]]))).toEqual({ drift: [], notDeployed: [], ofBundle: [] });
  });

  it('another commit in the descriptor is drift, and names both', () => {
    const what = 'the descriptor names 222222222222, and 111111111111 was deployed';
    expect(of(new Map([['weather', { commit: y }]]), y)).toEqual({
      drift: [`weather: ${what}`],
      notDeployed: [],
      ofBundle: [what],
    });
  });

  it('another pin here is not deployed yet, even with the same content', () => {
    expect(of(new Map([['weather', { commit: x }]]), y).notDeployed).toEqual([
      'weather is pinned at 222222222222, and the descriptor names 111111111111',
    ]);
  });

  it('a bundle that the descriptor does not have is drift', () => {
    expect(of(new Map()).drift).toEqual(['weather: the descriptor does not have it']);
  });
});

it('traffic that is split is not what was pinned yet', () => {
  const target = { arn: 'new', running: 1, pending: 0, requested: 1, production: 10 };
  const open = { arn: 'x', status: 'IN_PROGRESS', stage: 'PRODUCTION_TRAFFIC_SHIFT', hooks: [], triggeredAlarms: [] };
  const deployments = new Map([['acme-proc', { ...open, target, sources: [{ ...target, arn: 'old', production: 90 }] }]]);
  const { drift } = status([record('2026.1', 'succeeded', 1)], seen(1), { deployments });
  expect(drift).toEqual(['proc: a deployment is in progress: PRODUCTION_TRAFFIC_SHIFT, traffic 10% new, 90% old']);
});
