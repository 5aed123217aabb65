import type { Clock, Ecs, LogPlace, SeenService, SeenTask } from '@kdcube/release';
import { KdcubeError } from '@kdcube/release';
import type { RegisterTaskDefinitionCommandInput, RunTaskCommandInput, Service, Task } from '@aws-sdk/client-ecs';
import { allPages, listIn, wordsIn } from './answer';
import { awsQuestions } from './ask-aws';
import { ask, connectAws, type AwsConnection } from './client';
import { askSigned } from './signed';
import { seenDefinition, seenService, seenTask } from './seen';
import { targetsOf } from './targets';

/** DescribeServices takes ten names, DescribeTasks a hundred. */
const SERVICES = 10;
const TASKS = 100;

/** ECS in one cluster, as the rollout asks it. The SDK is loaded here, and only here. */
export async function openEcs(
  { region, cluster }: { region: string; cluster: string },
  clock?: Clock,
): Promise<Ecs & { close(): void }> {
  const aws = await connectAws(region, clock);
  return { ...ecsPort(aws, cluster), close: aws.close };
}

export function ecsPort(aws: AwsConnection, cluster: string): Ecs {
  const { sdk, client } = aws;
  const call = <T>(what: string, send: () => Promise<T>, options?: { once?: boolean }) => ask(aws, `ecs:${what}`, send, options);

  async function describe(names: readonly string[]): Promise<SeenService[]> {
    const asked = { cluster, services: [...names], include: ['TAGS' as const] };
    return call('DescribeServices', async () => {
      const answer = await client.send(new sdk.DescribeServicesCommand(asked));
      return listIn<Service>(answer, 'services', 'ecs:DescribeServices').map(seenService);
    });
  }

  async function tasksOf(filter: { serviceName?: string; family?: string }, desiredStatus: 'RUNNING' | 'STOPPED') {
    const arns = await allPages('ecs:ListTasks', async (nextToken) => {
      const asked = { cluster, ...filter, desiredStatus, nextToken };
      const page = await call('ListTasks', () => client.send(new sdk.ListTasksCommand(asked)));
      return { items: wordsIn(page, 'taskArns', 'ecs:ListTasks'), nextToken: page.nextToken };
    });
    return inParts(arns, TASKS, tasksNamed);
  }

  function tasksNamed(tasks: string[]): Promise<SeenTask[]> {
    return call('DescribeTasks', async () => {
      const answer = await client.send(new sdk.DescribeTasksCommand({ cluster, tasks }));
      return listIn<Task>(answer, 'tasks', 'ecs:DescribeTasks').map(seenTask);
    });
  }

  return {
    region: aws.region,
    cluster,
    account: () => awsQuestions(aws).account(),
    services: (names) => inParts([...names], SERVICES, describe),
    async update({ service, taskDefinition, desired }) {
      const asked = { cluster, service, taskDefinition, ...(desired !== undefined && { desiredCount: desired }) };
      const answer = await call('UpdateService', () => client.send(new sdk.UpdateServiceCommand(asked)));
      if (answer.service) return seenService(answer.service);
      throw new KdcubeError({ code: 'aws-answer', message: `AWS says nothing of the service ${service} that it updated.` });
    },
    async register(definition) {
      // A revision too many is no harm to what runs, and still is what nobody asked for: it is not registered again when the line breaks.
      const asked = definition as unknown as RegisterTaskDefinitionCommandInput;
      const { taskDefinition } = await call(
        'RegisterTaskDefinition',
        () => client.send(new sdk.RegisterTaskDefinitionCommand(asked)),
        { once: true },
      );
      if (taskDefinition?.taskDefinitionArn !== undefined) return taskDefinition.taskDefinitionArn;
      throw new KdcubeError({
        code: 'aws-answer',
        message: `AWS says nothing of the revision of ${definition.family} that it registered.`,
      });
    },
    async definition(name) {
      try {
        const asked = { taskDefinition: name };
        const { taskDefinition } = await call('DescribeTaskDefinition', () =>
          client.send(new sdk.DescribeTaskDefinitionCommand(asked)),
        );
        return seenDefinition(taskDefinition);
      } catch (error) {
        // ECS says ClientException of a definition that is not there.
        if (error instanceof KdcubeError && /Unable to describe task definition/.test(error.message)) return undefined;
        throw error;
      }
    },
    async revisions(family) {
      const asked = { familyPrefix: family, status: 'ACTIVE' as const, sort: 'DESC' as const, maxResults: 100 };
      const answer = await call('ListTaskDefinitions', () => client.send(new sdk.ListTaskDefinitionsCommand(asked)));
      const arns = wordsIn(answer, 'taskDefinitionArns', 'ecs:ListTaskDefinitions');
      // The filter is the whole family; that it is called a prefix is Amazon's.
      return arns.filter((arn) => arn.includes(`/${family}:`));
    },
    serviceTasks: (serviceName, status) => tasksOf({ serviceName }, status),
    familyTasks: (family, status) => tasksOf({ family }, status),
    async task(arn) {
      const [found] = await tasksNamed([arn]);
      return found;
    },
    targets: (group) => targetsOf(aws, group),
    async run({ taskDefinition, token, startedBy, placement }) {
      const asked: RunTaskCommandInput = { cluster, taskDefinition, clientToken: token, startedBy, count: 1, ...placement };
      const { tasks = [], failures = [] } = await call('RunTask', () => client.send(new sdk.RunTaskCommand(asked)));
      if (tasks[0]) return seenTask(tasks[0]);
      const [failure] = failures;
      const why = failure?.detail ?? failure?.reason ?? 'no reason';
      throw new KdcubeError({
        code: /capacity|RESOURCE/i.test(why) ? 'no-capacity' : 'task-failed',
        message: `ECS started no task of ${taskDefinition}: ${why}`,
      });
    },
    async tag(resourceArn, tags) {
      const list = Object.entries(tags).map(([key, value]) => ({ key, value }));
      await call('TagResource', () => client.send(new sdk.TagResourceCommand({ resourceArn, tags: list })));
    },
    async untag(resourceArn, keys) {
      await call('UntagResource', () => client.send(new sdk.UntagResourceCommand({ resourceArn, tagKeys: [...keys] })));
    },
    lastLines: (place) => lastLines(aws, place),
  };
}

async function lastLines(aws: AwsConnection, { group, stream, limit }: LogPlace): Promise<string[]> {
  const { json } = await askSigned(aws, {
    what: 'logs:GetLogEvents',
    host: 'logs',
    endpoint: 'CLOUDWATCH_LOGS',
    target: 'Logs_20140328.GetLogEvents',
    body: { logGroupName: group, logStreamName: stream, limit, startFromHead: false },
  });
  const events = listIn<{ message?: string }>(json, 'events', 'logs:GetLogEvents');
  return events.slice(-limit).map(({ message = '' }) => (message.length > 500 ? `${message.slice(0, 499)}…` : message));
}

async function inParts<T, R>(items: T[], size: number, work: (part: T[]) => Promise<R[]>): Promise<R[]> {
  const results: R[] = [];
  for (let at = 0; at < items.length; at += size) results.push(...(await work(items.slice(at, at + size))));
  return results;
}
