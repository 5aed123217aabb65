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
