// What specs share: an account with one cluster, and helpers for a rollout.
import { start } from '../double.mjs';

export const CLUSTER = 'acme';

/** A task definition for Fargate, as RegisterTaskDefinition takes it. `checked`: with a container health check. */
export function definition(family, image = `registry.example/${family}:1`, { checked = true, environment = [], ...more } = {}) {
  const options = { 'awslogs-group': `/ecs/${family}`, 'awslogs-region': 'eu-central-1', 'awslogs-stream-prefix': 'ecs' };
  return {
    family,
    networkMode: 'awsvpc',
    requiresCompatibilities: ['FARGATE'],
    cpu: '256',
    memory: '512',
    executionRoleArn: 'arn:aws:iam::123456789012:role/execution',
    containerDefinitions: [
      {
        name: family,
        image,
        environment,
        logConfiguration: { logDriver: 'awslogs', options },
        ...(checked ? { healthCheck: { command: ['CMD-SHELL', 'true'], interval: 10, retries: 3, startPeriod: 10 } } : {}),
        ...more,
      },
    ],
  };
}

export function service(name, { breaker = { enable: true, rollback: true }, percent = [100, 200], ...more } = {}) {
  const [minimumHealthyPercent, maximumPercent] = percent;
  return {
    cluster: CLUSTER,
    serviceName: name,
    taskDefinition: name,
    desiredCount: 1,
    launchType: 'FARGATE',
    networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-1'] } },
    deploymentConfiguration: { deploymentCircuitBreaker: breaker, minimumHealthyPercent, maximumPercent },
    ...more,
  };
}

/** A double with the service `app` on app:1, and app:2 registered, unless the scenario replaces them. */
export function startDouble({ journal, ...scenario } = {}) {
  return start({
    journal,
    scenario: {
      clusters: [CLUSTER],
      taskDefinitions: [definition('app'), definition('app', 'registry.example/app:2')],
      services: [service('app', { taskDefinition: 'app:1' })],
      ...scenario,
    },
  });
}

export async function describe(double, name = 'app') {
  const { services } = await double.as('DescribeServices', { cluster: CLUSTER, services: [name] });
  return services[0];
}

export function deploy(double, taskDefinition = 'app:2', more = {}) {
  return double
    .as('UpdateService', { cluster: CLUSTER, service: 'app', taskDefinition, ...more })
    .then(({ service: now }) => now.deployments[0].id);
}

/** Advances time and reads the service every 15 seconds, until `done(service)`; the service then, or undefined after `limit` seconds. */
export async function until(double, done, { name = 'app', limit = 3600 } = {}) {
  const end = double.clock.now() + limit * 1000;
  while (double.clock.now() < end) {
    const now = await describe(double, name);
    if (await done(now)) return now;
    await double.clock.advance(15_000);
  }
  return undefined;
}

/** The rollout has ended: the PRIMARY deployment is COMPLETED or FAILED, and no other one is listed. */
export function isFinished({ deployments }) {
  return deployments.length === 1 && deployments[0].rolloutState !== 'IN_PROGRESS';
}

export function revision(arn) {
  return arn.slice(arn.lastIndexOf('/') + 1);
}

export async function stopped(double, more = {}) {
  const { taskArns } = await double.as('ListTasks', { cluster: CLUSTER, desiredStatus: 'STOPPED', ...more });
  if (taskArns.length === 0) return [];
  return (await double.as('DescribeTasks', { cluster: CLUSTER, tasks: taskArns })).tasks;
}
