// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTargetHealth.html: the targets are the running tasks of the services behind the group.
import { address } from '../state/names.mjs';
import { fail } from '../protocol/aws-error.mjs';

/** @import { Service, Task, World } from '../state/types.d.ts' */

/**
 * @param {World} world
 * @param {{ TargetGroupArn: string }} options
 */
export function describeTargetHealth(world, { TargetGroupArn }) {
  const services = [...world.services.values()].filter((service) =>
    groupsOf(service).some(({ targetGroupArn }) => targetGroupArn === TargetGroupArn),
  );
  if (services.length === 0) throw fail('TargetGroupNotFoundException', 'One or more target groups not found');
  const tasks = [...world.tasks.values()].filter(
    ({ service, lastStatus }) => service && services.includes(service) && ['RUNNING', 'DEACTIVATING'].includes(lastStatus),
  );
  const port = groupsOf(services[0]).find(({ targetGroupArn }) => targetGroupArn === TargetGroupArn)?.containerPort;
  return {
    TargetHealthDescriptions: tasks.map((task) => ({
      Target: { Id: address(task), Port: port },
      HealthCheckPort: String(port),
      TargetHealth: health(task, TargetGroupArn),
    })),
  };
}

/**
 * Of the target groups that services name. https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTargetGroups.html
 * @param {World} world
 * @param {{ TargetGroupArns?: string[] }} options
 */
export function describeTargetGroups(world, { TargetGroupArns }) {
  const known = [...world.services.values()].flatMap(groupsOf);
  const arns = TargetGroupArns ?? [...new Set(known.map(({ targetGroupArn }) => targetGroupArn))];
  return {
    TargetGroups: arns.map((arn) => {
      const group = known.find(({ targetGroupArn }) => targetGroupArn === arn);
      if (!group) throw fail('TargetGroupNotFoundException', 'One or more target groups not found');
      return {
        TargetGroupArn: arn,
        TargetGroupName: arn.split('/')[1],
        Protocol: 'HTTP',
        Port: group.containerPort,
        HealthCheckPath: '/',
        TargetType: 'ip',
        LoadBalancerArns: [loadBalancerArn(world)],
      };
    }),
  };
}

/**
 * One load balancer stands before all target groups.
 * @param {World} world
 */
function loadBalancerArn({ region, account }) {
  return `arn:aws:elasticloadbalancing:${region}:${account}:loadbalancer/app/stand-in/0123456789abcdef`;
}

/**
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeLoadBalancerAttributes.html; 60 seconds is Amazon's default.
 * @param {World} world
 * @param {{ LoadBalancerArn: string }} options
 */
export function describeLoadBalancerAttributes(world, { LoadBalancerArn }) {
  if (LoadBalancerArn !== loadBalancerArn(world))
    throw fail('LoadBalancerNotFoundException', 'One or more load balancers not found');
  return { Attributes: [{ Key: 'idle_timeout.timeout_seconds', Value: '60' }] };
}

/** @param {Service} service */
function groupsOf(service) {
  return service.settings.loadBalancers ?? [];
}

/**
 * API_TargetHealth.html: states and reason codes.
 * @param {Task} options
 * @param {string} group
 */
function health({ desiredStatus, targets }, group) {
  if (desiredStatus === 'STOPPED') return { State: 'draining', Reason: 'Target.DeregistrationInProgress' };
  const state = targets.get(group);
  if (state === 'healthy') return { State: state };
  if (state === 'unhealthy') return { State: state, Reason: 'Target.FailedHealthChecks' };
  return { State: 'initial', Reason: 'Elb.InitialHealthChecking' };
}
