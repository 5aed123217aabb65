import { requiredForceFlags } from '../../../../deploy/registry-step';
import type { ServiceStep } from '../../../../deploy/deploy-plan';
import { KdcubeError } from '../../../../problem/problem';
import { activeForceFlags, setForceFlags, clearForceFlags } from '../../plan/force-flags';
import type { Failure } from '../failure';
import { hasForcedRegistry, waitForRegistryLock } from './forced-registry';
import { registerOrReuse } from '../register';
import type { ServiceState } from '../port/port';
import { getTaskDefinition, serviceNames, type Rollout } from '../rollout';
import { rollBackNative } from '../native/roll-back';
import { updateService } from '../wave/update';
import { watch } from '../wave/watch';

/**
 * Rolls services back to the revisions they had when the plan was made, the last wave first. If a task of the new proc may have overwritten the registry in Redis, proc writes the previous one back.
 * Returns what failed.
 */
export async function rollBack(
  rollout: Rollout,
  steps: readonly ServiceStep[] = rollout.progress.updated,
): Promise<Failure | undefined> {
  const waves = [...rollout.plan.waves].reverse();
  for (const { services: names } of waves) {
    const ofWave = steps.filter(({ service, kind }) => kind === 'service' && names.includes(service));
    if (ofWave.length === 0) continue;
    const failure = await rollBackWave(rollout, ofWave);
    if (failure) return failure;
  }
  return undefined;
}

async function rollBackWave(rollout: Rollout, steps: readonly ServiceStep[]): Promise<Failure | undefined> {
  const services = await rollout.ecs.describeServices(serviceNames(rollout));
  // A service that was deleted cannot be rolled back.
  const active = steps.filter(({ serviceName }) =>
    services.some(({ name, status }) => name === serviceName && status === 'ACTIVE'),
  );
  const carrier = active.find(({ service }) => service === rollout.revisions.forced?.service);
  if (!carrier || !(await hasForcedRegistry(rollout, carrier)))
    return updateAll(rollout, services, active, (step) => previousRevision(rollout, step));
  const clean = await previousRevision(rollout, carrier);
  const desired = previousCount(carrier) ?? services.find(({ name }) => name === carrier.serviceName)!.desired;
  if (desired === 0) {
    const text = `${carrier.service} has no tasks: Redis keeps the new list of bundles, which the previous image may not have. Deploy again once it has tasks`;
    rollout.report({ event: 'note', text });
    return updateAll(rollout, services, active, (step) => previousRevision(rollout, step));
  }
  await waitForRegistryLock(rollout, carrier);
  const text = `${carrier.service}: Redis holds the new list of bundles; restoring the previous one`;
  rollout.report({ event: 'note', text });
  const revisionOf = (step: ServiceStep) =>
    step === carrier ? previousRevisionForced(rollout, step) : previousRevision(rollout, step);
  const failure = await updateAll(rollout, services, active, revisionOf, (step) => (step === carrier ? clean : undefined));
  return failure ?? updateAll(rollout, services, [carrier], (step) => previousRevision(rollout, step));
}

/** Updates every service, also one that seems to have its revision: the read may be stale, and updating twice changes nothing. */
async function updateAll(
  rollout: Rollout,
  services: readonly ServiceState[],
  steps: readonly ServiceStep[],
  revisionOf: (step: ServiceStep) => Promise<string>,
  cleanRevisionOf: (step: ServiceStep) => string | undefined = () => undefined,
): Promise<Failure | undefined> {
  const deployments = [];
  for (const step of steps) {
    const clean = cleanRevisionOf(step);
    const options = { digests: [], desired: previousCount(step), ...(clean !== undefined && { clean }) };
    const revision = await revisionOf(step);
    const native = await rollBackNative(
      rollout,
      step,
      services.find(({ name }) => name === step.serviceName),
      revision,
    );
    deployments.push(native ?? (await updateService(rollout, step, revision, [], options)));
  }
  return watch(rollout, deployments);
}

/** The desired count before, if the plan changed it. */
function previousCount({ desiredCount: { before, after } }: ServiceStep): number | undefined {
  return before !== after ? before : undefined;
}

/** The revision of the plan's baseline. If that had a FORCE flag set: the same without the flag. */
async function previousRevision(rollout: Rollout, step: ServiceStep): Promise<string> {
  const arn = rollout.plan.baseline[step.serviceName]!.taskDefinition;
  const definition = await getTaskDefinition(rollout, arn);
  if (!definition || activeForceFlags(definition).length === 0) return arn;
  return registerOrReuse(rollout, clearForceFlags(definition, step.container));
}

async function previousRevisionForced(rollout: Rollout, step: ServiceStep): Promise<string> {
  const arn = rollout.plan.baseline[step.serviceName]!.taskDefinition;
  const definition = await getTaskDefinition(rollout, arn);
  if (!definition)
    throw new KdcubeError({
      code: 'rollback-failed',
      message: `The previous list of bundles cannot be restored: ${arn} does not exist any more.`,
    });
  return registerOrReuse(rollout, setForceFlags(definition, step.container, requiredForceFlags(rollout.plan)));
}
