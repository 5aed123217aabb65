import { runningTask } from '../../../../../testing/rollouts/task';
import type { TaskState } from '../port/port';
import { findEventReason, findReason } from './reason';

const codeOf = (message: string) => findEventReason(message)?.code;

// What ECS writes about a service: whole lists, each sentence with one word that decides.
describe('the reason in an event', () => {
  it.each([
    ['no-capacity', 'was unable to place a task because no container instance met all of its requirements'],
    ['no-capacity', 'Capacity is unavailable at this time'],
    ['no-capacity', 'insufficient capacity in this zone'],
    ['no-capacity', 'RESOURCE:MEMORY'],
    ['image-pull-failed', 'CannotPullContainerError: x'],
    ['image-pull-failed', 'CannotPullImageManifestError: x'],
    ['secret-unreadable', 'ResourceInitializationError: secret x'],
    ['secret-unreadable', 'ResourceInitializationError: ssm x'],
    ['secret-unreadable', 'ResourceInitializationError: parameter x'],
    ['secret-unreadable', 'ResourceInitializationError: kms x'],
    ['secret-unreadable', 'ResourceInitializationError: registry auth x'],
    ['health-check-failed', 'task failed container health checks'],
    ['health-check-failed', 'task failed ELB health checks'],
    ['health-check-failed', '(port 80) is unhealthy in (target-group x)'],
  ])('%s: %s', (code, message) => {
    for (const text of [message, message.replace(/capacity|health checks|registry auth|secret/i, (word) => word.toUpperCase())])
      if (text === message || /capacity in|health|registry|secret/i.test(message)) expect(codeOf(text)).toBe(code);
    expect(findEventReason(`(service acme-proc) ${message}`)).toEqual({ code, text: message });
    expect(findEventReason(`(service ) ${message}`)?.code).toBe(code);
  });

  const markers =
    'unable fail failed failure fails error errors invalid denied insufficient limit limits exceeds exceeded missing throttled throttling';
  it.each([...markers.split(' '), 'not exist', 'not found', 'DENIED'])('an event with "%s" is a reason of its own', (word) => {
    expect(findEventReason(`(service x) something ${word} somewhere`)).toEqual({
      code: 'rollout-failed',
      text: `something ${word} somewhere`,
    });
    expect(findEventReason(`something un${word}x somewhere`)).toBeUndefined();
  });

  it.each([
    'was unable to consistently start tasks',
    'deployment failed: tasks failed to start',
    'deployment completed with errors',
    'rolling back because of errors',
    'has stopped 1 running task that failed',
    'stopped due to an unhealthy status: errors',
    'has started 1 task after an error',
    'has begun draining with errors',
    'has reached a steady state after errors',
  ])('%s: follows from a failure, and does not explain it', (message) => expect(findEventReason(message)).toBeUndefined());

  it('an event about nothing that went wrong is no reason', () => {
    for (const message of ['registered 1 targets', '', '(service x) ', 'ResourceInitializationError: network']) {
      const found = findEventReason(message);
      expect([message, found?.code]).toEqual([message, undefined]);
    }
  });

  it('an event with a known cause comes before one without', () => {
    const events = ['failed to x', 'CannotPullContainerError: y', 'failed to z'].map((message) => ({
      id: message,
      at: 0,
      message,
    }));
    expect(findReason([], events as never)).toEqual({ code: 'image-pull-failed', text: 'CannotPullContainerError: y' });
    expect(findReason([], [events[0], events[2]] as never)).toEqual({ code: 'rollout-failed', text: 'failed to x' });
    expect(findReason([], [])).toBeUndefined();
  });
});

describe('the reason in a task', () => {
  const stopped = (more: object) => ({ lastStatus: 'STOPPED', createdAt: 0, containers: [], ...more }) as never;

  it('that a container alone gives', () => {
    const task = stopped({
      stopCode: 'TaskFailedToStart',
      containers: [{ name: 'app', reason: 'CannotPullContainerError: denied' }],
    });
    expect(findReason([task], [])).toMatchObject({ code: 'image-pull-failed', text: 'CannotPullContainerError: denied' });
  });

  it('of a container that ran out of memory and has no exit code', () => {
    const task = stopped({
      stopCode: 'EssentialContainerExited',
      containers: [{ name: 'app', reason: 'OutOfMemoryError: Container killed' }],
    });
    expect(findReason([task], [])).toMatchObject({
      code: 'container-crashed',
      text: 'The container app ended without an exit code: OutOfMemoryError: Container killed.',
    });
  });

  it('of an essential container of which ECS reports no end', () => {
    const task = stopped({ stopCode: 'EssentialContainerExited', containers: [{ name: 'app' }] });
    const text = 'An essential container ended, and ECS reports no exit code.';
    expect(findReason([task], [])).toEqual({ code: 'container-crashed', text, task });
  });

  it.each(['ROLLING BACK because of errors', 'Deployment failed: errors', 'Has started 1 task after an error'])(
    '%s: follows from a failure, in any case',
    (message) => expect(findEventReason(message)).toBeUndefined(),
  );
});

describe('why tasks do not come up', () => {
  const stopped = (stopCode: string, stoppedReason: string, more: Partial<TaskState> = {}) =>
    runningTask({ lastStatus: 'STOPPED', stopCode, stoppedReason, containers: [{ name: 'app' }], ...more });
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
