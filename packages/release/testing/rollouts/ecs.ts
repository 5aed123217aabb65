import { KdcubeError, type ProblemCode, type TaskDefinition } from '../../src/internal';
import type { Ecs, ServiceState, TaskState } from '../../src/targets/ecs/rollout/port/port';
import {
  isTaskDefinition,
  toServiceState,
  toTaskState,
  type ServiceResponse,
  type TaskResponse,
} from '../../src/targets/ecs/rollout/port/responses';
import { toServiceDeployment, type ServiceDeploymentResponse } from '../../src/targets/ecs/rollout/port/strategy-response';
import type { EcsDouble } from './kit';

type Json = Record<string, unknown>;

/** The port of a rollout on packages/ecs-double, in this process: no HTTP, no SDK. Batches, pages and retries are those of @kdcube/nx, so that both make the same calls. */
export function ecsOf(double: EcsDouble, { region, cluster }: { region: string; cluster: string }): Ecs {
  const call: Call = (op, request, options) => callWithRetries(double, region, op, request, options);
  return {
    region,
    cluster,
    ...serviceCalls(call, cluster),
    ...definitionCalls(call),
    ...taskCalls(call, cluster),
    ...otherCalls(call),
    ...secretCalls(call),
    ...serviceDeploymentCalls(call, cluster),
  };
}

type Call = (op: string, request: Json, options?: { service?: string; isIdempotent?: boolean }) => Promise<Json>;

const RETRY_DELAYS_MS = [500, 1_000, 2_000, 4_000, 8_000];
const SERVICE_NAMES: Record<string, string> = { elbv2: 'elasticloadbalancing' };

async function callWithRetries(
  double: EcsDouble,
  region: string,
  op: string,
  request: Json,
  { service = 'ecs', isIdempotent = true }: { service?: string; isIdempotent?: boolean } = {},
): Promise<Json> {
  const action = `${SERVICE_NAMES[service] ?? service}:${op}`;
  for (let attempt = 0; ; attempt += 1) {
    const response = await double.callAsClient({ service, op, request, region, accessKey: 'AKIDEXAMPLE' });
    if (response?.status === 200) return withDates(response.body);
    const problem = problemOf(action, region, response?.body as { __type: string; message: string } | undefined);
    const code = problem.problems[0]?.code;
    const canRetry = code === 'aws-throttled' || (code === 'aws-unreachable' && isIdempotent);
    const delay = RETRY_DELAYS_MS[attempt];
    if (!canRetry || delay === undefined) throw problem;
    await double.time.sleep(delay);
  }
}

/** As packages/nx/src/aws/aws-problem.ts classifies errors; its texts are checked there. */
function problemOf(action: string, region: string, error?: { __type: string; message: string }): KdcubeError {
  const problem = (code: ProblemCode, message: string) => new KdcubeError({ code, message });
  if (!error) return problem('aws-unreachable', `AWS is unreachable for ${action} in ${region}: socket hang up`);
  const { __type: name, message } = error;
  if (/Throttl/.test(name)) return problem('aws-throttled', `AWS throttles ${action} (${name}): all retries failed.`);
  if (/Expired|UnrecognizedClient/.test(name)) return problem('aws-credentials', `The AWS credentials have expired: ${message}`);
  if (/AccessDenied/.test(name) || / is not authorized to perform: /.test(message))
    return problem('aws-denied', `AWS denies ${action}: ${message}`);
  if (name === 'ClusterNotFoundException') return problem('cluster-missing', `The cluster does not exist in ${region}.`);
  if (/^ServiceNot(Found|Active)/.test(name)) return problem('service-missing', `${action} failed: ${message}`);
  if (/^(ServerException|InternalFailure|InternalServiceError)/.test(name))
    return problem('aws-unreachable', `AWS is unreachable for ${action} in ${region}: ${message}`);
  return problem('aws-error', `${action} failed (${name}): ${message}`);
}

/** Times are seconds in AWS JSON 1.1, and dates in the SDK. In place: a response may be large. */
function withDates<T extends object>(value: T): T {
  const members = value as Record<string, unknown>;
  for (const key of Object.keys(value)) {
    const member = members[key];
    if (typeof member === 'number' && key.endsWith('At')) members[key] = new Date(member * 1000);
    else if (typeof member === 'object' && member !== null) withDates(member);
  }
  return value;
}

function serviceCalls(call: Call, cluster: string) {
  return {
    describeServices: (names) =>
      inBatches([...names], 10, async (services) => {
        const { services: found } = await call('DescribeServices', { cluster, services, include: ['TAGS'] });
        return (found as ServiceResponse[]).map((service) => toServiceState(service)!);
      }),
    async updateService({ service, taskDefinition, desired }): Promise<ServiceState> {
      const scaled = desired !== undefined && { desiredCount: desired };
      const response = await call('UpdateService', { cluster, service, taskDefinition, ...scaled });
      return toServiceState(response.service as ServiceResponse)!;
    },
    async tagResource(resourceArn, tags) {
      const list = Object.entries(tags).map(([key, value]) => ({ key, value }));
      await call('TagResource', { resourceArn, tags: list });
    },
    async untagResource(resourceArn, keys) {
      await call('UntagResource', { resourceArn, tagKeys: [...keys] });
    },
  } satisfies Partial<Ecs>;
}

function definitionCalls(call: Call) {
  return {
    async registerTaskDefinition(definition) {
      const request = definition as unknown as Json;
      const response = await call('RegisterTaskDefinition', request, { isIdempotent: false });
      return (response.taskDefinition as { taskDefinitionArn: string }).taskDefinitionArn;
    },
    async describeTaskDefinition(taskDefinition): Promise<TaskDefinition | undefined> {
      try {
        const { taskDefinition: found } = await call('DescribeTaskDefinition', { taskDefinition });
        const definition = found as object | undefined;
        return isTaskDefinition(definition) ? definition : undefined;
      } catch (error) {
        if (error instanceof KdcubeError && /Unable to describe task definition/.test(error.message)) return undefined;
        throw error;
      }
    },
    async listRevisions(familyPrefix) {
      const request = { familyPrefix, status: 'ACTIVE', sort: 'DESC', maxResults: 100 };
      return (await call('ListTaskDefinitions', request)).taskDefinitionArns as string[];
    },
  } satisfies Partial<Ecs>;
}

function taskCalls(call: Call, cluster: string) {
  const describe = async (tasks: string[]): Promise<TaskState[]> =>
    ((await call('DescribeTasks', { cluster, tasks })).tasks as TaskResponse[]).map(toTaskState);
  const list = async (filter: { serviceName?: string; family?: string }, desiredStatus: string): Promise<TaskState[]> => {
    const arns: string[] = [];
    let nextToken: string | undefined;
    do {
      const page = await call('ListTasks', { cluster, ...filter, desiredStatus, ...(nextToken && { nextToken }) });
      arns.push(...(page.taskArns as string[]));
      nextToken = page.nextToken as string | undefined;
    } while (nextToken);
    return inBatches(arns, 100, describe);
  };
  return {
    listServiceTasks: (serviceName, status) => list({ serviceName }, status),
    listFamilyTasks: (family, status) => list({ family }, status),
    describeTask: async (arn) => (await describe([arn]))[0],
    async runTask({ taskDefinition, token, startedBy, placement, command }) {
      const override = command && { containerOverrides: [{ name: command.container, command: command.command }] };
      const overrides = override && { overrides: override };
      const request = { cluster, taskDefinition, clientToken: token, startedBy, count: 1, ...placement, ...overrides };
      return toTaskState(((await call('RunTask', request)).tasks as TaskResponse[])[0]!);
    },
  } satisfies Partial<Ecs>;
}

function serviceDeploymentCalls(call: Call, cluster: string) {
  return {
    async listServiceDeployments(service) {
      const { serviceDeployments } = await call('ListServiceDeployments', { cluster, service, maxResults: 10 });
      const arns = (serviceDeployments as { serviceDeploymentArn: string }[]).map((one) => one.serviceDeploymentArn);
      if (arns.length === 0) return [];
      const described = await call('DescribeServiceDeployments', { serviceDeploymentArns: arns });
      const all = (described.serviceDeployments as ServiceDeploymentResponse[]).map((one) => toServiceDeployment(one)!);
      return all.sort((one, other) => arns.indexOf(one.arn) - arns.indexOf(other.arn));
    },
    async findRevisionDefinition(revision) {
      const { serviceRevisions } = await call('DescribeServiceRevisions', { serviceRevisionArns: [revision] });
      return (serviceRevisions as { taskDefinition: string }[])[0]?.taskDefinition;
    },
    async continueDeployment(serviceDeploymentArn, hookId, action) {
      await call('ContinueServiceDeployment', { serviceDeploymentArn, hookId, action });
    },
    async rollBackDeployment(serviceDeploymentArn) {
      await call('StopServiceDeployment', { serviceDeploymentArn, stopType: 'ROLLBACK' });
    },
  } satisfies Partial<Ecs>;
}

interface TargetHealthResponse {
  Target: { Id: string };
  TargetHealth: { State: 'healthy'; Reason?: string };
}

function otherCalls(call: Call) {
  return {
    async getAccountId() {
      return (await call('GetCallerIdentity', {}, { service: 'sts' })).Account as string;
    },
    async describeTargetHealth(TargetGroupArn) {
      const response = await call('DescribeTargetHealth', { TargetGroupArn }, { service: 'elbv2' });
      return (response.TargetHealthDescriptions as TargetHealthResponse[]).map(({ Target, TargetHealth }) => ({
        id: Target.Id,
        state: TargetHealth.State,
        ...(TargetHealth.Reason !== undefined && { reason: TargetHealth.Reason }),
      }));
    },
    async readLastLines({ group, stream, limit }) {
      const request = { logGroupName: group, logStreamName: stream, limit, startFromHead: false };
      const { events } = await call('GetLogEvents', request, { service: 'logs' });
      return (events as { message: string }[]).slice(-limit).map(({ message }) => message);
    },
  } satisfies Partial<Ecs>;
}

function secretCalls(call: Call) {
  const service = 'secretsmanager';
  return {
    async readSecret(secret, version) {
      try {
        const request = { SecretId: secret, ...(version !== undefined && { VersionId: version }) };
        const { VersionId, SecretString } = await call('GetSecretValue', request, { service });
        return { version: String(VersionId), text: String(SecretString) };
      } catch (error) {
        if (error instanceof KdcubeError && /ResourceNotFoundException/.test(error.message)) return undefined;
        throw error;
      }
    },
    async createSecret({ secret, text, token }) {
      await call('CreateSecret', { Name: secret, SecretString: text, ClientRequestToken: token }, { service });
    },
    async putSecret({ secret, text, token }) {
      await call('PutSecretValue', { SecretId: secret, SecretString: text, ClientRequestToken: token }, { service });
    },
  } satisfies Partial<Ecs>;
}

async function inBatches<T, R>(items: T[], size: number, work: (batch: T[]) => Promise<R[]>): Promise<R[]> {
  const results: R[] = [];
  for (let start = 0; start < items.length; start += size) results.push(...(await work(items.slice(start, start + size))));
  return results;
}
