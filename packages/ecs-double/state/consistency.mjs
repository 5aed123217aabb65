// Reads that do not yet see a write: "The Amazon ECS API follows an eventual consistency model … the result of an API command you run … might not be
// immediately visible to all subsequent commands you run": https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html.
// Scenario: stale: { seconds, ops?: ["DescribeServices", …], alternate?: true } (alternate: every second read comes from a replica that is current).

/** Before a write: what reads go on showing for a while. `view` undefined: it was not there. */
export function remember(world, service, view) {
  if (!world.stale) return;
  const until = world.clock.now() + world.stale.seconds * 1000;
  const old = service.before?.until > world.clock.now() ? service.before.view : view;
  service.before = { until, view: old };
}

/** { view } of before the last write, or undefined when reads are current. */
export function staleView(world, service, op) {
  return hidden(world, op, service.before?.until) ? service.before : undefined;
}

/** Whether something that was made at this time is not visible yet. */
export function tooNew(world, op, madeAt) {
  return world.stale !== undefined && hidden(world, op, madeAt + world.stale.seconds * 1000);
}

function hidden(world, op, until) {
  const { stale } = world;
  if (!stale || until === undefined || until <= world.clock.now()) return false;
  if (stale.ops && !stale.ops.includes(op)) return false;
  if (!stale.alternate) return true;
  stale.reads = (stale.reads ?? 0) + 1;
  return stale.reads % 2 === 1;
}
