import type { Environment, Service } from '@kdcube/release/internal';
import type { Cluster, Service as EcsService } from '@aws-sdk/client-ecs';
import { inParallel } from '../../../system/parallel';
import type { LoadBalancerApi } from '../../../aws/api/load-balancers';
import { callAws, type AwsConnection } from '../../../aws/client';
import { requireList } from '../../../aws/response';
import { fail, pass, runCheck, type CheckResult } from './results';
import { checkForwarding, checkTargetGroup } from './target-groups';

/** A service that exists, and what other checks need to know about it. */
export interface RunningService {
  service: Service;
  desired: number;
  network: { subnets: string[]; securityGroups: string[] };
  targetGroups: { name: string; vpc?: string }[];
}

interface ServiceResults {
  results: CheckResult[];
  running: RunningService[];
}

/** DescribeServices takes ten names. */
const MAX_SERVICES = 10;

/** Checks the cluster, its services, and their target groups and load balancers. */
export async function checkServices(environment: Environment, aws: AwsConnection, api: LoadBalancerApi): Promise<ServiceResults> {
  const { cluster = '' } = environment.ecs;
  const results = await checkCluster(cluster, aws);
  const execCluster = environment.exec?.fargate?.cluster ?? cluster;
  if (execCluster !== cluster) results.push(...(await checkCluster(execCluster, aws)));
  if (results[0]!.status === 'fail') return { results, running: [] };
  const services = environment.services.filter(({ target, component }) => target === 'ecs' && component !== 'postgres-setup');
  const batches = Array.from({ length: Math.ceil(services.length / MAX_SERVICES) }, (_, index) =>
    services.slice(index * MAX_SERVICES, (index + 1) * MAX_SERVICES),
  );
  const running: RunningService[] = [];
  const checked = await inParallel(batches, 2, (batch) =>
    runCheck('service', batch.map(({ serviceName }) => serviceName).join(', '), async () => {
      const found = await describeServices(batch, cluster, aws);
      const each = await inParallel(batch, 4, (service) => checkService(service, found.get(service.serviceName), cluster, api));
      running.push(...each.flatMap((one) => one.running));
      return each.flatMap((one) => one.results);
    }),
  );
  return { results: [...results, ...checked.flat()], running };
}

async function describeServices(
  services: readonly Service[],
  cluster: string,
  aws: AwsConnection,
): Promise<Map<string, EcsService>> {
  const action = 'ecs:DescribeServices';
  const input = { cluster, services: services.map(({ serviceName }) => serviceName) };
  const output = await callAws(aws, action, () => aws.client.send(new aws.sdk.DescribeServicesCommand(input)));
  return new Map(requireList<EcsService>(output, 'services', action).map((found) => [found.serviceName ?? '', found]));
}

async function checkCluster(cluster: string, aws: AwsConnection): Promise<CheckResult[]> {
  return runCheck('cluster', cluster, async () => {
    const action = 'ecs:DescribeClusters';
    const input = { clusters: [cluster] };
    const output = await callAws(aws, action, () => aws.client.send(new aws.sdk.DescribeClustersCommand(input)));
    const status = requireList<Cluster>(output, 'clusters', action)[0]?.status;
    if (status === 'ACTIVE') return pass('cluster', cluster, 'exists');
    const hint = `aws ecs list-clusters --region ${aws.region}`;
    return fail('cluster', cluster, status === undefined ? 'does not exist' : `is ${status}`, hint);
  });
}

async function checkService(
  service: Service,
  found: EcsService | undefined,
  cluster: string,
  api: LoadBalancerApi,
): Promise<ServiceResults> {
  const unusable = checkUpdatable(service, found, cluster);
  if (!found || unusable) return { results: unusable ? [unusable] : [], running: [] };
  const arns = (found.loadBalancers ?? []).flatMap(({ targetGroupArn }) => targetGroupArn ?? []);
  const groups = await inParallel(arns, 2, (arn) => checkTargetGroup(service, arn, api));
  const { subnets = [], securityGroups = [] } = found.networkConfiguration?.awsvpcConfiguration ?? {};
  const targetGroups = groups.map(({ name, vpc }) => ({ name, ...(vpc !== undefined && { vpc }) }));
  return {
    results: [
      checkCircuitBreaker(service, found),
      ...checkForwarding(service, found.loadBalancers ?? []),
      ...groups.flatMap(({ results }) => results),
    ],
    running: [{ service, desired: found.desiredCount ?? 0, network: { subnets, securityGroups }, targetGroups }],
  };
}

/** Why a service cannot be updated; undefined if it can. */
function checkUpdatable({ serviceName: name }: Service, found: EcsService | undefined, cluster: string): CheckResult | undefined {
  if (!found || found.status === 'INACTIVE') {
    const detail = 'does not exist: a deployment updates services, it does not create them';
    return fail('service', name, detail, `aws ecs list-services --cluster ${cluster}`);
  }
  if (found.status !== 'ACTIVE') return fail('service', name, `is ${found.status}: it is being deleted`);
  const controller = found.deploymentController?.type ?? 'ECS';
  if (controller === 'ECS') return undefined;
  const detail = `has the deployment controller ${controller}: only ECS (rolling update) is supported`;
  return fail('service', name, detail, 'create the service again with the deployment controller ECS');
}

function checkCircuitBreaker({ serviceName: name }: Service, found: EcsService): CheckResult {
  const hasBreaker = found.deploymentConfiguration?.deploymentCircuitBreaker?.enable === true;
  if (hasBreaker) return pass('service', name, 'exists');
  return pass('service', name, 'exists, without a deployment circuit breaker: a failed rollout is only detected by its timeout');
}
