import { runningTask } from '../../../../../testing/rollouts/task';
import type { TaskState } from '../port/port';
import { healthBehindLoadBalancers, healthOfTasks, desiredTasks, type TargetGroupHealth } from './timeout';

describe('health after a timeout, when ECS has not called the deployment COMPLETED', () => {
  const expected = {
    taskDefinition: 'app:2',
    container: 'app',
    digests: ['sha256:good'],
    checkedContainers: ['app'],
  };
  const at = (health: string, digest?: string) => [{ name: 'app', health, ...(digest && { digest }) }];
  const good = (more: Partial<TaskState> = {}) =>
    runningTask({ startedAt: 0, addresses: ['10.0.0.1'], containers: at('HEALTHY', 'sha256:good'), ...more });
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
