import { type Check, fail, pass } from './check';

const API = 'https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_LoadBalancer.html';

interface ForwardingFacts<Value> {
  /** Where the load balancers of the service forward to. */
  forwarded: readonly Value[];
  /** What the environment has. */
  expected: Value | undefined;
}

/** Its subject is the service. */
export const targetGroupContainer: Check<ForwardingFacts<string>> = {
  name: 'target-group-container',
  kind: 'target group',
  title: 'The load balancers forward to the container of the environment',
  why: 'A service refuses a task definition without the container that its load balancer names.',
  source: API,
  when: ['verify'],
  code: 'environment-not-ready',
  decide({ forwarded, expected }) {
    const other = forwarded.find((name) => name !== expected);
    if (other === undefined) return pass(`forwards to the container ${expected}`);
    return fail(`forwards to the container ${other}, but the environment has ${expected}`, `container: ${other}`);
  },
};

/** Its subject is the service. */
export const targetGroupPort: Check<ForwardingFacts<number>> = {
  name: 'target-group-port',
  kind: 'target group',
  title: 'The load balancers forward to the port of the environment',
  why: 'A service refuses a task definition without the port that its load balancer names.',
  source: API,
  when: ['verify'],
  code: 'environment-not-ready',
  decide({ forwarded, expected }) {
    const other = forwarded.find((port) => expected !== undefined && port !== expected);
    if (other === undefined) return pass(`forwards to the port ${expected}`);
    return fail(`forwards to port ${other}, but the environment has ${expected}`, `port: ${other}`);
  },
};

export interface TargetGroupFacts {
  service: string;
  type: string;
  protocol: string;
  port: number;
  healthCheckPath: string;
  /** How many load balancers use it. */
  loadBalancers: number;
}

export const targetGroupType: Check<TargetGroupFacts> = {
  name: 'target-group-type',
  kind: 'target group',
  title: 'The target group exists and has targets of type ip',
  why: 'Tasks with the network mode awsvpc, such as all on Fargate, can only be registered by IP address.',
  source: API,
  when: ['verify'],
  code: 'environment-not-ready',
  decide({ type }) {
    if (type === 'ip') return pass('has targets of type ip');
    return fail(`has targets of type ${type}: tasks with the network mode awsvpc need type ip`);
  },
};

export const targetGroupAttached: Check<TargetGroupFacts> = {
  name: 'target-group-attached',
  kind: 'target group',
  title: 'The target group is attached to a load balancer',
  why: 'It gets no requests otherwise.',
  source: API,
  when: ['verify'],
  code: 'environment-not-ready',
  decide({ loadBalancers, protocol, port, healthCheckPath, service }) {
    if (loadBalancers === 0) return fail('is not attached to a load balancer: it gets no requests');
    const path = healthCheckPath ? `health check ${healthCheckPath}` : 'health check without a path';
    return pass(`${protocol} ${port}, ${path}, for ${service}`);
  },
};

/** The platform's proxy keeps an idle stream open that long. The default of a load balancer, 60 s, cuts slow requests and uploads. */
const MIN_IDLE_TIMEOUT = 600;

/** Its subject is the load balancer. */
export const loadBalancerIdleTimeout: Check<{ arn: string; seconds: number | undefined }> = {
  name: 'load-balancer-idle-timeout',
  kind: 'load balancer',
  title: `The idle timeout of the load balancer is at least ${MIN_IDLE_TIMEOUT} s`,
  why: 'The default of 60 s cuts slow requests and uploads: the proxy of the platform keeps an idle stream open for 600 s.',
  source: 'The reference deployment of the platform sets `alb_idle_timeout` to 600 s',
  when: ['verify'],
  code: 'environment-not-ready',
  decide({ arn, seconds }) {
    if (seconds === undefined) return pass('has no idle timeout');
    if (seconds >= MIN_IDLE_TIMEOUT) return pass(`idle timeout ${seconds} s`);
    return fail(
      `has an idle timeout of ${seconds} s, but the platform needs ${MIN_IDLE_TIMEOUT} s`,
      `aws elbv2 modify-load-balancer-attributes --load-balancer-arn ${arn} --attributes Key=idle_timeout.timeout_seconds,Value=${MIN_IDLE_TIMEOUT}`,
    );
  },
};
