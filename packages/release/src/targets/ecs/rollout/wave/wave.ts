import type { ServiceStep } from '../../../../deploy/deploy-plan';
import type { Failure } from '../failure';
import { hasForcedRegistry, waitForRegistryLock } from '../rollback/forced-registry';
import type { ServiceState } from '../port/port';
import { stepOf, type Rollout } from '../rollout';
import { runTask } from './task';
import { updateService } from './update';
import { watchForFailure } from './watch';
import type { WatchedDeployment } from './watched-deployment';

/** One wave: first its one-off tasks, one after another; then its services, together; then proc a second time, without the FORCE flags. */
export async function runWave(
  rollout: Rollout,
  names: readonly string[],
  services: readonly ServiceState[],
): Promise<Failure | undefined> {
  const steps = names.map((name) => stepOf(rollout, name));
  for (const step of steps.filter(({ kind }) => kind === 'task')) {
    const reason = await runTask(rollout, step, services);
    if (reason) return { step, reason };
  }
  return updateServices(
    rollout,
    steps.filter(({ kind }) => kind === 'service'),
    services,
  );
}

async function updateServices(
  rollout: Rollout,
  steps: readonly ServiceStep[],
  services: readonly ServiceState[],
): Promise<Failure | undefined> {
  const { target, forced } = rollout.revisions;
  const watched: WatchedDeployment[] = [];
  for (const step of steps) {
    const service = services.find(({ name }) => name === step.serviceName);
    const clean = target.get(step.service)!;
    const isForced = forced?.service === step.service && service?.taskDefinition !== clean && canForce(rollout, step, service);
    if (isForced && service?.taskDefinition !== forced.taskDefinition) await waitForRegistryLock(rollout, step);
    const update = isForced
      ? updateService(rollout, step, forced.taskDefinition, services, { clean })
      : updateService(rollout, step, clean, services);
    watched.push(await update);
  }
  const failure = await watchForFailure(rollout, watched);
  if (failure) return failure;
  const carrier = watched.find(({ step }) => step.service === forced?.service);
  return carrier && finishForcedStep(rollout, carrier);
}

/** Only a task that starts with the FORCE flag overwrites the registry in Redis. */
function canForce(rollout: Rollout, step: ServiceStep, service: ServiceState | undefined): boolean {
  const { before, after } = step.desiredCount;
  const wanted = before !== after ? after : service?.desired;
  if (wanted === 0) reportUnforced(rollout, step);
  return wanted !== 0;
}

function reportUnforced({ report, plan }: Rollout, { service }: ServiceStep): void {
  const text = `${service} has no tasks: Redis keeps its list of bundles. Set count: of ${service} in the environment ${plan.environment} to scale it up: that deploy writes the list`;
  report({ event: 'note', text });
}

/** Updates proc to its revision without the FORCE flag, once Redis holds the new list of bundles. */
async function finishForcedStep(rollout: Rollout, { step, ours, result }: WatchedDeployment): Promise<Failure | undefined> {
  const hasTasks = result?.outcome === 'succeeded' && result.digests !== 'no-tasks';
  rollout.progress.isRegistryForced = hasTasks || (await hasForcedRegistry(rollout, step));
  const clean = rollout.revisions.target.get(step.service)!;
  if (ours.taskDefinition === clean) return undefined;
  const text = `${step.service}: Redis holds the new list of bundles; now without the FORCE flag`;
  if (rollout.progress.isRegistryForced) rollout.report({ event: 'note', text });
  else reportUnforced(rollout, step);
  return watchForFailure(rollout, [await updateService(rollout, step, clean, [])]);
}
