import { KdcubeError } from '@kdcube/release/internal';

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
