import { runningTask } from '../../../../../testing/rollouts/task';
import type { DeploymentState, ServiceState } from '../port/port';
import { compareImages, classifyDeployment, type OurDeployment } from './verdict';

const OURS: OurDeployment = {
  id: 'ours',
  taskDefinition: 'app:2',
  previous: ['app:1'],
  startedAt: 1_000_000,
  missedReads: 0,
};

function deployment(id: string, status: string, taskDefinition: string, rollout: string, reason?: string): DeploymentState {
  return {
    id,
    status,
    taskDefinition,
    rollout,
    desired: 1,
    running: 1,
    pending: 0,
    failed: 0,
    updatedAt: 0,
    ...(reason && { reason }),
  };
}

function service(deployments: DeploymentState[], more: Partial<ServiceState> = {}): ServiceState {
  const counts = { desired: 1, running: 1, pending: 0 };
  const rest = {
    controller: 'ECS',
    events: [],
    tags: {},
    targetGroups: [],
    hasAlarms: false,
    hasCircuitBreaker: true,
    isDaemon: false,
    placement: {},
  };
  return { name: 'app', arn: '', status: 'ACTIVE', taskDefinition: 'app:2', ...counts, deployments, ...rest, ...more };
}

const old = (rollout: string, reason?: string, id = 'old') => deployment(id, 'PRIMARY', 'app:1', rollout, reason);
const BACK = 'ECS deployment circuit breaker: rolling back to deploymentId old.';
const event = (message: string, at = OURS.startedAt + 5_000) => ({ events: [{ id: '1', at, message }] });

describe('what a read of the service shows about our deployment', () => {
  it.each([
    ['ours is PRIMARY and IN_PROGRESS', service([deployment('ours', 'PRIMARY', 'app:2', 'IN_PROGRESS')]), 'in-progress'],
    ['ours is PRIMARY and COMPLETED', service([deployment('ours', 'PRIMARY', 'app:2', 'COMPLETED')]), 'completed'],
    ['ours is PRIMARY and FAILED: ECS does not roll back', service([deployment('ours', 'PRIMARY', 'app:2', 'FAILED')]), 'failed'],
    [
      'the old one is promoted under its old id',
      service([old('IN_PROGRESS', BACK), deployment('ours', 'ACTIVE', 'app:2', 'FAILED')]),
      'rolled-back',
    ],
    [
      '… under a new id',
      service([old('IN_PROGRESS', BACK, 'new'), deployment('ours', 'DRAINING', 'app:2', 'FAILED')]),
      'rolled-back',
    ],
    [
      '… and is stable already: `aws ecs wait services-stable` succeeds too',
      service([old('COMPLETED'), deployment('ours', 'ACTIVE', 'app:2', 'FAILED')]),
      'rolled-back',
    ],
    [
      'another revision is PRIMARY',
      service([deployment('theirs', 'PRIMARY', 'app:9', 'IN_PROGRESS'), deployment('ours', 'ACTIVE', 'app:2', 'IN_PROGRESS')]),
      'superseded',
    ],
    [
      'another deploy restored the previous revision',
      service([
        deployment('theirs', 'PRIMARY', 'app:1', 'IN_PROGRESS', 'ECS deployment theirs in progress.'),
        deployment('ours', 'ACTIVE', 'app:2', 'IN_PROGRESS'),
      ]),
      'superseded',
    ],
    [
      'ours is replaced by a forced new deployment',
      service([deployment('theirs', 'PRIMARY', 'app:2', 'IN_PROGRESS'), deployment('ours', 'ACTIVE', 'app:2', 'IN_PROGRESS')]),
      'restarted',
    ],
    ['ours is not listed, and the previous one is: a stale read', service([old('COMPLETED')]), 'unlisted'],
    [
      'ours is not listed any more, and an event names it',
      service([old('COMPLETED')], event('(service app) (deployment ours) deployment failed: tasks failed to start.')),
      'rolled-back',
    ],
    [
      '… an event of another deployment does not count',
      service([old('COMPLETED')], event('(service app) (deployment other) deployment failed: tasks failed to start.')),
      'unlisted',
    ],
    [
      '… nor an earlier event',
      service([old('COMPLETED')], event('(service app) (deployment ours) deployment failed', 5)),
      'unlisted',
    ],
    ['no deployment at all', service([]), 'unlisted'],
    ['it is being deleted', service([deployment('ours', 'PRIMARY', 'app:2', 'IN_PROGRESS')], { status: 'DRAINING' }), 'gone'],
    ['it is missing once: may be a stale read', undefined, 'unlisted'],
  ])('%s', (_, seen, state) => {
    expect(classifyDeployment(OURS, seen).state).toBe(state);
  });

  it('what is not there becomes certain by repetition; that ours is not listed does not, while what I saw before is', () => {
    const often = { ...OURS, missedReads: 3 };
    expect(classifyDeployment(often, undefined)).toMatchObject({ state: 'gone', status: 'MISSING' });
    expect(classifyDeployment(often, service([old('COMPLETED')])).state).toBe('unlisted');
    expect(classifyDeployment(often, service([deployment('theirs', 'PRIMARY', 'app:9', 'IN_PROGRESS')])).state).toBe(
      'superseded',
    );
    expect(classifyDeployment(OURS, service([deployment('theirs', 'PRIMARY', 'app:9', 'IN_PROGRESS')])).state).toBe('unlisted');
  });
});

describe('a rollback that is seen in events, because our deployment is not listed', () => {
  const FAILED = '(service app) (deployment ours) deployment failed: tasks failed to start.';
  const ROLLING_BACK = '(service app) rolling back to deployment old.';
  const messages = (...texts: string[]) => ({ events: texts.flatMap((text) => event(text).events) });

  it.each([
    [-3_600_000, 'unlisted'],
    [-1_001, 'unlisted'],
    [-1_000, 'rolled-back'],
    [-999, 'rolled-back'],
    [-1, 'rolled-back'],
    [0, 'rolled-back'],
    [1, 'rolled-back'],
    [1_001, 'rolled-back'],
    [3_600_000, 'rolled-back'],
  ])('an event %d ms after the start: %s', (offset, state) => {
    const at = OURS.startedAt + offset;
    expect(classifyDeployment(OURS, service([old('COMPLETED')], event(FAILED, at))).state).toBe(state);
    expect(classifyDeployment(OURS, service([old('IN_PROGRESS', BACK)], event(ROLLING_BACK, at))).state).toBe(state);
  });

  // Only all three together are a rollback.
  const reasons = [BACK, 'ECS deployment rolling back to deploymentId old.', 'ECS deployment completed.', undefined];
  const texts = [
    ROLLING_BACK,
    '(service app) (deployment other) deployment failed: tasks failed to start.',
    '(service app) has started 1 tasks: (task 1).',
    '(service app) has reached a steady state.',
    undefined,
  ];
  const combinations = ['app:1', 'app:2'].flatMap((revision) =>
    reasons.flatMap((reason) => texts.map((text) => [text, reason, revision] as const)),
  );
  it.each(combinations)('the event %j, the reason %j, and %s is PRIMARY', (text, reason, revision) => {
    const primary = deployment('old', 'PRIMARY', revision, 'IN_PROGRESS', reason);
    const isRollback = text === ROLLING_BACK && reason !== undefined && reason.includes('rolling back') && revision === 'app:1';
    const seen = service([primary], text === undefined ? {} : event(text));
    expect(classifyDeployment(OURS, seen).state).toBe(isRollback ? 'rolled-back' : 'unlisted');
  });

  it.each([
    ['that fails', [FAILED], 'rolled-back'],
    ['that is rolled back', ['(service app) (deployment ours) rolling back.'], 'rolled-back'],
    ['after others', ['(service app) has started 1 tasks: (task 1).', FAILED], 'rolled-back'],
    ['that completed', ['(service app) (deployment ours) deployment completed.'], 'unlisted'],
    [
      'that began, and another one that failed',
      ['(service app) (deployment ours) has begun.', '(service app) (deployment other) deployment failed.'],
      'unlisted',
    ],
  ])('events of our deployment %s', (_, found, state) => {
    expect(classifyDeployment(OURS, service([old('COMPLETED')], messages(...found))).state).toBe(state);
  });

  it.each([
    ['our failed deployment is still listed', 'FAILED', 'app:1', undefined, 'rolled-back'],
    ['our running deployment is still listed, and ECS rolls back', 'IN_PROGRESS', 'app:1', BACK, 'rolled-back'],
    ['our running deployment is still listed, and ECS rolls back to its revision', 'IN_PROGRESS', 'app:2', BACK, 'restarted'],
    ['our running deployment is still listed, and another one replaced it', 'IN_PROGRESS', 'app:1', undefined, 'superseded'],
  ])('%s: no event is needed', (_, rollout, revision, reason, state) => {
    const listed = [
      deployment('old', 'PRIMARY', revision, 'IN_PROGRESS', reason),
      deployment('ours', 'ACTIVE', 'app:2', rollout),
    ];
    expect(classifyDeployment(OURS, service(listed)).state).toBe(state);
  });
});

it.each([
  [0, 'unlisted'],
  [1, 'unlisted'],
  [2, 'unlisted'],
  [3, 'certain'],
  [4, 'certain'],
])('after %d reads without our deployment, what is missing is %s', (missedReads, what) => {
  const states = [undefined, service([old('COMPLETED')]), service([deployment('new', 'PRIMARY', 'app:2', 'IN_PROGRESS')])];
  states.push(service([deployment('new', 'PRIMARY', 'app:9', 'IN_PROGRESS')]));
  const certain = ['gone', 'unlisted', 'restarted', 'superseded'];
  expect(states.map((seen) => classifyDeployment({ ...OURS, missedReads }, seen).state)).toEqual(
    what === 'certain' ? certain : certain.map(() => 'unlisted'),
  );
});

describe('images of the running tasks', () => {
  const expected = { taskDefinition: 'app:2', container: 'app', digests: ['sha256:good', 'sha256:index'], desired: 1 };
  const reports = (digest?: string) =>
    runningTask({
      containers: [
        { name: 'sidecar', digest: 'sha256:side' },
        { name: 'app', ...(digest && { digest }) },
      ],
    });

  it.each([
    ['the pinned digest', [reports('sha256:good')], { result: 'match' }],
    ['the index that was pinned', [reports('sha256:index')], { result: 'match' }],
    ['another image', [reports('sha256:good'), reports('sha256:bad')], { result: 'mismatch', digest: 'sha256:bad' }],
    ['no digest', [reports()], { result: 'unknown' }],
    ['one task too few', [], { result: 'too-few', running: 0 }],
    ['one whose desired status is STOPPED', [runningTask({ desiredStatus: 'STOPPED' })], { result: 'too-few', running: 0 }],
    [
      'one of the previous revision, with the same image',
      [runningTask({ taskDefinition: 'app:1' })],
      { result: 'too-few', running: 0 },
    ],
  ])('%s', (_, tasks, images) => {
    expect(compareImages(tasks, expected)).toMatchObject(images);
  });
});
