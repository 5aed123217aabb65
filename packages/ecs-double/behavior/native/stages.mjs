// The lifecycle of a deployment with a native strategy: BLUE_GREEN, LINEAR, CANARY.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/blue-green-deployment-how-it-works.html, "Deployment lifecycle stages"
import { reconcileSoon } from '../../state/reconcile.mjs';
import { rollBack } from '../rollback.mjs';
import { isForward, openHooks } from './hooks.mjs';
import { trafficSteps } from './traffic.mjs';

/** @import { Service, ServiceDeployment, World } from '../../state/types.d.ts' */

/** PRE_PRODUCTION_TRAFFIC_SHIFT is a stage of hooks only: API_ServiceDeployment.html does not list it. */
const STAGES = [
  'RECONCILE_SERVICE',
  'PRE_SCALE_UP',
  'SCALE_UP',
  'POST_SCALE_UP',
  'TEST_TRAFFIC_SHIFT',
  'POST_TEST_TRAFFIC_SHIFT',
  'PRODUCTION_TRAFFIC_SHIFT',
  'POST_PRODUCTION_TRAFFIC_SHIFT',
  'BAKE_TIME',
  'CLEAN_UP',
];

/** @param {Service} service */
export function isNative({ configuration }) {
  return !['ROLLING', undefined].includes(configuration.strategy);
}

/**
 * Whether the tasks of both revisions stay, and ECS waits for something else than the scheduler.
 * @param {ServiceDeployment | undefined} one
 */
export function holdsBothRevisions(one) {
  return one?.native !== undefined && one.native.stage !== 'CLEAN_UP' && isForward(one);
}

/**
 * Whether the new revision's tasks may start.
 * @param {ServiceDeployment} one
 */
export function mayScaleUp({ native }) {
  return native !== undefined && STAGES.indexOf(native.stage) >= STAGES.indexOf('SCALE_UP');
}

/**
 * "RECONCILE_SERVICE … only happens when you start a new service deployment with more than 1 service revision in an ACTIVE state": API_ServiceDeployment.html.
 * The first deployment of a service has nothing to shift traffic from.
 * @param {World} world
 * @param {Service} service
 */
export function beginStages(world, service) {
  const [one] = service.serviceDeployments;
  if (!isNative(service) || !one || one.sources.length === 0) return;
  const first = one.sources.length > 1 ? 'RECONCILE_SERVICE' : 'PRE_SCALE_UP';
  one.native = { stage: first, test: 0, production: 0, hooks: [] };
  world.clock.after(world.timing.stage, () => enterStage(world, one, first));
}

/**
 * @param {World} world
 * @param {ServiceDeployment} one
 * @param {string} stage
 */
function enterStage(world, one, stage) {
  const { native } = one;
  if (!native || !isForward(one)) return;
  Object.assign(native, { stage, hooks: [] });
  one.updatedAt = world.clock.now();
  watchAlarms(world, one, stage);
  const goOn = () => workOf(world, one, stage);
  if (stage !== 'PRODUCTION_TRAFFIC_SHIFT') return openHooks(world, one, stage, goOn);
  native.stage = 'POST_TEST_TRAFFIC_SHIFT';
  return openHooks(world, one, 'PRE_PRODUCTION_TRAFFIC_SHIFT', () => {
    Object.assign(native, { stage, hooks: [] });
    openHooks(world, one, stage, goOn);
  });
}

/**
 * @param {World} world
 * @param {ServiceDeployment} one
 * @param {string} stage
 */
function workOf(world, one, stage) {
  const { native, configuration } = one;
  if (!native || !isForward(one)) return;
  const next = (/** @type {number} */ wait) => world.clock.after(wait, () => leaveStage(world, one, stage));
  if (stage === 'SCALE_UP') return reconcileSoon(world, one.service);
  if (stage === 'TEST_TRAFFIC_SHIFT') native.test = 100;
  if (stage === 'PRODUCTION_TRAFFIC_SHIFT') return shiftProduction(world, one, trafficSteps(configuration), () => next(0));
  if (stage === 'BAKE_TIME') return void next((configuration.bakeTimeInMinutes ?? 0) * 60);
  if (stage === 'CLEAN_UP') return reconcileSoon(world, one.service);
  return void next(world.timing.stage);
}

/**
 * @param {World} world
 * @param {ServiceDeployment} one
 * @param {{ percent: number, wait: number }[]} steps
 * @param {() => void} done
 */
function shiftProduction(world, one, [step, ...rest], done) {
  if (!isForward(one) || !one.native) return;
  if (!step) return done();
  one.native.production = step.percent;
  one.updatedAt = world.clock.now();
  world.clock.after(world.timing.stage + step.wait * 60, () => shiftProduction(world, one, rest, done));
}

/**
 * @param {World} world
 * @param {ServiceDeployment} one
 * @param {string} stage
 */
function leaveStage(world, one, stage) {
  if (!isForward(one) || one.native?.stage !== stage) return;
  enterStage(world, one, STAGES[STAGES.indexOf(stage) + 1]);
}

/**
 * The scheduler found all tasks of the new revision healthy.
 * @param {World} world
 * @param {ServiceDeployment} one
 */
export function scaledUp(world, one) {
  if (one.native?.stage === 'SCALE_UP') leaveStage(world, one, 'SCALE_UP');
}

/**
 * Scenario: alarms: [{ stage, after, name, service? }]. .../developerguide/deployment-alarm-failure.html
 * @param {World} world
 * @param {ServiceDeployment} one
 * @param {string} stage
 */
function watchAlarms(world, one, stage) {
  if (!one.configuration.alarms?.enable) return;
  const alarm = world.alarms.find((each) => each.stage === stage && (each.service ?? one.service.name) === one.service.name);
  if (!alarm) return;
  world.clock.after(alarm.after, () => {
    if (!isForward(one) || one.native?.stage !== stage) return;
    one.native.alarm = alarm.name;
    rollBack(world, one.service, one.service.deployments[0], 'alarm');
  });
}
