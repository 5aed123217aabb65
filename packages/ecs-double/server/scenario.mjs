// A scenario is data: the initial state, what images do, faults, and calls by others. README.md lists its members.
import { callAsOther } from './calls.mjs';
import { setSecrets } from '../neighbors/secrets-manager.mjs';
import { addCluster } from '../state/clusters.mjs';
import { createService } from '../api/services.mjs';
import { registerTaskDefinition } from '../api/task-definitions.mjs';

/** @import { Double, Scenario } from '../state/types.d.ts' */

/** Long enough for every service to be steady before the test begins. */
const SETTLED = 15 * 60 * 1000;

/**
 * Has the turn. Time runs from before the start, so that at the start the services are as a week ago, with their history.
 * @param {Double} double
 * @param {Scenario} scenario
 */
export async function setUp(double, scenario) {
  const { world, clock } = double;
  for (const cluster of scenario.clusters ?? ['default'])
    addCluster(world, typeof cluster === 'string' ? { name: cluster } : cluster);
  const { rules, capacity } = world;
  // What is there already was healthy once: rules and shortages are for what comes.
  Object.assign(world, { rules: [], capacity: {} });
  setSecrets(world, scenario.secrets);
  for (const definition of scenario.taskDefinitions ?? []) registerTaskDefinition(world, definition);
  for (const service of scenario.services ?? []) createService(world, service);
  await clock.run(clock.now() + SETTLED);
  Object.assign(world, { rules, capacity, started: clock.now() });
  applyScenario(double, scenario);
}

/**
 * Also later, by POST /__scenario: rules, images, faults, cuts and script are added, the rest is replaced.
 * @param {Double} double
 * @param {Scenario} options
 */
export function applyScenario(double, { images, script = [], ...rest }) {
  const { world } = double;
  Object.assign(world.images, images);
  for (const { at, op, service = 'ecs', request } of script)
    world.clock.at(world.started + at * 1000, () => callAsOther(double, { service, op, request }));
  return rest;
}

/**
 * @param {Double} double
 * @param {Scenario} given
 */
export function updateScenario(double, given) {
  const {
    rules = [],
    faults = [],
    cuts = [],
    timing,
    quirks,
    capacity,
    staleReads,
    auto,
    registry,
    secrets,
  } = applyScenario(double, given);
  const { world } = double;
  world.rules.unshift(...rules.map((rule) => ({ ...rule })));
  double.faults.unshift(...faults.map((fault) => ({ ...fault })));
  double.cuts.unshift(...cuts.map((cut) => ({ ...cut })));
  Object.assign(world.timing, timing);
  Object.assign(world.quirks, quirks);
  if (capacity) world.capacity = capacity;
  if (staleReads !== undefined) world.staleReads = staleReads ?? undefined;
  if (auto !== undefined) double.auto = auto;
  if (registry) world.registry.set(registry);
  setSecrets(world, secrets);
}
