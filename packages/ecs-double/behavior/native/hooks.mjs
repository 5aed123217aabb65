// Lifecycle hooks: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-lifecycle-hooks.html and .../pause-lifecycle-hooks.html
import { seconds } from '../../state/names.mjs';
import { fail } from '../../protocol/aws-error.mjs';
import { requestRollback, rollBack } from '../rollback.mjs';

/** @import { LifecycleHook, HookState, Request, ServiceDeployment, World } from '../../state/types.d.ts' */

/** API_DeploymentLifecycleHookTimeoutConfiguration.html */
const DEFAULT_TIMEOUT = 1440;

/**
 * Opens the hooks of a stage. `goOn` runs when all have succeeded.
 * @param {World} world
 * @param {ServiceDeployment} one
 * @param {string} stage
 * @param {() => void} goOn
 */
export function openHooks(world, one, stage, goOn) {
  const { native } = one;
  const hooks = (one.configuration.lifecycleHooks ?? []).filter(({ lifecycleStages }) => lifecycleStages.includes(stage));
  if (!native || hooks.length === 0) return goOn();
  native.goOn = goOn;
  native.hooks = hooks.map((hook) => openHook(world, one, stage, hook));
}

/**
 * @param {World} world
 * @param {ServiceDeployment} one
 * @param {string} stage
 * @param {LifecycleHook} hook
 * @returns {HookState}
 */
function openHook(world, one, stage, { targetType = 'AWS_LAMBDA', hookTargetArn, timeoutConfiguration = {} }) {
  const { timeoutInMinutes = DEFAULT_TIMEOUT, action = 'ROLLBACK' } = timeoutConfiguration;
  const isPause = targetType === 'PAUSE';
  /** @type {HookState} */
  const state = {
    id: `ecs-${isPause ? 'pause' : 'lambda'}-${world.ids.uuid()}`,
    targetType,
    targetArn: hookTargetArn,
    status: isPause ? 'AWAITING_ACTION' : 'IN_PROGRESS',
    expiresAt: world.clock.now() + timeoutInMinutes * 60_000,
    timeoutAction: action,
  };
  world.clock.at(state.expiresAt, () => {
    if (!['AWAITING_ACTION', 'IN_PROGRESS'].includes(state.status) || !one.native?.hooks.includes(state)) return;
    state.status = 'TIMED_OUT';
    if (action === 'CONTINUE') closeHooks(one);
    else rollBackForHook(world, one, 'pause');
  });
  if (!isPause) runFunction(world, one, stage, state);
  return state;
}

/**
 * Scenario: hooks: [{ stage, do: 'FAILED' | 'never', after? }]; without a rule a function succeeds after five seconds.
 * @param {World} world
 * @param {ServiceDeployment} one
 * @param {string} stage
 * @param {HookState} state
 */
function runFunction(world, one, stage, state) {
  const rule = world.hooks.find((each) => each.stage === stage && (each.service ?? one.service.name) === one.service.name);
  if (rule?.do === 'never') return;
  world.clock.after(rule?.after ?? 5, () => {
    if (state.status !== 'IN_PROGRESS') return;
    state.status = rule?.do ?? 'SUCCEEDED';
    if (state.status === 'FAILED') rollBackForHook(world, one, 'hook');
    else closeHooks(one);
  });
}

/** @param {ServiceDeployment} one */
export function isForward(one) {
  return ['PENDING', 'IN_PROGRESS'].includes(one.status);
}

/**
 * @param {World} world
 * @param {ServiceDeployment} one
 * @param {'hook' | 'pause' | 'user'} cause
 */
function rollBackForHook(world, one, cause) {
  if (!isForward(one)) return;
  if (cause === 'user') requestRollback(world, one);
  else rollBack(world, one.service, one.service.deployments[0], cause);
}

/** @param {ServiceDeployment} one */
function closeHooks({ native }) {
  if (!native || native.hooks.some(({ status, timeoutAction }) => !isPassed(status, timeoutAction))) return;
  const { goOn } = native;
  native.goOn = undefined;
  goOn?.();
}

/**
 * @param {string} status
 * @param {string} timeoutAction
 */
function isPassed(status, timeoutAction) {
  return status === 'SUCCEEDED' || (status === 'TIMED_OUT' && timeoutAction === 'CONTINUE');
}

/**
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContinueServiceDeployment.html: "The pause hook must be in AWAITING_ACTION status", and the deployment
 * IN_PROGRESS (.../developerguide/continue-service-deployment.html). The wording of the errors is ours.
 * @param {World} world
 * @param {Request} request
 */
export function continueServiceDeployment(world, { serviceDeploymentArn, hookId, action = 'CONTINUE' }) {
  const one = world.serviceDeployments.get(serviceDeploymentArn);
  if (!one) throw fail('ServiceDeploymentNotFoundException', "The service deployment doesn't exist.");
  const hook = one.native?.hooks.find(({ id }) => id === hookId);
  if (!hook || hook.status !== 'AWAITING_ACTION' || one.status !== 'IN_PROGRESS')
    throw fail('InvalidParameterException', 'The lifecycle hook is not in the AWAITING_ACTION state.');
  hook.status = action === 'ROLLBACK' ? 'FAILED' : 'SUCCEEDED';
  if (action === 'ROLLBACK') rollBackForHook(world, one, 'user');
  else closeHooks(one);
  return { serviceDeploymentArn };
}

/** @param {HookState} hook */
export function hookView({ id, targetType, targetArn, status, expiresAt, timeoutAction }) {
  return { hookId: id, targetType, targetArn, status, expiresAt: seconds(expiresAt), timeoutAction };
}
