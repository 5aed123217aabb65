import type { TargetHealthState, TaskState } from '../port/port';
import { healthBehindLoadBalancers, type TaskHealth } from './timeout';

const HEALTHY: TaskHealth = { state: 'healthy', digests: 'verified' };

function task(addresses: string[] | undefined): TaskState {
  const base = { arn: 'task/1', taskDefinition: 'app:2', lastStatus: 'RUNNING', desiredStatus: 'RUNNING', createdAt: 0 };
  return { ...base, containers: [], ...(addresses && { addresses }) };
}

type Targets = Record<string, TargetHealthState>;

/** The health of tasks with these addresses, by one target group. */
function judge(addresses: (string[] | undefined)[], targets: Targets): TaskHealth {
  const group = { group: 'arn:aws:x:targetgroup/app/1', targets: Object.entries(targets).map(([id, state]) => ({ id, state })) };
  return healthBehindLoadBalancers(HEALTHY, addresses.map(task), [group], { hasAlarms: false });
}

const notHealthy = (count: string, states: string): TaskHealth => ({
  state: 'unhealthy',
  text: `${count} not healthy in the target group targetgroup/app/1: ${states}.`,
});

describe.each([
  ['one without an address', [['10.0.0.1'], []]],
  ['one whose addresses are not reported', [['10.0.0.1'], undefined]],
  ['the first one without an address', [undefined, ['10.0.0.1']]],
  ['both without an address', [[], undefined]],
])('two tasks, %s: the targets are counted', (_, addresses) => {
  it.each<[string, Targets, TaskHealth]>([
    ['as many as tasks', { '10.0.0.1': 'healthy', 'i-2': 'healthy' }, HEALTHY],
    ['none has the address', { 'i-1': 'healthy', 'i-2': 'healthy' }, HEALTHY],
    ['one more', { '10.0.0.1': 'healthy', 'i-2': 'healthy', 'i-3': 'healthy' }, HEALTHY],
    ['one more, which drains', { '10.0.0.1': 'healthy', 'i-2': 'healthy', 'i-3': 'draining' }, HEALTHY],
    ['one too few', { '10.0.0.1': 'healthy' }, notHealthy('1 of 2 tasks', 'not registered')],
    ['none', {}, notHealthy('2 of 2 tasks', 'not registered')],
    ['one of them drains', { '10.0.0.1': 'healthy', 'i-2': 'draining' }, notHealthy('1 of 2 tasks', 'not registered')],
    ['one is not healthy', { '10.0.0.1': 'healthy', 'i-2': 'unhealthy' }, notHealthy('1 of 2 tasks', 'unhealthy')],
    [
      'one more, which is not healthy',
      { '10.0.0.1': 'healthy', 'i-2': 'healthy', 'i-3': 'initial' },
      notHealthy('1 of 2 tasks', 'initial'),
    ],
    [
      'one is not healthy, and one is missing',
      { '10.0.0.1': 'unhealthy' },
      notHealthy('2 of 2 tasks', 'unhealthy, not registered'),
    ],
  ])('%s', (__, targets, health) => {
    expect(judge(addresses, targets)).toEqual(health);
  });
});

describe('two tasks with addresses: each is judged by its own', () => {
  const addresses = [['10.0.0.1'], ['10.0.0.2', '10.0.0.3']];
  it.each<[string, Targets, TaskHealth]>([
    ['all healthy', { '10.0.0.1': 'healthy', '10.0.0.2': 'healthy' }, HEALTHY],
    ['by the second address', { '10.0.0.1': 'healthy', '10.0.0.3': 'healthy' }, HEALTHY],
    ['another service’s is not healthy', { '10.0.0.1': 'healthy', '10.0.0.2': 'healthy', 'i-3': 'unhealthy' }, HEALTHY],
    ['as many as tasks, of others', { 'i-1': 'healthy', 'i-2': 'healthy' }, notHealthy('2 of 2 tasks', 'not registered')],
    ['one of another service', { '10.0.0.1': 'healthy', 'i-2': 'healthy' }, notHealthy('1 of 2 tasks', 'not registered')],
    ['one drains', { '10.0.0.1': 'healthy', '10.0.0.2': 'draining' }, notHealthy('1 of 2 tasks', 'draining')],
    [
      'healthy by one address alone',
      { '10.0.0.1': 'healthy', '10.0.0.2': 'healthy', '10.0.0.3': 'initial' },
      notHealthy('1 of 2 tasks', 'initial'),
    ],
  ])('%s', (_, targets, health) => {
    expect(judge(addresses, targets)).toEqual(health);
  });
});

describe('every state of a target', () => {
  const states: Record<TargetHealthState, readonly [withAddress: string, without: string]> = {
    healthy: ['healthy', 'healthy'],
    initial: ['initial', 'initial'],
    unhealthy: ['unhealthy', 'unhealthy'],
    unused: ['unused', 'unused'],
    draining: ['draining', 'not registered'],
    'unhealthy.draining': ['unhealthy.draining', 'not registered'],
    unavailable: ['unknown', 'unknown'],
  };
  it.each(Object.entries(states))('%s', (state, shown) => {
    const targets = { '10.0.0.1': state as TargetHealthState };
    expect([judge([['10.0.0.1']], targets), judge([[]], targets)]).toEqual(
      shown.map((text) => {
        if (text === 'healthy') return HEALTHY;
        return text === 'unknown' ? expect.objectContaining({ state: 'unknown' }) : notHealthy('1 of 1 task', text);
      }),
    );
  });
});

it('no task, and no target: nothing is missing', () => {
  expect(judge([], {})).toEqual(HEALTHY);
  expect(judge([], { 'i-1': 'unhealthy' })).toEqual(HEALTHY);
});

it('several target groups: the first one that reports an unhealthy task counts, before one that cannot be read', () => {
  const group = (name: string, state: TargetHealthState) => ({
    group: `arn:aws:x:targetgroup/${name}/1`,
    targets: [{ id: '10.0.0.1', state }],
  });
  const unreadable = { group: 'arn:aws:x:targetgroup/none/1', problem: 'It is denied.' };
  const of = (...groups: Parameters<typeof healthBehindLoadBalancers>[2][number][]) =>
    (healthBehindLoadBalancers(HEALTHY, [task(['10.0.0.1'])], groups, { hasAlarms: false }) as { text: string }).text;
  expect(of(unreadable, group('a', 'draining'), group('b', 'unhealthy'))).toContain('targetgroup/a/1: draining');
  expect(of(group('a', 'healthy'), unreadable, { ...unreadable, group: 'arn:aws:x:targetgroup/other/1' })).toContain(
    'none/1 is unknown',
  );
});
