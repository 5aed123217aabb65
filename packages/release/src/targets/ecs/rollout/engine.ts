import { isEmptyPlan, type DeployPlan } from '../../../deploy/deploy-plan';
import type { ProblemCode } from '../../../problem/codes';
import { KdcubeError } from '../../../problem/problem';
import { describeFailure, describeRefusal, failureProblem, type Failure } from './failure';
import { acquireLock, refuseIfLocked, removeOwnLock, type AcquiredLock } from './lock';
import { outcomeOfError, outcomeOf, type Outcome } from './outcome';
import type { ServiceState } from './port/port';
import { findLaterRollback } from './native/ended';
import { checkStrategies } from './native/preflight';
import { checkBaseline } from './preflight/baseline';
import { checkImages } from './preflight/images';
import { waitForOngoingDeployments } from './preflight/ongoing-deployments';
import { checkTarget } from './preflight/preflight';
import { waitForBundles } from './wait-for-bundles';
import { findRegistered, registerAll } from './register';
import { restoreRegistry } from './rollback/restore-registry';
import { recoverSecrets } from '../aws-sm/recover';
import { reloadBundles, reloadedStep } from '../aws-sm/reload';
import { checkSecrets, writeSecrets } from '../aws-sm/write-secrets';
import { resumeDeployments } from './resume';
import { rollBack } from './rollback/rollback';
import { newRollout, serviceNames, type Rollout, type RolloutOptions, type RolloutPorts } from './rollout';
import { findForeignChange, readServices } from './wave/foreign-change';
import { runWave } from './wave/wave';

/**
 * Rolls out a plan. Everything that can be checked is checked before the first write: a check that fails throws a Problem, and nothing was changed. After the first write, a failure is returned as an
 * Outcome. If the rollout is run again, even after `kill -9` between any two calls, it finds what was done and continues.
 */
export async function rollOut(plan: DeployPlan, ports: RolloutPorts, options: RolloutOptions): Promise<Outcome> {
  let rollout = newRollout(plan, ports, options);

  // Nothing is written before acquireLock, except that an empty plan removes its own lock.
  let services = await checkTarget(rollout);
  // Read again: the clock is corrected by the first response of AWS.
  rollout = { ...rollout, startedAt: rollout.clock.now() };
  const definitions = await findRegistered(rollout);
  rollout = { ...rollout, revisionsBefore: await checkBaseline(rollout, services, definitions) };
  if (!isEmptyPlan(plan)) refuseIfLocked(rollout, services);

  // An earlier plan's run may have been interrupted: watch the deployments that it left in progress. Writes nothing.
  const resumed = await resumeDeployments(rollout, services, definitions);
  services = resumed.services;
  // This run has updated nothing, so there is nothing to roll back.
  if (resumed.failure) return outcomeOf(rollout, describeFailure(rollout, resumed.failure, services), services);
  if (isEmptyPlan(plan)) {
    await removeOwnLock(rollout, services);
    return endOutcome(rollout, services);
  }

  await checkStrategies(rollout, services);
  await checkImages(rollout, definitions);
  await checkSecrets(rollout);
  services = await waitForOngoingDeployments(rollout, services);
  const lock = await acquireLock(rollout, services);
  try {
    if (lock?.hasWaited) {
      services = await rollout.ecs.describeServices(serviceNames(rollout));
      const foreign = findForeignChange(rollout, services);
      if (foreign) return await handleFailure(rollout, foreign);
      await checkSecrets(rollout);
    }
    await registerAll(rollout, definitions);
    await writeSecrets(rollout);
    return await runWaves(rollout, services, lock);
  } catch (error) {
    return isRefusedAfterUpdate(rollout, error) ? await handleRefusal(rollout, error) : outcomeOfError(rollout, error);
  } finally {
    await lock?.release();
  }
}

/** One wave after another, until one fails. */
async function runWaves(rollout: Rollout, before: readonly ServiceState[], lock: AcquiredLock | undefined): Promise<Outcome> {
  let services = before;
  const reloaded = reloadedStep(rollout)?.service;
  if (!rollout.plan.waves.some(({ services: names }) => names.includes(reloaded ?? ''))) {
    const failure = await reloadAndWait(rollout, services, [], lock);
    if (failure) return handleFailure(rollout, failure);
  }
  for (const { name, services: names } of withRegistryWave(rollout)) {
    rollout.report({ event: 'wave', name, services: names });
    const failure = (await findChange(rollout, services)) ?? (await runWave(rollout, names, services));
    if (failure) return handleFailure(rollout, failure);
    await lock?.renew();
    services = await readServices(rollout);
    // The old tasks of proc are gone: only the new image must have the bundles of the new list.
    const isEnded = updatesProc(rollout, names) && !hasOnlyReached(rollout, names);
    const unready = isEnded ? await reloadAndWait(rollout, services, names, lock) : undefined;
    if (unready) return handleFailure(rollout, unready);
  }
  const failure = await findChange(rollout, services);
  if (failure) return handleFailure(rollout, failure);
  const hasAsked = reloaded !== undefined || withRegistryWave(rollout).some(({ services: names }) => updatesProc(rollout, names));
  return hasAsked ? outcomeOf(rollout, undefined, services) : endOutcome(rollout, services);
}

/** What became of the services since the last wave, if it ends the rollout. */
async function findChange(rollout: Rollout, services: readonly ServiceState[]): Promise<Failure | undefined> {
  return (await findLaterRollback(rollout, services)) ?? findForeignChange(rollout, services);
}

/** Loads the new list of bundles where a reload does that, and then waits until the bundles are ready. `names`: the services of the wave that went before. */
async function reloadAndWait(
  rollout: Rollout,
  services: readonly ServiceState[],
  names: readonly string[],
  lock: AcquiredLock | undefined,
): Promise<Failure | undefined> {
  const reloaded = reloadedStep(rollout)?.service;
  const isReloaded = reloaded !== undefined && (names.length === 0 || names.includes(reloaded));
  const failure = isReloaded ? await reloadBundles(rollout, services) : undefined;
  if (failure || !(isReloaded || updatesProc(rollout, names))) return failure;
  const unready = await waitForBundles(rollout);
  // The lock is long enough for a wave, or for this wait, not for both.
  if (!unready && rollout.plan.readiness) await lock?.renew();
  return unready;
}

/** The plan left proc as it was: its bundles must be ready all the same, since an earlier run may have ended before they were. Nothing is rolled back, because nothing of this run is the cause. */
async function endOutcome(rollout: Rollout, services: readonly ServiceState[]): Promise<Outcome> {
  const failure = await waitForBundles(rollout);
  return outcomeOf(rollout, failure && describeFailure(rollout, failure, services), services);
}

function updatesProc({ plan }: Rollout, names: readonly string[]): boolean {
  return plan.services.some(
    ({ service, component, kind }) => component === 'proc' && kind === 'service' && names.includes(service),
  );
}

/** The old tasks of proc still run, and would answer for the new ones. */
function hasOnlyReached({ plan, progress, readiness, report }: Rollout, names: readonly string[]): boolean {
  const proc = plan.services.find(({ service, component }) => component === 'proc' && names.includes(service))?.service ?? '';
  const stage = progress.reached.get(proc);
  if (stage === undefined) return false;
  if (readiness && plan.readiness)
    report({
      event: 'note',
      text: `${proc} has only reached ${stage}, and old tasks still run: not asking whether its bundles are ready`,
    });
  return true;
}

/** The service that overwrites Redis (proc or ingress) is updated in a wave of its own, the first one, if no wave of the plan updates it. */
function withRegistryWave({ plan, revisions: { forced } }: Rollout): DeployPlan['waves'] {
  if (!forced || plan.waves.some(({ services }) => services.includes(forced.service))) return plan.waves;
  return [{ name: 'registry', services: [forced.service] }, ...plan.waves];
}

/** No rollback after these: another deploy owns the service now, its state is unknown, or a person decides. */
const NO_ROLLBACK: readonly ProblemCode[] = ['rollout-superseded', 'rollout-unknown', 'deployment-paused'];

/** An operator who stopped a deployment without a rollback wants it to stay as it is. */
function isRolledBackAfter({ options }: Rollout, { reason: { code }, rolledBackTo }: Failure): boolean {
  if (options.onFailure !== 'rollback' || NO_ROLLBACK.includes(code)) return false;
  return code !== 'deployment-stopped' || rolledBackTo !== undefined;
}

async function handleFailure(rollout: Rollout, failure: Failure): Promise<Outcome> {
  try {
    // Even without a rollback, the FORCE flag of proc must not stay set: its extra step is finished or undone, where that is safe.
    const recovery = isRolledBackAfter(rollout, failure) ? await rollBackAll(rollout) : await restoreRegistry(rollout, failure);
    const services = await rollout.ecs.describeServices(serviceNames(rollout));
    return outcomeOf(rollout, describeFailure(rollout, failure, services, recovery), services);
  } catch (error) {
    // AWS refuses the rollback or does not respond: why the rollout failed is reported with it.
    return outcomeOfError(rollout, error, [failureProblem(rollout, failure)]);
  }
}

async function rollBackAll(rollout: Rollout): Promise<Failure | undefined> {
  return (await rollBack(rollout)) ?? recoverSecrets(rollout);
}

/** AWS responded that it will not carry out the call. Throttling is not among them: the calls of a rollback would be throttled too. */
const REFUSALS: readonly ProblemCode[] = ['aws-denied', 'aws-error', 'service-missing', 'plan-outdated', 'descriptor-unreadable'];

/** Whether AWS refused a call after this run had updated services, so that they are rolled back. Not if an update is unconfirmed: its state is unknown. */
function isRefusedAfterUpdate({ options, progress }: Rollout, error: unknown): error is KdcubeError {
  const code = error instanceof KdcubeError ? error.problems[0]?.code : undefined;
  const hasChanged = progress.updated.length > 0 || progress.secrets.written.length > 0;
  const isUnconfirmed = progress.unconfirmed.size > 0 || progress.secrets.unconfirmed !== undefined;
  const canRollBack = options.onFailure === 'rollback' && hasChanged && !isUnconfirmed;
  return canRollBack && code !== undefined && REFUSALS.includes(code);
}

/** AWS refused a call in a later wave: what was updated before it is rolled back, as after a deployment that failed, unless another deploy owns a service now. */
async function handleRefusal(rollout: Rollout, error: KdcubeError): Promise<Outcome> {
  try {
    const before = await readServices(rollout);
    const foreign = findForeignChange(rollout, before, 'during a wave');
    if (foreign) return outcomeOf(rollout, describeFailure(rollout, foreign, before), before);
    const recovery = await rollBackAll(rollout);
    const services = await rollout.ecs.describeServices(serviceNames(rollout));
    return outcomeOf(rollout, describeRefusal(rollout, error, services, recovery), services);
  } catch (rollbackError) {
    // The rollback was refused too, or interrupted: report what AWS confirmed.
    return outcomeOfError(rollout, error, rollbackError instanceof KdcubeError ? rollbackError.problems : []);
  }
}
