import type { DeploymentState, ServiceState, TaskState } from '../port/port';
import { compareImages, classifyDeployment, type OurDeployment } from './verdict';
import { healthBehindLoadBalancers, healthOfTasks, desiredTasks, type TargetGroupHealth } from './timeout';
import { findReason } from './reason';

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

function task(more: Partial<TaskState>): TaskState {
  const base = { arn: 'task/1', taskDefinition: 'app:2', lastStatus: 'RUNNING', desiredStatus: 'RUNNING', createdAt: 0 };
  return { ...base, containers: [{ name: 'app', digest: 'sha256:good' }], ...more };
}

describe('images of the running tasks', () => {
  const expected = { taskDefinition: 'app:2', container: 'app', digests: ['sha256:good', 'sha256:index'], desired: 1 };
  const reports = (digest?: string) =>
    task({
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
    ['one whose desired status is STOPPED', [task({ desiredStatus: 'STOPPED' })], { result: 'too-few', running: 0 }],
    ['one of the previous revision, with the same image', [task({ taskDefinition: 'app:1' })], { result: 'too-few', running: 0 }],
  ])('%s', (_, tasks, images) => {
    expect(compareImages(tasks, expected)).toMatchObject(images);
  });
});

describe('why tasks do not come up', () => {
  const stopped = (stopCode: string, stoppedReason: string, more: Partial<TaskState> = {}) =>
    task({ lastStatus: 'STOPPED', stopCode, stoppedReason, containers: [{ name: 'app' }], ...more });
  const crashed = (exitCode: number, reason?: string) =>
    stopped('EssentialContainerExited', 'Essential container in task exited', {
      containers: [{ name: 'app', exitCode, ...(reason && { reason }) }],
    });

  it.each([
    [stopped('TaskFailedToStart', 'CannotPullContainerError: denied'), 'image-pull-failed', /denied/],
    [
      stopped('EssentialContainerExited', 'Essential container in task exited', {
        containers: [
          { name: 'app', exitCode: 143, reason: 'CannotStartContainerError: … container ordering dependency [files …]' },
          { name: 'files', exitCode: 1 },
        ],
      }),
      'container-crashed',
      /The container files ended with exit code 1/,
    ],
    [stopped('TaskFailedToStart', 'CannotPullImageManifestError: x'), 'image-pull-failed', /Manifest/],
    [
      stopped('TaskFailedToStart', 'ResourceInitializationError: unable to pull secrets or registry auth: x'),
      'secret-unreadable',
      /secrets/,
    ],
    [stopped('TaskFailedToStart', 'ResourceInitializationError: failed to configure network'), 'rollout-failed', /network/],
    [stopped('ServiceSchedulerInitiated', 'Task failed ELB health checks in (target-group x)'), 'health-check-failed', /ELB/],
    [crashed(3), 'container-crashed', /app ended with exit code 3\.$/],
    [crashed(137, 'OutOfMemoryError: Container killed due to memory usage'), 'container-crashed', /137: OutOfMemory/],
    [crashed(0), 'container-crashed', /exit code 0/],
  ])('%#', (one, code, text) => {
    expect(findReason([one], [])).toMatchObject({ code, text: expect.stringMatching(text) });
  });

  it('a task that was replaced is no reason; the newest task counts; an event only if no task has a reason', () => {
    const scaled = stopped('ServiceSchedulerInitiated', 'Scaling activity initiated by (deployment ecs-svc/1)');
    const room = {
      id: '1',
      at: 0,
      message: '(service app) was unable to place a task. Reason: Capacity is unavailable at this time.',
    };
    expect(findReason([scaled], [])).toBeUndefined();
    expect(findReason([scaled], [room])).toMatchObject({ code: 'no-capacity' });
    const newest = { ...crashed(4), stoppedAt: 20 };
    expect(findReason([{ ...crashed(3), stoppedAt: 10 }, newest], [room])?.text).toContain('exit code 4');
  });
});

describe('health after a timeout, when ECS has not called the deployment COMPLETED', () => {
  const expected = {
    taskDefinition: 'app:2',
    container: 'app',
    digests: ['sha256:good'],
    checkedContainers: ['app'],
  };
  const at = (health: string, digest?: string) => [{ name: 'app', health, ...(digest && { digest }) }];
  const good = (more: Partial<TaskState> = {}) =>
    task({ startedAt: 0, addresses: ['10.0.0.1'], containers: at('HEALTHY', 'sha256:good'), ...more });
  const NOW = 120_000;
  const text = (pattern: RegExp) => ({ state: 'unhealthy', text: expect.stringMatching(pattern) });

  it.each([
    ['all that is wanted', [good()], 1, { state: 'healthy', digests: 'verified' }],
    [
      '… and an old one whose desired status is STOPPED',
      [good(), good({ taskDefinition: 'app:1', desiredStatus: 'STOPPED' })],
      1,
      { state: 'healthy' },
    ],
    ['no digest is reported', [good({ containers: at('HEALTHY') })], 1, { state: 'healthy', digests: 'unknown' }],
    ['an old one is wanted', [good(), good({ taskDefinition: 'app:1' })], 1, text(/wants 1 task of another revision/)],
    ['one too few', [good()], 2, text(/desired count is 2, and there are 1/)],
    ['one too many', [good(), good()], 1, text(/desired count is 1, and there are 2/)],
    ['none is wanted, and none runs', [], 0, { state: 'healthy', digests: 'no-tasks' }],
    ['none is wanted, and one runs', [good()], 0, text(/desired count is 0, and there are 1/)],
    ['one that starts', [good({ lastStatus: 'PENDING' })], 1, text(/1 of 1 task not running yet/)],
    ['one that has just begun', [good({ startedAt: 1 })], 1, text(/1 of 1 task running for less than 2 minutes/)],
    ['one without a start time', [good({ startedAt: undefined })], 1, text(/less than 2 minutes/)],
    [
      'one whose check fails',
      [good({ containers: at('UNHEALTHY') })],
      1,
      text(/1 of 1 task not healthy by the container health check/),
    ],
    ['one whose health check has no result yet', [good({ containers: at('UNKNOWN') })], 1, text(/not healthy/)],
    ['one whose container is not reported', [good({ containers: [] })], 1, text(/not healthy/)],
    ['one that is unhealthy as a whole', [good({ health: 'UNHEALTHY' })], 1, text(/not healthy/)],
    ['another image', [good({ containers: at('HEALTHY', 'sha256:bad') })], 1, { state: 'wrong-image', digest: 'sha256:bad' }],
  ])('%s', (_, tasks, desired, health) => {
    expect(healthOfTasks(desiredTasks(tasks), { ...expected, desired }, NOW)).toMatchObject(health);
  });

  it('without a health check only the status counts; in a rollback no digest is known', () => {
    const plain = [good({ containers: at('UNKNOWN', 'sha256:any') })];
    expect(healthOfTasks(plain, { ...expected, desired: 1, checkedContainers: [], digests: [] }, NOW).state).toBe('healthy');
  });

  const group = (...targets: [string, string][]): TargetGroupHealth =>
    ({ group: 'arn:aws:x:targetgroup/app/1', targets: targets.map(([id, state]) => ({ id, state })) }) as TargetGroupHealth;
  const ours: [string, string] = ['10.0.0.1', 'healthy'];
  const denied = { group: 'arn:aws:x:targetgroup/app/2', problem: 'AWS does not allow it.' };
  it.each([
    ['no load balancer', [], { state: 'healthy' }],
    ['healthy, and an old one goes', [group(ours, ['10.0.0.2', 'draining'])], { state: 'healthy' }],
    ['healthy, and another service’s is not', [group(ours, ['10.0.0.9', 'unhealthy'])], { state: 'healthy' }],
    [
      'not healthy',
      [group(['10.0.0.1', 'unhealthy'])],
      text(/1 of 1 task not healthy in the target group targetgroup\/app\/1: unhealthy/),
    ],
    ['not registered, and another is healthy', [group(['10.0.0.2', 'healthy'])], text(/not registered/)],
    ['no listener uses the group', [group(['10.0.0.1', 'unused'])], text(/unused/)],
    ['healthy on one port alone', [group(ours, ['10.0.0.1', 'initial'])], text(/initial/)],
    ['two, and one finds it unhealthy', [group(ours), group(['10.0.0.1', 'initial'])], text(/initial/)],
    [
      'two, and one may not be asked',
      [group(ours), denied],
      { state: 'unknown', unresolved: { what: 'target-group', arn: denied.group } },
    ],
    ['one may not be asked, and the other finds it unhealthy', [denied, group(['10.0.0.1', 'unhealthy'])], text(/unhealthy/)],
    ['a group without checks', [group(['10.0.0.1', 'unavailable'])], { state: 'unknown', unresolved: { what: 'target-group' } }],
  ])('for the load balancer: %s', (_, groups, health) => {
    expect(
      healthBehindLoadBalancers({ state: 'healthy', digests: 'verified' }, [good()], groups, { hasAlarms: false }),
    ).toMatchObject(health);
  });

  it.each([
    [
      'as many as tasks',
      [
        ['i-1', 'healthy'],
        ['i-2', 'draining'],
      ],
      'healthy',
    ],
    ['too few', [['i-2', 'draining']], 'unhealthy'],
    ['one is not healthy', [ours, ['i-2', 'unhealthy']], 'unhealthy'],
  ] as [string, [string, string][], string][])('tasks without an address are counted: %s', (_, targets, state) => {
    const tasks = [good({ addresses: [] })];
    expect(
      healthBehindLoadBalancers({ state: 'healthy', digests: 'verified' }, tasks, [group(...targets)], { hasAlarms: false })
        .state,
    ).toBe(state);
  });

  it('alarms may still undo what is good, and nothing else', () => {
    const alarms = { hasAlarms: true };
    expect(healthBehindLoadBalancers({ state: 'healthy', digests: 'verified' }, [good()], [], alarms)).toMatchObject({
      state: 'unknown',
      unresolved: { what: 'alarms' },
    });
    expect(healthBehindLoadBalancers({ state: 'unhealthy', text: '' }, [good()], [], alarms).state).toBe('unhealthy');
    expect(
      healthBehindLoadBalancers({ state: 'healthy', digests: 'verified' }, [good()], [group(['10.0.0.1', 'initial'])], alarms)
        .state,
    ).toBe('unhealthy');
  });
});
