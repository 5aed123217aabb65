import type { ServiceStep } from '../../../../deploy/deploy-plan';
import type { Failure } from '../failure';
import { waitForRegistryLock } from '../forced-registry';
import type { ServiceState } from '../port';
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
    const current = services.find(({ name }) => name === step.serviceName)?.taskDefinition;
    const isForced = forced?.service === step.service && current !== target.get(step.service);
    if (isForced && current !== forced.taskDefinition) await waitForRegistryLock(rollout, step);
    watched.push(await updateService(rollout, step, isForced ? forced.taskDefinition : target.get(step.service)!, services));
  }
  const failure = await watchForFailure(rollout, watched);
  if (failure) return failure;
  const carrier = watched.find(({ step }) => step.service === forced?.service);
  if (!carrier) return undefined;
  rollout.progress.isRegistryForced = true;
  const clean = target.get(carrier.step.service)!;
  if (carrier.ours.taskDefinition === clean) return undefined;
  const text = `${carrier.step.service}: Redis holds the new list of bundles; now without the FORCE flag`;
  rollout.report({ event: 'note', text });
  return watchForFailure(rollout, [await updateService(rollout, carrier.step, clean, [])]);
}
