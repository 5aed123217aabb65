import type { ServiceDeploymentState } from '@kdcube/release/internal';
import { describeStage, KdcubeError } from '@kdcube/release/internal';

export function nothingToContinue(environment: string, service: string | undefined, rollback: boolean): KdcubeError {
  const subject =
    service === undefined ? `No deployment of ${environment} is` : `The deployment of ${service} in ${environment} is not`;
  const state = rollback ? 'in progress with a native strategy: there is nothing to stop' : 'paused at a lifecycle hook';
  return new KdcubeError({
    code: 'deployment-not-paused',
    message: `${subject} ${state}.`,
    hint: `nx run release:status:${environment}    shows what runs; nx run release:rollback:${environment}    rolls back to an earlier release`,
  });
}

/** ECS refused the answer, because the deployments had ended or been answered before. */
export function answeredBefore(
  environment: string,
  others: readonly { service: string; state: ServiceDeploymentState }[],
  rollback: boolean,
): KdcubeError {
  return new KdcubeError(
    others.map(({ service, state }) => ({
      code: 'deployment-not-paused',
      message: `The deployment of ${service} in ${environment} was not ${rollback ? 'rolled back' : 'continued'}: by now it is ${state.status} (${describeStage(state)}).`,
      hint: `nx run release:status:${environment}    shows what runs; nx run release:rollback:${environment}    rolls back to an earlier release`,
    })),
  );
}
