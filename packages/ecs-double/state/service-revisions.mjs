import { arn, compact, seconds } from './names.mjs';

/** @import { Service, World } from './types.d.ts' */

/**
 * A new service revision: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-revision.html.
 * @param {World} world
 * @param {Service} service
 * @param {string} taskDefinition
 */
export function addRevision(world, service, taskDefinition) {
  const revision = arn(world, `service-revision/${service.key}/${world.ids.number()}`);
  const { settings } = service;
  const createdAt = world.clock.now();
  world.revisions.set(revision, {
    createdAt,
    view: compact({
      serviceRevisionArn: revision,
      serviceArn: service.arn,
      clusterArn: service.cluster.arn,
      taskDefinition,
      launchType: settings.launchType ?? 'FARGATE',
      platformVersion: '1.4.0',
      platformFamily: 'Linux',
      loadBalancers: settings.loadBalancers ?? [],
      serviceRegistries: settings.serviceRegistries ?? [],
      networkConfiguration: settings.networkConfiguration,
      guardDutyEnabled: false,
      createdAt: seconds(createdAt),
    }),
  });
  return revision;
}
