import type { Ecs, Environment, Running, RunningService, ServiceState, TaskDefinition } from '@kdcube/release/internal';
import { accountMatches, findProblem, KdcubeError, variablesOf } from '@kdcube/release/internal';
import { inParallel, settleAll } from '../../../system/parallel';

/** The read-only part of the ECS port. */
export type EcsReader = Pick<Ecs, 'getAccountId' | 'describeServices' | 'describeTaskDefinition' | 'region' | 'cluster'>;

/**
 * Reads what runs in an environment: its services, their task definitions, and the latest revision of each family. `recorded`: further revisions, which a release record names.
 * Problems `cluster-missing`, `wrong-account`, and those of AWS.
 */
export async function readRunning(ecs: EcsReader, environment: Environment, recorded: readonly string[] = []): Promise<Running> {
  const services = environment.services.filter(({ target }) => target === 'ecs');
  const calls = [ecs.getAccountId(), ecs.describeServices(services.map(({ serviceName }) => serviceName))] as const;
  // Waits for both, so that neither retries after the other has failed.
  const [account, seen] = await settleAll(calls);
  checkAccount(account, environment);
  const definitions: Record<string, TaskDefinition> = {};
  const latest: Record<string, string> = {};
  const read = async (name: string): Promise<string | undefined> => {
    if (definitions[name]) return name;
    const definition = await ecs.describeTaskDefinition(name);
    const arn = definition?.taskDefinitionArn;
    if (!definition || typeof arn !== 'string') return undefined;
    // As JSON: the SDK returns Date objects.
    definitions[arn] = JSON.parse(JSON.stringify(definition)) as TaskDefinition;
    return arn;
  };
  const arns = seen.map(({ taskDefinition }) => taskDefinition).filter((arn) => arn !== '');
  await inParallel([...new Set([...arns, ...recorded])], 4, read);
  const exec = environment.exec?.fargate?.family;
  const families = [...services.map(({ family }) => family), ...(exec === undefined ? [] : [exec])];
  await inParallel([...new Set(families)], 4, async (family) => {
    const arn = await read(family);
    if (arn !== undefined) latest[family] = arn;
  });
  await inParallel(execRevisions(Object.values(definitions)), 4, read);
  const found = Object.fromEntries(seen.map((service) => [service.name, serviceOf(service)]));
  return { from: 'ecs', account, region: ecs.region, cluster: ecs.cluster, services: found, definitions, latest };
}

export type EnvironmentPlace = { ecs: Pick<Environment['ecs'], 'account' | 'region'> };

/** Another account may have a cluster with the same name. */
export function checkAccount(account: string, { ecs }: EnvironmentPlace): void {
  if (ecs.account === undefined) return;
  const problem = findProblem([accountMatches], ecs.account, { actual: account, region: ecs.region ?? '' });
  if (problem) throw new KdcubeError(problem);
}

function serviceOf({ name, status, taskDefinition, desired, controller }: ServiceState): RunningService {
  return { serviceName: name, status, taskDefinition, desiredCount: desired, controller };
}

/** The revisions of the exec task that proc's environment names. */
function execRevisions(definitions: readonly TaskDefinition[]): string[] {
  const named = definitions.flatMap(({ containerDefinitions }) =>
    containerDefinitions.map((container) => variablesOf(container).get('FARGATE_TASK_DEFINITION')?.value ?? ''),
  );
  return [...new Set(named.filter((name) => name !== ''))];
}
