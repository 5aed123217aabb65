// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeClusters.html
import { fail } from '../protocol.mjs';
import { arn, lastPart } from '../names.mjs';

export function addCluster(world, { name, status = 'ACTIVE', tags = [] }) {
  const cluster = { name, arn: arn(world, `cluster/${name}`), status, tags };
  world.clusters.set(name, cluster);
  return cluster;
}

/** "If you do not specify a cluster, the default cluster is assumed." An INACTIVE one is not found by what works in it. */
export function findCluster(world, given = 'default') {
  const cluster = world.clusters.get(lastPart(given));
  if (!cluster || cluster.status !== 'ACTIVE') throw fail('ClusterNotFoundException', 'Cluster not found.');
  return cluster;
}

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
