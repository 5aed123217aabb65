import type { Ecs, ServiceDeploymentState } from '@kdcube/release/internal';
import { isInProgress, isNative, pausedHook } from '@kdcube/release/internal';

interface OpenDeployment {
  /** The name in the environment. */
  service: string;
  state: ServiceDeploymentState;
}

/** The deployments that are paused; with `rollback` all that are in progress. Reads only. */
export async function findDeployments(
  ecs: Ecs,
  services: readonly { name: string; serviceName: string }[],
  rollback: boolean,
): Promise<OpenDeployment[]> {
  const found: OpenDeployment[] = [];
  const native = (await ecs.describeServices(services.map(({ serviceName }) => serviceName))).filter(isNative);
  for (const { name, serviceName } of services) {
    if (!native.some((service) => service.name === serviceName)) continue;
    const [state] = await ecs.listServiceDeployments(serviceName);
    if (state && (rollback ? isInProgress(state) : pausedHook(state) !== undefined)) found.push({ service: name, state });
  }
  return found;
}

/** A paused deployment is rolled back at its hook; one in progress is stopped, and ECS rolls it back. */
export async function continueDeployments(ecs: Ecs, found: readonly OpenDeployment[], rollback: boolean): Promise<void> {
  for (const { state } of found) {
    const hook = pausedHook(state);
    if (hook) await ecs.continueDeployment(state.arn, hook.id, rollback ? 'ROLLBACK' : 'CONTINUE');
    else await ecs.rollBackDeployment(state.arn);
  }
}
