import type { Service } from '@kdcube/release/internal';
import type { LoadBalancer } from '@aws-sdk/client-ecs';
import { inParallel } from '../../../system/parallel';
import type { LoadBalancerApi } from '../../../aws/api/load-balancers';
import { fail, pass, runCheck, type CheckResult } from './results';

/** The platform's proxy keeps an idle stream open that long. The default of a load balancer, 60 s, cuts slow requests and uploads. */
const MIN_IDLE_TIMEOUT = 600;

/** Checks that the load balancers forward to the container and port of the environment. */
export function checkForwarding(service: Service, loadBalancers: readonly LoadBalancer[]): CheckResult[] {
  const { serviceName: name, container, port } = service;
  const results: CheckResult[] = [];
  const otherContainer = loadBalancers.find(
    ({ containerName }) => containerName !== undefined && containerName !== container,
  )?.containerName;
  if (otherContainer !== undefined) {
    const detail = `forwards to the container ${otherContainer}, but the environment has ${container}`;
    results.push(fail('target group', name, detail, `container: ${otherContainer}`));
  }
  const otherPort = loadBalancers.find(
    ({ containerPort }) => containerPort !== undefined && port !== undefined && containerPort !== port,
  )?.containerPort;
  if (otherPort !== undefined) {
    const detail = `forwards to port ${otherPort}, but the environment has ${port}`;
    results.push(fail('target group', name, detail, `port: ${otherPort}`));
  }
  return results;
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
    'target group',
    name,
    async () => {
      const group = await api.describeTargetGroup(arn);
      loadBalancers.push(...group.loadBalancers);
      vpc = group.vpc;
      if (group.type !== 'ip')
        return fail('target group', name, `has targets of type ${group.type}: tasks with the network mode awsvpc need type ip`);
      if (group.loadBalancers.length === 0)
        return fail('target group', name, 'is not attached to a load balancer: it gets no requests');
      const path = group.path ? `health check ${group.path}` : 'health check without a path';
      return pass('target group', name, `${group.protocol} ${group.port}, ${path}, for ${service.serviceName}`);
    },
    { notFound: /TargetGroupNotFound/ },
  );
  const idle = await inParallel(loadBalancers, 2, (loadBalancer) => checkIdleTimeout(loadBalancer, api));
  return { name, ...(vpc !== undefined && { vpc }), results: [...results, ...idle.flat()] };
}

async function checkIdleTimeout(arn: string, api: LoadBalancerApi): Promise<CheckResult[]> {
  const name = arn.split('loadbalancer/app/')[1]?.split('/')[0] ?? arn;
  return runCheck('load balancer', name, async () => {
    const seconds = await api.getIdleTimeout(arn);
    if (seconds === undefined) return pass('load balancer', name, 'has no idle timeout');
    if (seconds >= MIN_IDLE_TIMEOUT) return pass('load balancer', name, `idle timeout ${seconds} s`);
    return fail(
      'load balancer',
      name,
      `has an idle timeout of ${seconds} s, but the platform needs ${MIN_IDLE_TIMEOUT} s`,
      `aws elbv2 modify-load-balancer-attributes --load-balancer-arn ${arn} --attributes Key=idle_timeout.timeout_seconds,Value=${MIN_IDLE_TIMEOUT}`,
    );
  });
}
