// A service as DescribeServices shows it: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Service.html
import { compact, seconds } from './names.mjs';

/** @import { Deployment, Service, Task, World } from './types.d.ts' */

const PENDING = ['PROVISIONING', 'PENDING', 'ACTIVATING'];

/**
 * @param {World} world
 * @param {Service} service
 */
export function serviceTasks(world, service) {
  return [...world.tasks.values()].filter((task) => task.service === service);
}

/** @param {Task[]} tasks */
export function counts(tasks) {
  return {
    runningCount: tasks.filter((task) => task.lastStatus === 'RUNNING').length,
    pendingCount: tasks.filter((task) => PENDING.includes(task.lastStatus)).length,
  };
}

/**
 * @param {World} world
 * @param {Service} service
 * @param {{ tags?: boolean }} [options]
 */
export function serviceView(world, service, { tags = false } = {}) {
  const { settings, configuration } = service;
  const tasks = serviceTasks(world, service);
  const current = service.deployments[0];
  const running = service.serviceDeployments.find(({ finishedAt }) => finishedAt === undefined);
  return compact({
    serviceArn: service.arn,
    serviceName: service.name,
    clusterArn: service.cluster.arn,
    loadBalancers: settings.loadBalancers ?? [],
    serviceRegistries: settings.serviceRegistries ?? [],
    status: service.status,
    desiredCount: service.desired,
    ...(service.taskSet ? { runningCount: service.desired, pendingCount: 0 } : counts(tasks)),
    launchType: settings.capacityProviderStrategy ? undefined : (settings.launchType ?? 'FARGATE'),
    capacityProviderStrategy: settings.capacityProviderStrategy,
    platformVersion: settings.platformVersion ?? 'LATEST',
    platformFamily: 'Linux',
    taskDefinition: current?.taskDefinition ?? service.taskSet?.taskDefinition,
    deploymentConfiguration: configuration,
    taskSets: service.taskSet ? [taskSetView(service, service.taskSet)] : undefined,
    deployments: service.deployments.map((deployment) => deploymentView(service, deployment, tasks)),
    roleArn: `arn:aws:iam::${world.account}:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS`,
    events: structuredClone(service.events),
    createdAt: seconds(service.createdAt),
    currentServiceDeployment: running?.arn,
    currentServiceRevisions: current && service.controller === 'ECS' ? revisionsView(service, tasks) : undefined,
    placementConstraints: settings.placementConstraints ?? [],
    placementStrategy: settings.placementStrategy ?? [],
    networkConfiguration: settings.networkConfiguration,
    healthCheckGracePeriodSeconds: settings.healthCheckGracePeriodSeconds ?? 0,
    schedulingStrategy: settings.schedulingStrategy ?? 'REPLICA',
    deploymentController: { type: service.controller },
    tags: tags ? structuredClone(service.tags) : undefined,
    createdBy: `arn:aws:iam::${world.account}:role/admin`,
    enableECSManagedTags: settings.enableECSManagedTags ?? false,
    propagateTags: settings.propagateTags ?? 'NONE',
    enableExecuteCommand: settings.enableExecuteCommand ?? false,
    availabilityZoneRebalancing: settings.availabilityZoneRebalancing ?? 'DISABLED',
  });
}

/**
 * .../API_Deployment.html. A superseded deployment wants only the tasks that it still has.
 * @param {Service} service
 * @param {Deployment} deployment
 * @param {Task[]} all
 */
function deploymentView(service, deployment, all) {
  const tasks = all.filter((task) => task.deploymentId === deployment.id);
  const primary = deployment === service.deployments[0];
  const { settings } = service;
  return compact({
    id: deployment.id,
    status: deployment.status,
    taskDefinition: deployment.taskDefinition,
    desiredCount: primary && deployment.rollout !== 'FAILED' ? service.desired : tasks.filter(wanted).length,
    ...counts(tasks),
    failedTasks: deployment.failed,
    createdAt: seconds(deployment.createdAt),
    updatedAt: seconds(deployment.updatedAt),
    launchType: settings.capacityProviderStrategy ? undefined : (settings.launchType ?? 'FARGATE'),
    capacityProviderStrategy: settings.capacityProviderStrategy,
    platformVersion: '1.4.0',
    platformFamily: 'Linux',
    networkConfiguration: settings.networkConfiguration,
    rolloutState: deployment.rollout,
    rolloutStateReason: deployment.reason,
  });
}

/** @param {Task} task */
function wanted(task) {
  return task.desiredStatus === 'RUNNING';
}

/**
 * @param {Service} service
 * @param {Task[]} tasks
 */
function revisionsView(service, tasks) {
  return service.deployments.map((deployment) => {
    const deploymentTasks = tasks.filter((task) => task.deploymentId === deployment.id);
    const { runningCount, pendingCount } = counts(deploymentTasks);
    const primary = deployment === service.deployments[0];
    const requestedTaskCount =
      primary && deployment.rollout !== 'FAILED' ? service.desired : deploymentTasks.filter(wanted).length;
    return { arn: deployment.revision, requestedTaskCount, runningTaskCount: runningCount, pendingTaskCount: pendingCount };
  });
}

/**
 * CODE_DEPLOY and EXTERNAL services have task sets, no deployments with a rolloutState: .../API_Deployment.html, .../API_TaskSet.html.
 * @param {Service} service
 * @param {NonNullable<Service['taskSet']>} taskSet
 */
function taskSetView(service, { id, taskDefinition }) {
  const at = seconds(service.createdAt);
  return {
    id,
    taskSetArn: `${service.arn.replace(':service/', ':task-set/')}/${id}`,
    serviceArn: service.arn,
    clusterArn: service.cluster.arn,
    status: 'PRIMARY',
    taskDefinition,
    computedDesiredCount: service.desired,
    pendingCount: 0,
    runningCount: service.desired,
    createdAt: at,
    updatedAt: at,
    scale: { value: 100, unit: 'PERCENT' },
    stabilityStatus: 'STEADY_STATE',
    stabilityStatusAt: at,
  };
}
