import type { Ecs, Environment, Running, RunningService, SeenService, TaskDefinition } from '@kdcube/release/internal';
import { KdcubeError, variablesOf } from '@kdcube/release/internal';
import { inParallel, toTheEnd } from '../../../system/parallel';

/** What reading asks of ECS: nothing that writes. */
export type EcsReader = Pick<Ecs, 'account' | 'services' | 'definition' | 'region' | 'cluster'>;

/**
 * What runs in an environment: its services and their task definitions, and what each family has registered last. Reads only. `further`: definitions that a record names.
 * Problems `cluster-missing`, `wrong-account`, and those of AWS.
 */
export async function readRunning(ecs: EcsReader, environment: Environment, further: readonly string[] = []): Promise<Running> {
  const services = environment.services.filter(({ target }) => target === 'ecs');
  const asked = [ecs.account(), ecs.services(services.map(({ serviceName }) => serviceName))] as const;
  // Neither goes on being asked, again and again, after the other has ended the command.
  const [account, seen] = await toTheEnd(asked);
  checkAccount(account, environment);
  const definitions: Record<string, TaskDefinition> = {};
  const latest: Record<string, string> = {};
  const read = async (name: string): Promise<string | undefined> => {
    if (definitions[name]) return name;
    const definition = await ecs.definition(name);
    const arn = definition?.taskDefinitionArn;
    if (!definition || typeof arn !== 'string') return undefined;
    // Plain data: the SDK's dates are none.
    definitions[arn] = JSON.parse(JSON.stringify(definition)) as TaskDefinition;
    return arn;
  };
  const arns = seen.map(({ taskDefinition }) => taskDefinition).filter((arn) => arn !== '');
  await inParallel([...new Set([...arns, ...further])], 4, read);
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

/** Somebody else's account may have a cluster of the same name. */
export function checkAccount(account: string, { ecs }: Environment): void {
  if (ecs.account === undefined || ecs.account === account) return;
  throw new KdcubeError({
    code: 'wrong-account',
    message: `These credentials belong to the account ${account}, and the environment to ${ecs.account}.`,
    hint: 'AWS_PROFILE=<profile of that account>',
  });
}

function serviceOf({ name, status, taskDefinition, desired, controller }: SeenService): RunningService {
  return { serviceName: name, status, taskDefinition, desiredCount: desired, controller };
}

/** The revisions of the task that code runs in, as proc names them. */
function execRevisions(definitions: readonly TaskDefinition[]): string[] {
  const named = definitions.flatMap(({ containerDefinitions }) =>
    containerDefinitions.map((container) => variablesOf(container).get('FARGATE_TASK_DEFINITION')?.value ?? ''),
  );
  return [...new Set(named.filter((name) => name !== ''))];
}
