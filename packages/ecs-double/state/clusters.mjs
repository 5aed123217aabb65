import { fail } from '../protocol/aws-error.mjs';
import { arn, lastPart } from './names.mjs';

/** @import { Tag, World } from './types.d.ts' */

/**
 * @param {World} world
 * @param {{ name: string, status?: string, tags?: Tag[] }} options
 */
export function addCluster(world, { name, status = 'ACTIVE', tags = [] }) {
  const cluster = { name, arn: arn(world, `cluster/${name}`), status, tags };
  world.clusters.set(name, cluster);
  return cluster;
}

/**
 * "If you do not specify a cluster, the default cluster is assumed." An INACTIVE one is not found by what works in it.
 * @param {World} world
 * @param {string} [given]
 */
export function findCluster(world, given = 'default') {
  const cluster = world.clusters.get(lastPart(given));
  if (!cluster || cluster.status !== 'ACTIVE') throw fail('ClusterNotFoundException', 'Cluster not found.');
  return cluster;
}
