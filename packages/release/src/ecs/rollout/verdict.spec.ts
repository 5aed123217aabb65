import type { SeenDeployment, SeenService, SeenTask } from './port';
import { haveSettled, imagesOf, isAlone, lookAt, type Mine } from './verdict';
import { reasonOf } from './verdict-reason';

const MINE: Mine = { deployment: 'mine', taskDefinition: 'app:2', before: ['app:1'], since: 1_000_000, unlisted: 0 };

function deployment(id: string, status: string, taskDefinition: string, rollout: string, reason?: string): SeenDeployment {
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

function service(deployments: SeenDeployment[], more: Partial<SeenService> = {}): SeenService {
  const counts = { desired: 1, running: 1, pending: 0 };
  const rest = { controller: 'ECS', events: [], tags: {}, placement: {} };
  return { name: 'app', arn: '', status: 'ACTIVE', taskDefinition: 'app:2', ...counts, deployments, ...rest, ...more };
}

const old = (rollout: string, reason?: string, id = 'old') => deployment(id, 'PRIMARY', 'app:1', rollout, reason);
const BACK = 'ECS deployment circuit breaker: rolling back to deploymentId old.';
const event = (message: string, at = MINE.since + 5_000) => ({ events: [{ id: '1', at, message }] });

describe('what one look says of my rollout', () => {
  it.each([
    ['mine is PRIMARY and IN_PROGRESS', service([deployment('mine', 'PRIMARY', 'app:2', 'IN_PROGRESS')]), 'going-on'],
    ['mine is PRIMARY and COMPLETED', service([deployment('mine', 'PRIMARY', 'app:2', 'COMPLETED')]), 'completed'],
    ['mine is PRIMARY and FAILED: no way back', service([deployment('mine', 'PRIMARY', 'app:2', 'FAILED')]), 'failed'],
    [
      'the old one is promoted under its old id',
      service([old('IN_PROGRESS', BACK), deployment('mine', 'ACTIVE', 'app:2', 'FAILED')]),
      'rolled-back',
    ],
    [
      '… under a new id',
      service([old('IN_PROGRESS', BACK, 'new'), deployment('mine', 'DRAINING', 'app:2', 'FAILED')]),
      'rolled-back',
    ],
    [
      '… and is stable already: “services-stable” is said of it too',
      service([old('COMPLETED'), deployment('mine', 'ACTIVE', 'app:2', 'FAILED')]),
      'rolled-back',
    ],
    [
      'another revision is PRIMARY',
      service([deployment('theirs', 'PRIMARY', 'app:9', 'IN_PROGRESS'), deployment('mine', 'ACTIVE', 'app:2', 'IN_PROGRESS')]),
      'superseded',
    ],
    [
      'the old revision was put back by somebody',
      service([
        deployment('theirs', 'PRIMARY', 'app:1', 'IN_PROGRESS', 'ECS deployment theirs in progress.'),
        deployment('mine', 'ACTIVE', 'app:2', 'IN_PROGRESS'),
      ]),
      'superseded',
    ],
    [
      'mine is forced anew',
      service([deployment('theirs', 'PRIMARY', 'app:2', 'IN_PROGRESS'), deployment('mine', 'ACTIVE', 'app:2', 'IN_PROGRESS')]),
      'follow',
    ],
    ['mine is not listed, and the old one is: an old answer', service([old('COMPLETED')]), 'unlisted'],
    [
      'mine is not listed any more, and an event names it',
      service([old('COMPLETED')], event('(service app) (deployment mine) deployment failed: tasks failed to start.')),
      'rolled-back',
    ],
    [
      '… an event of another deployment says nothing',
      service([old('COMPLETED')], event('(service app) (deployment other) deployment failed: tasks failed to start.')),
      'unlisted',
    ],
    [
      '… nor one of before',
      service([old('COMPLETED')], event('(service app) (deployment mine) deployment failed', 5)),
      'unlisted',
    ],
    ['no deployment at all', service([]), 'unlisted'],
    ['it is being deleted', service([deployment('mine', 'PRIMARY', 'app:2', 'IN_PROGRESS')], { status: 'DRAINING' }), 'gone'],
    ['it is not in the answer: once may be an old answer', undefined, 'unlisted'],
  ])('%s', (_, seen, is) => {
    expect(lookAt(MINE, seen).is).toBe(is);
  });

  it('what is not there becomes certain by repetition; that mine is not listed does not, while what I saw before is', () => {
    const often = { ...MINE, unlisted: 3 };
    expect(lookAt(often, undefined)).toMatchObject({ is: 'gone', status: 'MISSING' });
    expect(lookAt(often, service([old('COMPLETED')])).is).toBe('unlisted');
    expect(lookAt(often, service([deployment('theirs', 'PRIMARY', 'app:9', 'IN_PROGRESS')])).is).toBe('superseded');
    expect(lookAt(MINE, service([deployment('theirs', 'PRIMARY', 'app:9', 'IN_PROGRESS')])).is).toBe('unlisted');
  });
});

function task(more: Partial<SeenTask>): SeenTask {
  const base = { arn: 'task/1', taskDefinition: 'app:2', lastStatus: 'RUNNING', desiredStatus: 'RUNNING', createdAt: 0 };
  return { ...base, containers: [{ name: 'app', digest: 'sha256:good' }], ...more };
}

describe('what the running tasks show', () => {
  const wanted = { taskDefinition: 'app:2', container: 'app', digests: ['sha256:good', 'sha256:index'], desired: 1 };
  const reports = (digest?: string) =>
    task({
      containers: [
        { name: 'sidecar', digest: 'sha256:side' },
        { name: 'app', ...(digest && { digest }) },
      ],
    });

  it.each([
    ['the pinned digest', [reports('sha256:good')], { are: 'pinned' }],
    ['the index that was pinned', [reports('sha256:index')], { are: 'pinned' }],
    ['another image', [reports('sha256:good'), reports('sha256:bad')], { are: 'others', digest: 'sha256:bad' }],
    ['no digest', [reports()], { are: 'unknown' }],
    ['one task too few', [], { are: 'fewer', running: 0 }],
    ['one that is about to end', [task({ desiredStatus: 'STOPPED' })], { are: 'fewer', running: 0 }],
    ['one of the revision before, with the same image', [task({ taskDefinition: 'app:1' })], { are: 'fewer', running: 0 }],
  ])('%s', (_, tasks, images) => {
    expect(imagesOf(tasks, wanted)).toMatchObject(images);
  });
});

describe('why tasks do not come up', () => {
  const stopped = (stopCode: string, stoppedReason: string, more: Partial<SeenTask> = {}) =>
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
    expect(reasonOf([one], [])).toMatchObject({ code, text: expect.stringMatching(text) });
  });

  it('a task that was replaced in good order is none; the newest speaks; an event only where no task does', () => {
    const scaled = stopped('ServiceSchedulerInitiated', 'Scaling activity initiated by (deployment ecs-svc/1)');
    const room = {
      id: '1',
      at: 0,
      message: '(service app) was unable to place a task. Reason: Capacity is unavailable at this time.',
    };
    expect(reasonOf([scaled], [])).toBeUndefined();
    expect(reasonOf([scaled], [room])).toMatchObject({ code: 'no-capacity' });
    const newest = { ...crashed(4), stoppedAt: 20 };
    expect(reasonOf([{ ...crashed(3), stoppedAt: 10 }, newest], [room])?.text).toContain('exit code 4');
  });
});

describe('what runs when the time is over, and ECS has not called it completed', () => {
  const mine = deployment('mine', 'PRIMARY', 'app:2', 'IN_PROGRESS');
  const gone = { ...deployment('old', 'ACTIVE', 'app:1', 'COMPLETED'), running: 0 };
  it.each([
    ['mine alone', [mine], true],
    ['mine, and an old one without tasks', [mine, gone], true],
    ['mine, and an old one whose task runs', [mine, { ...gone, running: 1 }], false],
    ['mine, and an old one whose task comes back', [mine, { ...gone, pending: 1 }], false],
    ['too few of mine', [{ ...mine, running: 0 }], false],
    ['one of mine that starts', [{ ...mine, pending: 1 }], false],
    ['one of mine that failed', [{ ...mine, failed: 1 }], false],
  ])('%s: alone or not', (_, deployments, expected) => {
    expect(isAlone(service(deployments), deployments[0]!)).toBe(expected);
  });

  it('a task that has just begun, or is not healthy, may be gone a minute later', () => {
    const task = (more: Partial<SeenTask>) =>
      ({ lastStatus: 'RUNNING', desiredStatus: 'RUNNING', startedAt: 0, ...more }) as SeenTask;
    expect(haveSettled([task({}), task({ health: 'HEALTHY' })], 300_000)).toBe(true);
    expect(haveSettled([task({}), task({ startedAt: 1 })], 300_000)).toBe(false);
    expect(haveSettled([task({ startedAt: undefined })], 300_000)).toBe(false);
    expect(haveSettled([task({ health: 'UNHEALTHY' })], 300_000)).toBe(false);
  });
});
