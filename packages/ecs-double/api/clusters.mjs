// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeClusters.html
import { arn, lastPart } from '../state/names.mjs';

/** @import { Cluster, Request, World } from '../state/types.d.ts' */

/**
 * @param {World} world
 * @param {Request} options
 */
export function describeClusters(world, { clusters = ['default'], include = [] }) {
  const found = [];
  const failures = [];
  for (const given of clusters) {
    const cluster = world.clusters.get(lastPart(given));
    if (cluster) found.push(view(world, cluster, include));
    // https://docs.aws.amazon.com/AmazonECS/latest/developerguide/api_failures_messages.html
    else failures.push({ arn: given.startsWith('arn:') ? given : arn(world, `cluster/${given}`), reason: 'MISSING' });
  }
  return { clusters: found, failures };
}

/**
 * @param {World} world
 * @param {Cluster} cluster
 * @param {string[]} include
 */
function view(world, cluster, include) {
  const tasks = [...world.tasks.values()].filter((task) => task.cluster === cluster);
  const services = [...world.services.values()].filter((service) => service.cluster === cluster && service.status === 'ACTIVE');
  return {
    clusterArn: cluster.arn,
    clusterName: cluster.name,
    status: cluster.status,
    registeredContainerInstancesCount: 0,
    runningTasksCount: tasks.filter((task) => task.lastStatus === 'RUNNING').length,
    pendingTasksCount: tasks.filter((task) => ['PROVISIONING', 'PENDING', 'ACTIVATING'].includes(task.lastStatus)).length,
    activeServicesCount: services.length,
    statistics: [],
    tags: include.includes('TAGS') ? cluster.tags : [],
    settings: include.includes('SETTINGS') ? [{ name: 'containerInsights', value: 'disabled' }] : [],
    capacityProviders: ['FARGATE', 'FARGATE_SPOT'],
    defaultCapacityProviderStrategy: [],
  };
}
