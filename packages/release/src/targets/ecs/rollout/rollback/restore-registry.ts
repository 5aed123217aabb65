import type { ServiceStep } from '../../../../deploy/deploy-plan';
import { activeForceFlags } from '../../plan/force-flags';
import type { Failure } from '../failure';
import { hasForcedRegistry } from './forced-registry';
import type { DeploymentState } from '../port/port';
import { rollBack } from './rollback';
import { getTaskDefinition, stepOf, type Rollout } from '../rollout';
import { updateService } from '../wave/update';
import { watch } from '../wave/watch';
import { watchDeployment } from '../wave/watched-deployment';

/**
 * After a failure without a rollback (`--on-failure=stop`, or another deployment has replaced this one) the waves stay as they are. But proc must not keep the FORCE flag, and an old image of proc
 * must not run with the new registry. A healthy forced revision is updated to the one without the flag. One that was rolled back gets its previous registry back. If its state is unknown, it stays
 * as it is, and the hint of the failure has the command that removes the flag.
 */
export async function restoreRegistry(rollout: Rollout, failure: Failure): Promise<Failure | undefined> {
  const { forced } = rollout.revisions;
  if (!forced) return undefined;
  const step = stepOf(rollout, forced.service);
  if (!rollout.progress.updated.includes(step)) return undefined;
  const { code } = failure.reason;
  // A person decides about a deployment that is paused.
  const isUnknown = code === 'rollout-unknown' || code === 'deployment-paused';
  if (step === failure.step && (isUnknown || code === 'rollout-superseded' || code === 'service-gone')) return undefined;
  const [service] = await rollout.ecs.describeServices([step.serviceName]);
  if (!service || service.status !== 'ACTIVE') return undefined;
  const primary = service.deployments.find(({ status }) => status === 'PRIMARY');
  if (primary?.taskDefinition === forced.taskDefinition && primary.rollout !== 'FAILED')
    return removeFlag(rollout, step, primary);
  // The read may be stale: no reason to roll back.
  if (isUnknown) return undefined;
  return (await needsRollback(rollout, step, primary)) ? rollBack(rollout, [step]) : undefined;
}

/** Waits for the forced revision, then updates to the one without the flag. */
async function removeFlag(rollout: Rollout, step: ServiceStep, primary: DeploymentState): Promise<Failure | undefined> {
  const { id, taskDefinition } = primary;
  const ours = { id, taskDefinition, previous: [], startedAt: rollout.clock.now() };
  const failure = await watch(rollout, [watchDeployment(rollout, step, ours, step.digests)]);
  if (failure) return failure.reason.code === 'rollout-unknown' ? undefined : rollBack(rollout, [step]);
  return watch(rollout, [await updateService(rollout, step, rollout.revisions.target.get(step.service)!, [])]);
}

async function needsRollback(rollout: Rollout, step: ServiceStep, primary: DeploymentState | undefined): Promise<boolean> {
  const definition = primary && (await getTaskDefinition(rollout, primary.taskDefinition));
  if (primary?.rollout === 'FAILED') return true;
  const isPrevious = primary?.taskDefinition === rollout.plan.baseline[step.serviceName]?.taskDefinition;
  if (isPrevious && (await hasForcedRegistry(rollout, step))) return true;
  return definition !== undefined && activeForceFlags(definition).length > 0;
}
