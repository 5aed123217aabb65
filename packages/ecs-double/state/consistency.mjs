// Reads that do not yet see a write: "The Amazon ECS API follows an eventual consistency model … the result of an API command you run … might not be
// immediately visible to all subsequent commands you run": https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html.
// Scenario: staleReads: { seconds, ops?: ["DescribeServices", …], alternate?: true } (alternate: every second read comes from a replica that is current).

/** Before a write: what reads go on showing for a while. `view` undefined: it was not there. */
export function keepViewBeforeWrite(world, service, view) {
  if (!world.staleReads) return;
  const until = world.clock.now() + world.staleReads.seconds * 1000;
  const old = service.before?.until > world.clock.now() ? service.before.view : view;
  service.before = { until, view: old };
}

/** { view } of before the last write, or undefined when reads are current. */
export function viewBeforeWrite(world, service, op) {
  return isBehind(world, op, service.before?.until) ? service.before : undefined;
}

/** Whether something that was made at this time is not visible yet. */
export function isNotYetVisible(world, op, madeAt) {
  return world.staleReads !== undefined && isBehind(world, op, madeAt + world.staleReads.seconds * 1000);
}

function isBehind(world, op, until) {
  const { staleReads } = world;
  if (!staleReads || until === undefined || until <= world.clock.now()) return false;
  if (staleReads.ops && !staleReads.ops.includes(op)) return false;
  if (!staleReads.alternate) return true;
  staleReads.reads = (staleReads.reads ?? 0) + 1;
  return staleReads.reads % 2 === 1;
}
