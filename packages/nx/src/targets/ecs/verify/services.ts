import type { CheckResult, Environment, Service, ServiceFacts, StrategySettings } from '@kdcube/release/internal';
import {
  applyCheck,
  applyInOrder,
  clusterActive,
  describeOpenDeployment,
  isNative,
  isOpen,
  serviceCircuitBreaker,
  serviceDeployment,
  serviceStrategy,
  toStrategySettings,
  UPDATE_CHECKS,
} from '@kdcube/release/internal';
import type { Cluster, Service as EcsService } from '@aws-sdk/client-ecs';
import { inParallel } from '../../../system/parallel';
import type { LoadBalancerApi } from '../../../aws/api/load-balancers';
import { callAws, type AwsConnection } from '../../../aws/client';
import { requireList } from '../../../aws/response';
import { deploymentPort } from '../deployment-port';
import { runCheck } from './results';
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
    runCheck(UPDATE_CHECKS[0]!, batch.map(({ serviceName }) => serviceName).join(', '), async () => {
      const found = await describeServices(batch, cluster, aws);
      const each = await inParallel(batch, 4, (service) =>
        checkService(service, found.get(service.serviceName), cluster, { aws, api }),
      );
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
  return runCheck(clusterActive, cluster, async () => {
    const action = 'ecs:DescribeClusters';
    const input = { clusters: [cluster] };
    const output = await callAws(aws, action, () => aws.client.send(new aws.sdk.DescribeClustersCommand(input)));
    const status = requireList<Cluster>(output, 'clusters', action)[0]?.status;
    return applyCheck(clusterActive, cluster, { status, region: aws.region });
  });
}

async function checkService(
  service: Service,
  found: EcsService | undefined,
  cluster: string,
  { aws, api }: { aws: AwsConnection; api: LoadBalancerApi },
): Promise<ServiceResults> {
  const location = { region: aws.region, cluster };
  const name = service.serviceName;
  const result = applyInOrder([...UPDATE_CHECKS, serviceCircuitBreaker], name, factsOf(found, location));
  if (!found || result.status === 'fail') return { results: [result], running: [] };
  const strategy = toStrategySettings(found.deploymentConfiguration ?? {});
  const followed = applyCheck(serviceStrategy, name, {
    strategy: strategy.name,
    earlySuccess: strategy.earlySuccess,
    ...location,
  });
  const arns = (found.loadBalancers ?? []).flatMap(({ targetGroupArn }) => targetGroupArn ?? []);
  const groups = await inParallel(arns, 2, (arn) => checkTargetGroup(service, arn, api));
  const { subnets = [], securityGroups = [] } = found.networkConfiguration?.awsvpcConfiguration ?? {};
  const targetGroups = groups.map(({ name, vpc }) => ({ name, ...(vpc !== undefined && { vpc }) }));
  return {
    results: [
      followed.status === 'fail' ? followed : result,
      ...(await checkDeployment(name, strategy, cluster, aws)),
      ...checkForwarding(service, found.loadBalancers ?? []),
      ...groups.flatMap(({ results }) => results),
    ],
    running: [{ service, desired: found.desiredCount ?? 0, network: { subnets, securityGroups }, targetGroups }],
  };
}

/** Only of a native strategy: ECS lists its stages and its traffic. A deploy needs the same permissions. */
async function checkDeployment(
  name: string,
  strategy: StrategySettings,
  cluster: string,
  aws: AwsConnection,
): Promise<CheckResult[]> {
  if (!isNative({ strategy })) return [];
  return runCheck(serviceDeployment, name, async () => {
    const [newest] = await deploymentPort(aws, cluster).listServiceDeployments(name);
    const open = newest && isOpen(newest) ? describeOpenDeployment(newest) : undefined;
    return applyCheck(serviceDeployment, name, { strategy: strategy.name, open });
  });
}

/** ECS still describes a service for some time after it was deleted, as INACTIVE. */
function factsOf(found: EcsService | undefined, location: { region: string; cluster: string }): ServiceFacts {
  if (!found || found.status === 'INACTIVE') return { exists: false, ...location };
  return {
    exists: true,
    ...location,
    ...(found.status !== undefined && { status: found.status }),
    controller: found.deploymentController?.type ?? 'ECS',
    hasCircuitBreaker: found.deploymentConfiguration?.deploymentCircuitBreaker?.enable === true,
  };
}
