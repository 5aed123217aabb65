import type { SeenDeployment, SeenService, SeenTask } from '../port';
import { imagesOf, lookAt, type Mine } from './verdict';
import { standBehind, standOfTasks, wantedOnes, type Asked } from './verdict-late';
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
  const rest = { controller: 'ECS', events: [], tags: {}, targetGroups: [], hasAlarms: false, placement: {} };
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
  const wanted = { taskDefinition: 'app:2', container: 'app', digests: ['sha256:good'], checked: ['app'] };
  const at = (health: string, digest?: string) => [{ name: 'app', health, ...(digest && { digest }) }];
  const good = (more: Partial<SeenTask> = {}) =>
    task({ startedAt: 0, addresses: ['10.0.0.1'], containers: at('HEALTHY', 'sha256:good'), ...more });
  const NOW = 120_000;
  const text = (words: RegExp) => ({ is: 'missing', text: expect.stringMatching(words) });

  it.each([
    ['all that is wanted', [good()], 1, { is: 'there', digests: 'seen' }],
    [
      '… and an old one that was told to stop',
      [good(), good({ taskDefinition: 'app:1', desiredStatus: 'STOPPED' })],
      1,
      { is: 'there' },
    ],
    ['no digest is reported', [good({ containers: at('HEALTHY') })], 1, { is: 'there', digests: 'unknown' }],
    ['an old one is wanted', [good(), good({ taskDefinition: 'app:1' })], 1, text(/wants 1 task of another revision/)],
    ['one too few', [good()], 2, text(/wants 2 tasks, and 1 are there/)],
    ['one too many', [good(), good()], 1, text(/wants 1 task, and 2 are there/)],
    ['none is wanted', [], 0, text(/wants 0 tasks/)],
    ['one that starts', [good({ lastStatus: 'PENDING' })], 1, text(/1 not running yet/)],
    ['one that has just begun', [good({ startedAt: 1 })], 1, text(/1 running for less than 2 minutes/)],
    ['one that says no start', [good({ startedAt: undefined })], 1, text(/less than 2 minutes/)],
    ['one whose check fails', [good({ containers: at('UNHEALTHY') })], 1, text(/1 not healthy by the health check/)],
    ['one whose check says nothing yet', [good({ containers: at('UNKNOWN') })], 1, text(/not healthy/)],
    ['one whose container is not reported', [good({ containers: [] })], 1, text(/not healthy/)],
    ['one that is unhealthy as a whole', [good({ health: 'UNHEALTHY' })], 1, text(/not healthy/)],
    ['another image', [good({ containers: at('HEALTHY', 'sha256:bad') })], 1, { is: 'others', digest: 'sha256:bad' }],
  ])('%s', (_, tasks, desired, stand) => {
    expect(standOfTasks(wantedOnes(tasks), desired, wanted, NOW)).toMatchObject(stand);
  });

  it('without a health check nothing is asked of one; on the way back no digest is known', () => {
    const plain = [good({ containers: at('UNKNOWN', 'sha256:any') })];
    expect(standOfTasks(plain, 1, { ...wanted, checked: [], digests: [] }, NOW).is).toBe('there');
  });

  const group = (...targets: [string, string][]): Asked =>
    ({ group: 'arn:aws:x:targetgroup/app/1', targets: targets.map(([id, state]) => ({ id, state })) }) as Asked;
  const mine: [string, string] = ['10.0.0.1', 'healthy'];
  const denied = { group: 'arn:aws:x:targetgroup/app/2', problem: 'AWS does not allow it.' };
  it.each([
    ['no load balancer', [], { is: 'there' }],
    ['healthy, and an old one goes', [group(mine, ['10.0.0.2', 'draining'])], { is: 'there' }],
    ['healthy, and another service’s is not', [group(mine, ['10.0.0.9', 'unhealthy'])], { is: 'there' }],
    [
      'not healthy',
      [group(['10.0.0.1', 'unhealthy'])],
      text(/1 not healthy for the load balancer \(targetgroup\/app\/1\): unhealthy/),
    ],
    ['not registered, and another is healthy', [group(['10.0.0.2', 'healthy'])], text(/not registered/)],
    ['nobody uses the group', [group(['10.0.0.1', 'unused'])], text(/unused/)],
    ['healthy on one port alone', [group(mine, ['10.0.0.1', 'initial'])], text(/initial/)],
    ['two, and one finds it unhealthy', [group(mine), group(['10.0.0.1', 'initial'])], text(/initial/)],
    ['two, and one may not be asked', [group(mine), denied], { is: 'unknown', open: { of: 'targets', group: denied.group } }],
    ['one may not be asked, and the other finds it unhealthy', [denied, group(['10.0.0.1', 'unhealthy'])], text(/unhealthy/)],
    ['a group without checks', [group(['10.0.0.1', 'unavailable'])], { is: 'unknown', open: { of: 'targets' } }],
  ])('for the load balancer: %s', (_, groups, stand) => {
    expect(standBehind({ is: 'there', digests: 'seen' }, [good()], groups, { hasAlarms: false })).toMatchObject(stand);
  });

  it.each([
    [
      'as many as tasks',
      [
        ['i-1', 'healthy'],
        ['i-2', 'draining'],
      ],
      'there',
    ],
    ['too few', [['i-2', 'draining']], 'missing'],
    ['one is not healthy', [mine, ['i-2', 'unhealthy']], 'missing'],
  ] as [string, [string, string][], string][])('tasks without an address are counted: %s', (_, targets, is) => {
    const tasks = [good({ addresses: [] })];
    expect(standBehind({ is: 'there', digests: 'seen' }, tasks, [group(...targets)], { hasAlarms: false }).is).toBe(is);
  });

  it('alarms may still undo what is good, and nothing else', () => {
    const alarms = { hasAlarms: true };
    expect(standBehind({ is: 'there', digests: 'seen' }, [good()], [], alarms)).toMatchObject({
      is: 'unknown',
      open: { of: 'alarms' },
    });
    expect(standBehind({ is: 'missing', text: '' }, [good()], [], alarms).is).toBe('missing');
    expect(standBehind({ is: 'there', digests: 'seen' }, [good()], [group(['10.0.0.1', 'initial'])], alarms).is).toBe('missing');
  });
});
