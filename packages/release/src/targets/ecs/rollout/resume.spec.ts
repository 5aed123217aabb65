import { resumeDeployments } from './resume';
import type { Rollout } from './rollout';
import { watchForFailure } from './wave/watch';
import { watchDeployment } from './wave/watched-deployment';

jest.mock('./wave/watch', () => ({ watchForFailure: jest.fn() }));
jest.mock('./wave/watched-deployment', () => ({ watchDeployment: jest.fn() }));
beforeEach(() => jest.clearAllMocks());

const ARN = 'arn:aws:ecs:eu-central-1:123456789012:task-definition/acme-proc:7';
const NOW = 1_000_000;
const step = { service: 'proc', serviceName: 'acme-proc', kind: 'service', change: 'none', digests: ['sha256:1'] };
const primary = { id: 'ecs-svc/1', status: 'PRIMARY', taskDefinition: ARN, rollout: 'IN_PROGRESS', updatedAt: NOW - 60_000 };

async function resume(changes: { step?: object; primary?: object; desired?: number; forced?: string } = {}) {
  const inFlight = new Map<string, string>();
  const report = jest.fn();
  const services = [
    { name: 'acme-proc', desired: changes.desired ?? 1, deployments: [{ ...primary, ...changes.primary }] },
  ] as never[];
  const rollout = {
    plan: { services: [{ ...step, ...changes.step }] },
    revisions: { target: new Map() },
    report,
    progress: { inFlight },
    clock: { now: () => NOW },
    ecs: { describeServices: async () => ['read again'] },
  } as unknown as Rollout;
  const steps = new Map([['proc', { definition: {}, arn: ARN }]]);
  const definitions = { steps, ...(changes.forced !== undefined && { forced: { service: changes.forced } }) } as never;
  const result = await resumeDeployments(rollout, services, definitions);
  return { result, services, inFlight, report, started: jest.mocked(watchDeployment).mock.calls.map(([, , ours]) => ours) };
}

it('a deployment in progress of a service that the plan does not change is watched, and the services are read again', async () => {
  const { result, inFlight, report, started } = await resume();
  expect(result).toEqual({ services: ['read again'] });
  expect([...inFlight]).toEqual([['proc', 'is being updated to acme-proc:7 (ecs-svc/1)']]);
  expect(report.mock.calls).toEqual([[expect.objectContaining({ event: 'update', service: 'proc', resumed: true })]]);
  expect(started).toEqual([expect.objectContaining({ id: 'ecs-svc/1', taskDefinition: ARN })]);
  expect(watchForFailure).toHaveBeenCalledTimes(1);
});

it.each([
  ['before this run', NOW - 60_000, NOW - 65_000],
  ['by a clock that is ahead of ours', NOW + 60_000, NOW],
])('its events count from 5 seconds before its last update: %s', async (_, updatedAt, startedAt) => {
  const { started } = await resume({ primary: { updatedAt } });
  expect(started).toEqual([expect.objectContaining({ startedAt })]);
});

it.each<[string, Parameters<typeof resume>[0]]>([
  ['a service that the plan changes', { step: { change: 'update' } }],
  ['a task', { step: { kind: 'task' } }],
  ['the service that takes the extra step', { forced: 'proc' }],
  ['a service without a PRIMARY deployment', { primary: { status: 'ACTIVE' } }],
  ['another revision', { primary: { taskDefinition: ARN.replace(/7$/, '8') } }],
  ['a service without tasks', { desired: 0 }],
  ['a deployment that is complete', { primary: { rollout: 'COMPLETED' } }],
  ['a deployment without a rollout state', { primary: { rollout: undefined } }],
])('%s is not watched', async (_, changes) => {
  const { result, services, report } = await resume(changes);
  expect([result.services === services, report.mock.calls, jest.mocked(watchDeployment).mock.calls]).toEqual([true, [], []]);
});
