import type { ServiceStep } from '../../../../deploy/deploy-plan';
import type { RolloutEvent } from '../events';
import type { ServiceEvent, ServiceState } from '../port/port';
import type { Rollout } from '../rollout';
import { findCause } from './cause';
import { recordProgress } from './observe';
import { watchDeployment } from './watched-deployment';

const STARTED_AT = 1_000_000;

function begin() {
  const reported: string[] = [];
  const report = (event: RolloutEvent) => void (event.event === 'service-event' && reported.push(event.message));
  const clock = { now: () => STARTED_AT, sleep: async () => undefined };
  const rollout = { clock, report } as unknown as Rollout;
  const ours = { id: 'ours', taskDefinition: 'app:2', previous: [], startedAt: STARTED_AT };
  const deployment = watchDeployment(rollout, { service: 'app' } as ServiceStep, ours, []);
  const read = (...events: ServiceEvent[]) =>
    recordProgress(rollout, deployment, { deployments: [], events } as unknown as ServiceState);
  return { reported, deployment, read };
}

const event = (offset: number, message: string): ServiceEvent => ({ id: message, at: STARTED_AT + offset, message });

it.each([
  [-3_600_000, false],
  [-1_001, false],
  [-1_000, true],
  [-999, true],
  [0, true],
  [1_001, true],
  [3_600_000, true],
])('an event %d ms after the start of a deployment is reported, and is a cause: %s', (offset, counts) => {
  const { reported, deployment, read } = begin();
  const message = 'was unable to place a task. Reason: Capacity is unavailable at this time.';
  read(event(offset, message));
  expect(reported).toEqual(counts ? [message] : []);
  expect(findCause(deployment)).toEqual(counts ? { code: 'no-capacity', text: message } : undefined);
});

it('events are reported once, oldest first, without the name of the service', () => {
  const { reported, read } = begin();
  read(event(-5_000, 'before'), event(-6_000, 'long before'));
  read(event(1, '(service app) one'), event(0, 'zero'), event(-5_000, 'before'));
  read(event(2, 'two'), event(1, '(service app) one'), event(0, 'zero'), event(-5_000, 'before'));
  expect(reported).toEqual(['zero', 'one', 'two']);
});
