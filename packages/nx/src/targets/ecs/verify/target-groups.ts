import type { CheckResult, Service } from '@kdcube/release/internal';
import {
  applyCheck,
  applyInOrder,
  loadBalancerIdleTimeout,
  targetGroupAttached,
  targetGroupContainer,
  targetGroupPort,
  targetGroupType,
} from '@kdcube/release/internal';
import type { LoadBalancer } from '@aws-sdk/client-ecs';
import { inParallel } from '../../../system/parallel';
import type { LoadBalancerApi } from '../../../aws/api/load-balancers';
import { failuresOf, runCheck } from './results';

/** Checks that the load balancers forward to the container and port of the environment. */
export function checkForwarding(service: Service, loadBalancers: readonly LoadBalancer[]): CheckResult[] {
  const { serviceName, container, port } = service;
  const containers = loadBalancers.flatMap(({ containerName }) => containerName ?? []);
  const ports = loadBalancers.flatMap(({ containerPort }) => containerPort ?? []);
  return failuresOf([
    applyCheck(targetGroupContainer, serviceName, { forwarded: containers, expected: container }),
    applyCheck(targetGroupPort, serviceName, { forwarded: ports, expected: port }),
  ]);
}

/** Checks a target group and its load balancers. */
export async function checkTargetGroup(
  service: Service,
  arn: string,
  api: LoadBalancerApi,
): Promise<{ name: string; vpc?: string; results: CheckResult[] }> {
  const name = arn.split(':targetgroup/')[1]?.split('/')[0] ?? arn;
  const loadBalancers: string[] = [];
  let vpc: string | undefined;
  const results = await runCheck(
    targetGroupType,
    name,
    async () => {
      const { type, protocol, port, path, ...group } = await api.describeTargetGroup(arn);
      loadBalancers.push(...group.loadBalancers);
      vpc = group.vpc;
      return applyInOrder([targetGroupType, targetGroupAttached], name, {
        service: service.serviceName,
        type,
        protocol,
        port,
        healthCheckPath: path,
        loadBalancers: group.loadBalancers.length,
      });
    },
    { notFound: /TargetGroupNotFound/ },
  );
  const idle = await inParallel(loadBalancers, 2, (loadBalancer) => checkIdleTimeout(loadBalancer, api));
  return { name, ...(vpc !== undefined && { vpc }), results: [...results, ...idle.flat()] };
}

async function checkIdleTimeout(arn: string, api: LoadBalancerApi): Promise<CheckResult[]> {
  const name = arn.split('loadbalancer/app/')[1]?.split('/')[0] ?? arn;
  return runCheck(loadBalancerIdleTimeout, name, async () =>
    applyCheck(loadBalancerIdleTimeout, name, { arn, seconds: await api.getIdleTimeout(arn) }),
  );
}
