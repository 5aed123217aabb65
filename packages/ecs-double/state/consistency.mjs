// Reads that do not yet see a write: "The Amazon ECS API follows an eventual consistency model … the result of an API command you run … might not be
// immediately visible to all subsequent commands you run": https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html.
// Scenario: staleReads: { seconds, ops?: ["DescribeServices", …], alternate?: true } (alternate: every second read comes from a replica that is current).

/** @import { Service, World } from './types.d.ts' */

/**
 * Before a write: the view that stale reads return for a while; undefined where the service did not exist.
 * @param {World} world
 * @param {Service} service
 * @param {object | undefined} view
 */
export function keepViewBeforeWrite(world, service, view) {
  if (!world.staleReads) return;
  const until = world.clock.now() + world.staleReads.seconds * 1000;
  const { before } = service;
  service.before = { until, view: before && before.until > world.clock.now() ? before.view : view };
}

/**
 * { view } of before the last write, or undefined when reads are current.
 * @param {World} world
 * @param {Service} service
 * @param {string} op
 */
export function viewBeforeWrite(world, service, op) {
  return isBehind(world, op, service.before?.until) ? service.before : undefined;
}

/**
 * Whether something that was made at this time is not visible yet.
 * @param {World} world
 * @param {string} op
 * @param {number} madeAt
 */
export function isNotYetVisible(world, op, madeAt) {
  return world.staleReads !== undefined && isBehind(world, op, madeAt + world.staleReads.seconds * 1000);
}

/**
 * @param {World} world
 * @param {string} op
 * @param {number | undefined} until
 */
function isBehind(world, op, until) {
  const { staleReads } = world;
  if (!staleReads || until === undefined || until <= world.clock.now()) return false;
  if (staleReads.ops && !staleReads.ops.includes(op)) return false;
  if (!staleReads.alternate) return true;
  staleReads.reads = (staleReads.reads ?? 0) + 1;
  return staleReads.reads % 2 === 1;
}
