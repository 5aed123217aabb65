import type { Clock, Ecs, Environment, ServiceState, TaskDefinition, TaskState } from '@kdcube/release/internal';
import { familyRevision, isTaskDefinition, KdcubeError, toServiceState, toTaskState } from '@kdcube/release/internal';
import type {
  RegisterTaskDefinitionCommandInput,
  RunTaskCommandInput,
  Service,
  Task,
  TaskDefinition as EcsTaskDefinition,
} from '@aws-sdk/client-ecs';
import { identityApi } from '../../aws/api/identity';
import { describeTargetHealth } from '../../aws/api/load-balancers';
import { readLastLines } from '../../aws/api/logs';
import { secretValues } from '../../aws/api/secret-values';
import { callAws, connectAws, type AwsConnection } from '../../aws/client';
import { deploymentPort } from './deployment-port';
import { invalidResponse, listAllPages, requireList, requireStrings } from '../../aws/response';
import { carryOut } from '../../system/journal';
import { inParallel } from '../../system/parallel';

/** The limits of DescribeServices and DescribeTasks. */
const MAX_SERVICES = 10;
const MAX_TASKS = 100;

/** Calls of DescribeTaskDefinition at once. */
const PARALLEL_DEFINITIONS = 4;

/** Opens ECS in one cluster, as the rollout uses it. */
export async function openEcs(
  { region, cluster }: { region: string; cluster: string },
  clock?: Clock,
): Promise<Ecs & { close(): void }> {
  const aws = await connectAws(region, clock);
  return { ...ecsPort(aws, cluster), close: aws.close };
}

/** Opens ECS in one cluster for the time of some work. */
export async function withEcs<T>(
  place: { region: string; cluster: string },
  work: (ecs: Ecs) => Promise<T>,
  clock?: Clock,
): Promise<T> {
  const ecs = await openEcs(place, clock);
  try {
    return await work(ecs);
  } finally {
    ecs.close();
  }
}

/** Where an environment is; empty names for what it does not set. */
export function clusterOf({ ecs: { account = '', region = '', cluster = '' } }: Pick<Environment, 'ecs'>) {
  return { account, region, cluster };
}

/** The services of an environment on ECS, by their names at ECS. */
export function ecsServiceNames({ services }: Pick<Environment, 'services'>): string[] {
  return services.filter(({ target }) => target === 'ecs').map(({ serviceName }) => serviceName);
}

/** Task definitions by the names that they are asked by, without those that ECS does not have. */
export async function readTaskDefinitions(ecs: Ecs, names: Iterable<string>): Promise<Map<string, TaskDefinition>> {
  const found = new Map<string, TaskDefinition>();
  await inParallel([...new Set(names)], PARALLEL_DEFINITIONS, async (name) => {
    const definition = await ecs.describeTaskDefinition(name);
    if (definition) found.set(name, definition);
  });
  return found;
}

export function ecsPort(aws: AwsConnection, cluster: string): Ecs {
  return {
    region: aws.region,
    cluster,
    getAccountId: () => identityApi(aws).getAccountId(),
    ...servicePort(aws, cluster),
    ...definitionPort(aws),
    ...taskPort(aws, cluster),
    ...deploymentPort(aws, cluster),
    describeTargetHealth: (targetGroup) => describeTargetHealth(aws, targetGroup),
    readLastLines: (stream) => readLastLines(aws, stream),
    ...secretPort(aws),
  };
}

function call<T>(aws: AwsConnection, action: string, send: () => Promise<T>, options?: { isIdempotent?: boolean }): Promise<T> {
  return callAws(aws, `ecs:${action}`, send, options);
}

/** A call that changes something. */
function change<T>(
  aws: AwsConnection,
  action: string,
  text: string,
  send: () => Promise<T>,
  options?: { isIdempotent?: boolean },
) {
  return carryOut({ kind: 'ecs', text }, () => call(aws, action, send, options));
}

function servicePort(
  aws: AwsConnection,
  cluster: string,
): Pick<Ecs, 'describeServices' | 'updateService' | 'tagResource' | 'untagResource'> {
  const { sdk, client } = aws;
  async function describe(names: readonly string[]): Promise<ServiceState[]> {
    const input = { cluster, services: [...names], include: ['TAGS' as const] };
    return call(aws, 'DescribeServices', async () => {
      const output = await client.send(new sdk.DescribeServicesCommand(input));
      return requireList<Service>(output, 'services', 'ecs:DescribeServices').map(requireServiceState);
    });
  }
  return {
    describeServices: (names) => inBatches([...names], MAX_SERVICES, describe),
    async updateService({ service, taskDefinition, desired }) {
      const input = { cluster, service, taskDefinition, ...(desired !== undefined && { desiredCount: desired }) };
      const output = await change(aws, 'UpdateService', `updated ${service} to ${familyRevision(taskDefinition)}`, () =>
        client.send(new sdk.UpdateServiceCommand(input)),
      );
      if (output.service) return requireServiceState(output.service);
      throw new KdcubeError({ code: 'aws-error', message: `AWS updated the service ${service} without returning it.` });
    },
    async tagResource(resourceArn, tags) {
      const list = Object.entries(tags).map(([key, value]) => ({ key, value }));
      await change(aws, 'TagResource', `tagged ${resourceArn.split('/').at(-1)}`, () =>
        client.send(new sdk.TagResourceCommand({ resourceArn, tags: list })),
      );
    },
    async untagResource(resourceArn, keys) {
      const input = { resourceArn, tagKeys: [...keys] };
      await change(aws, 'UntagResource', `removed tags of ${resourceArn.split('/').at(-1)}`, () =>
        client.send(new sdk.UntagResourceCommand(input)),
      );
    },
  };
}

function definitionPort(aws: AwsConnection): Pick<Ecs, 'registerTaskDefinition' | 'describeTaskDefinition' | 'listRevisions'> {
  const { sdk, client } = aws;
  async function describe(name: string): Promise<EcsTaskDefinition | undefined> {
    const input = { taskDefinition: name };
    const send = () => client.send(new sdk.DescribeTaskDefinitionCommand(input));
    return (await call(aws, 'DescribeTaskDefinition', send)).taskDefinition;
  }
  return {
    async registerTaskDefinition(definition: TaskDefinition) {
      const input = definition as unknown as RegisterTaskDefinitionCommandInput;
      const send = () => client.send(new sdk.RegisterTaskDefinitionCommand(input));
      // A repeated call registers a second revision.
      const { taskDefinition } = await change(
        aws,
        'RegisterTaskDefinition',
        `registered a revision of ${definition.family}`,
        send,
        { isIdempotent: false },
      );
      if (taskDefinition?.taskDefinitionArn !== undefined) return taskDefinition.taskDefinitionArn;
      throw new KdcubeError({
        code: 'aws-error',
        message: `AWS registered a revision of ${definition.family} without returning it.`,
      });
    },
    async describeTaskDefinition(name) {
      try {
        const definition: object | undefined = await describe(name);
        if (isTaskDefinition(definition)) return definition;
        throw invalidResponse('ecs:DescribeTaskDefinition');
      } catch (error) {
        // ECS answers with a ClientException if the task definition does not exist.
        if (error instanceof KdcubeError && /Unable to describe task definition/.test(error.message)) return undefined;
        throw error;
      }
    },
    async listRevisions(family) {
      const input = { familyPrefix: family, status: 'ACTIVE' as const, sort: 'DESC' as const, maxResults: 100 };
      const output = await call(aws, 'ListTaskDefinitions', () => client.send(new sdk.ListTaskDefinitionsCommand(input)));
      const arns = requireStrings(output, 'taskDefinitionArns', 'ecs:ListTaskDefinitions');
      // familyPrefix is documented as the full name of a family; this makes sure of it.
      return arns.filter((arn) => arn.includes(`/${family}:`));
    },
  };
}

function taskPort(
  aws: AwsConnection,
  cluster: string,
): Pick<Ecs, 'listServiceTasks' | 'listFamilyTasks' | 'describeTask' | 'runTask'> {
  const { sdk, client } = aws;
  async function list(filter: { serviceName?: string; family?: string }, desiredStatus: 'RUNNING' | 'STOPPED') {
    const arns = await listAllPages('ecs:ListTasks', async (nextToken) => {
      const input = { cluster, ...filter, desiredStatus, nextToken };
      const page = await call(aws, 'ListTasks', () => client.send(new sdk.ListTasksCommand(input)));
      return { items: requireStrings(page, 'taskArns', 'ecs:ListTasks'), nextToken: page.nextToken };
    });
    return inBatches(arns, MAX_TASKS, describe);
  }
  function describe(tasks: string[]): Promise<TaskState[]> {
    return call(aws, 'DescribeTasks', async () => {
      const output = await client.send(new sdk.DescribeTasksCommand({ cluster, tasks }));
      return requireList<Task>(output, 'tasks', 'ecs:DescribeTasks').map(toTaskState);
    });
  }
  return {
    listServiceTasks: (serviceName, status) => list({ serviceName }, status),
    listFamilyTasks: (family, status) => list({ family }, status),
    async describeTask(arn) {
      const [task] = await describe([arn]);
      return task;
    },
    async runTask({ taskDefinition, token, startedBy, placement, command }) {
      const overrides = command && { containerOverrides: [{ name: command.container, command: command.command }] };
      const request = { cluster, taskDefinition, clientToken: token, startedBy, count: 1, ...placement };
      const input: RunTaskCommandInput = { ...request, ...(overrides && { overrides }) };
      const { tasks = [], failures = [] } = await change(aws, 'RunTask', `ran a task of ${familyRevision(taskDefinition)}`, () =>
        client.send(new sdk.RunTaskCommand(input)),
      );
      if (tasks[0]) return toTaskState(tasks[0]);
      const [failure] = failures;
      const reason = failure?.detail ?? failure?.reason ?? 'no reason given';
      throw new KdcubeError({
        code: /capacity|RESOURCE/i.test(reason) ? 'no-capacity' : 'task-failed',
        message: `ECS did not start a task of ${taskDefinition}: ${reason}`,
      });
    },
  };
}

function secretPort(aws: AwsConnection): Pick<Ecs, 'readSecret' | 'createSecret' | 'putSecret'> {
  const values = secretValues(aws);
  return {
    readSecret: values.read,
    createSecret: (request) =>
      carryOut({ kind: 'ecs', text: `created the secret ${request.secret}` }, () => values.create(request)),
    putSecret: (request) => carryOut({ kind: 'ecs', text: `wrote the secret ${request.secret}` }, () => values.put(request)),
  };
}

function requireServiceState(service: Service): ServiceState {
  const state = toServiceState(service);
  if (state) return state;
  throw invalidResponse('ecs:DescribeServices');
}

async function inBatches<T, R>(items: T[], size: number, work: (batch: T[]) => Promise<R[]>): Promise<R[]> {
  const results: R[] = [];
  for (let start = 0; start < items.length; start += size) results.push(...(await work(items.slice(start, start + size))));
  return results;
}
