import type { ServiceDeploymentState } from '../port/port';
import type { Rollout } from '../rollout';
import { readDeployment } from './read-deployment';

const NOW = 1_000_000;

function read(times: Pick<ServiceDeploymentState, 'createdAt' | 'finishedAt'>, createdAt?: number) {
  const state = { arn: 'one', status: 'ROLLBACK_SUCCESSFUL', target: { arn: 'revision' }, ...times };
  const ecs = { listServiceDeployments: async () => [state], findRevisionDefinition: async () => 'web:2' };
  const rollout = { ecs, serviceRevisions: new Map() } as unknown as Rollout;
  return readDeployment(rollout, 'acme-web', { taskDefinition: 'web:2', ...(createdAt !== undefined && { createdAt }) });
}

it.each([
  ['created with our update', { createdAt: NOW - 2_000 }],
  ['created with our update, and finished', { createdAt: NOW, finishedAt: NOW + 60_000 }],
  ['without times', {}],
])('%s: ours', async (_, times) => {
  expect(await read(times, NOW)).toBeDefined();
});

it.each([
  ['created before our update', { createdAt: NOW - 60_000 }],
  ['finished before our update', { createdAt: NOW - 5_000, finishedAt: NOW - 1 }],
])('%s: not ours', async (_, times) => {
  expect(await read(times, NOW)).toBeUndefined();
});

it('of an earlier run whose deployment is resumed: ours', async () => {
  expect(await read({ createdAt: NOW - 60_000 })).toBeDefined();
});
