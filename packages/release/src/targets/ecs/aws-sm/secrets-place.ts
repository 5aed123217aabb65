import type { Environment } from '../../../environment/environment';
import { secretsPrefix } from '../../../descriptor/aws-sm';
import { KdcubeError } from '../../../problem/problem';
import { runningContainer } from '../plan/running-service';
import { variablesOf, type Running } from '../plan/running';

/** The prefix of the secrets that hold the bundle descriptor, as proc finds it; undefined if the descriptor is elsewhere. Its variables are those of the environment, else those that proc runs with. */
export function descriptorPrefix(environment: Environment, running: Running): string | undefined {
  if (environment.bundles.descriptor !== 'aws-sm') return undefined;
  const proc = environment.services.find(({ component, target }) => component === 'proc' && target === 'ecs');
  if (!proc) return undefined;
  const container = proc.taskDefinition === 'running' ? runningContainer(proc, { running }) : undefined;
  const runs = Object.fromEntries([...variablesOf(container)].map(([name, { value }]) => [name, value]));
  const variables: Record<string, string | undefined> = { ...runs, ...proc.env };
  const region = variables.SECRETS_AWS_REGION || environment.ecs.region;
  if (region !== environment.ecs.region)
    throw new KdcubeError({
      code: 'wrong-value',
      message: `SECRETS_AWS_REGION of ${proc.name} is ${region}, but a deploy writes the bundle descriptor in ${environment.ecs.region}, the region of the cluster.`,
      hint: 'bundles: { descriptor: file }',
    });
  return secretsPrefix({ tenant: environment.tenant, project: environment.project, variables });
}
