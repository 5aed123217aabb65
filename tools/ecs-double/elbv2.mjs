// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTargetHealth.html: the targets are the running tasks of the services behind the group.
import { fail } from './protocol.mjs';

export function describeTargetHealth(world, { TargetGroupArn }) {
  const services = [...world.services.values()].filter((service) =>
    groupsOf(service).some(({ targetGroupArn }) => targetGroupArn === TargetGroupArn),
  );
  if (services.length === 0) throw fail('TargetGroupNotFoundException', 'One or more target groups not found');
  const tasks = [...world.tasks.values()].filter(
    (task) => services.includes(task.service) && ['RUNNING', 'DEACTIVATING'].includes(task.lastStatus),
  );
  const port = groupsOf(services[0]).find(({ targetGroupArn }) => targetGroupArn === TargetGroupArn).containerPort;
  return {
    TargetHealthDescriptions: tasks.map((task) => ({
      Target: { Id: address(task), Port: port },
      HealthCheckPort: String(port),
      TargetHealth: health(task),
    })),
  };
}

function groupsOf(service) {
  return service.settings.loadBalancers ?? [];
}

/** API_TargetHealth.html: states and reason codes. */
function health(task) {
  if (task.desiredStatus === 'STOPPED') return { State: 'draining', Reason: 'Target.DeregistrationInProgress' };
  if (task.healthy) return { State: 'healthy' };
  if (task.unhealthy) return { State: 'unhealthy', Reason: 'Target.FailedHealthChecks' };
  return { State: 'initial', Reason: 'Elb.InitialHealthChecking' };
}

/** One address a task, from its id. */
function address(task) {
  const part = (from) => parseInt(task.id.slice(from, from + 2), 16);
  return `10.0.${part(0)}.${part(2)}`;
}
