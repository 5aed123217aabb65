import { KdcubeError } from '../../../problem/problem';
import { planOf, startDouble, type EcsDouble } from '../../../../testing/rollouts/kit';
import { ecsOf } from '../../../../testing/rollouts/ecs';
import { PLACE } from '../../../../testing/rollouts/kit';
import type { RolloutEvent } from './events';
import { acquireLock, findLock, type AcquiredLock } from './lock';
import { newRollout, type Rollout } from './rollout';

const TIMEOUT = 40 * 60_000;
let double: EcsDouble;
afterEach(() => double.close());

async function locked(): Promise<{ rollout: Rollout; lock: AcquiredLock; events: RolloutEvent[] }> {
  double = await startDouble();
  const events: RolloutEvent[] = [];
  const ports = { ecs: ecsOf(double, PLACE), clock: double.time, images: { findProblem: async () => undefined } };
  const report = (event: RolloutEvent) => void events.push(event);
  const options = { planId: 'ours', timeout: TIMEOUT, onFailure: 'rollback', lockTimeout: 0 } as const;
  const rollout = newRollout(planOf(), { ...ports, report }, options);
  const lock = await acquireLock(rollout, await rollout.ecs.describeServices(['acme-proc', 'acme-ingress']));
  return { rollout, lock: lock!, events };
}

function breakTags(...ops: string[]): void {
  double.faults.push({ op: ops, error: 'ThrottlingException' });
}

async function holder(rollout: Rollout): Promise<string | undefined> {
  return findLock(await rollout.ecs.describeServices(['acme-ingress']), double.clock.now())?.id;
}

it('a renewal that fails is a note as long as the lock is valid for another wave, and an error afterwards', async () => {
  const { lock, events } = await locked();
  breakTags('TagResource');
  await double.clock.advance(TIMEOUT);
  await lock.renew();
  expect(events).toEqual([{ event: 'note', text: expect.stringMatching(/not renewed; it is valid until 2\d{3}-/) }]);
  await double.clock.advance(1.1 * TIMEOUT);
  await expect(lock.renew()).rejects.toThrow(KdcubeError);
});

it.each([
  ['a bug', new TypeError('a bug')],
  ['Ctrl-C', new KdcubeError({ code: 'interrupted', message: 'Ctrl-C.' })],
  ['credentials that expired', new KdcubeError({ code: 'aws-credentials', message: 'Expired.' })],
])('a renewal that fails for another reason than AWS is an error although the lock is valid: %s', async (_, error) => {
  const { rollout, lock, events } = await locked();
  jest.spyOn(rollout.ecs, 'tagResource').mockRejectedValueOnce(error);
  await expect(lock.renew()).rejects.toBe(error);
  expect(events).toEqual([]);
});

it('is removed in the end', async () => {
  const { rollout, lock } = await locked();
  expect(await holder(rollout)).toBe('ours');
  await lock.release();
  expect(await holder(rollout)).toBeUndefined();
});

it('an expired lock that another deploy has acquired since is not removed', async () => {
  const { rollout, lock } = await locked();
  await double.clock.advance(4 * TIMEOUT);
  const until = new Date(double.clock.now() + TIMEOUT).toISOString();
  const resourceArn = `arn:aws:ecs:${PLACE.region}:${PLACE.account}:service/acme/acme-ingress`;
  await double.as('TagResource', { resourceArn, tags: [{ key: 'kdcube:deploy', value: `theirs ${until} other` }] });
  await lock.release();
  expect(await holder(rollout)).toBe('theirs');
});

it('a plan without services needs no lock', async () => {
  const { rollout } = await locked();
  expect(await acquireLock(rollout, [])).toBeUndefined();
});

it.each(['ours', 'ours tomorrow one', `ours ${new Date(0).toISOString()}`])('the tag %j is no lock', async (value) => {
  const { rollout, lock } = await locked();
  await lock.release();
  const resourceArn = `arn:aws:ecs:${PLACE.region}:${PLACE.account}:service/acme/acme-ingress`;
  await double.as('TagResource', { resourceArn, tags: [{ key: 'kdcube:deploy', value }] });
  expect(await holder(rollout)).toBeUndefined();
});
