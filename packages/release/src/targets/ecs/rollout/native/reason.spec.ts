import type { ServiceDeploymentState } from '../port/port';
import { nativeReason } from './reason';

function rolledBack(reason: string, status = 'ROLLBACK_SUCCESSFUL'): ServiceDeploymentState {
  const target = { arn: '', running: 0, pending: 0, requested: 0 };
  return { arn: '', status, reason, stage: 'BAKE_TIME', hooks: [], target, sources: [], triggeredAlarms: [] };
}

it.each([
  ['Service deployment rolled back because of a StopServiceDeployment request.', 'deployment-stopped'],
  ['The deployment was rolled back because its lifecycle stage took too long.', 'rollout-failed'],
  ['', 'rollout-failed'],
])('%s: %s', (reason, code) => {
  expect(nativeReason(rolledBack(reason))).toMatchObject({ code, text: expect.stringContaining(reason) });
});

it.each([
  ['Service deployment was stopped by a StopServiceDeployment request.', 'deployment-stopped'],
  ['Service deployment stopped because of a new deployment.', 'rollout-failed'],
])('stopped. %s: %s', (reason, code) => {
  expect(nativeReason(rolledBack(reason, 'STOPPED'))?.code).toBe(code);
});
