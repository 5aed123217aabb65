import type { ServiceStep } from '../../../deploy/deploy-plan';
import type { SeenService } from './port';
import { checkStop, ownRevisions, stepOf, type Run } from './rollout';
import { waitForLock } from './force';
import { runOnce } from './task';
import { newTarget, watch, type Target } from './watch';
import { familyRevision } from '../../../deploy/short-names';
import type { End } from './verdict/verdict';

/** A step that ended badly. */
export interface Failure {
  step: ServiceStep;
  end: Extract<End, { is: 'bad' }>;
}

/** One wave: what runs once, one after another; then the services, together; then proc once more, without the FORCE flags. */
export async function carryOutWave(
  run: Run,
  names: readonly string[],
  services: readonly SeenService[],
): Promise<Failure | undefined> {
  const steps = names.map((name) => stepOf(run, name));
  for (const step of steps.filter(({ kind }) => kind === 'task')) {
    const reason = await runOnce(run, step, services);
    if (reason) return { step, end: { is: 'bad', reason } };
  }
  const rolling = steps.filter(({ kind }) => kind === 'service');
  const { forced } = run;
  const targets: Target[] = [];
  for (const step of rolling) {
    const isForced = forced?.service === step.service && currentOf(services, step) !== run.to.get(step.service);
    if (isForced && currentOf(services, step) !== forced.taskDefinition) await waitForLock(run, step);
    targets.push(await begin(run, step, isForced ? forced.taskDefinition : run.to.get(step.service)!, services));
  }
  const failure = await watched(run, targets);
  if (failure) return failure;
  const carrier = rolling.find(({ service }) => service === forced?.service);
  if (carrier) forced!.done = true;
  if (!carrier || targets.some(({ mine, step }) => step === carrier && mine.taskDefinition === run.to.get(carrier.service)))
    return undefined;
  run.say({ event: 'note', text: `${carrier.service}: the registry has the new descriptor; now without the FORCE flag` });
  return watched(run, [await begin(run, carrier, run.to.get(carrier.service)!, [])]);
}

function currentOf(services: readonly SeenService[], { serviceName }: ServiceStep): string | undefined {
  return services.find(({ name }) => name === serviceName)?.taskDefinition;
}

/** Sets a service to a revision; where it is on it already, an earlier run did that, and its deployment is joined. */
export async function begin(
  run: Run,
  step: ServiceStep,
  taskDefinition: string,
  services: readonly SeenService[],
  { digests = step.digests, desired }: { digests?: readonly string[]; desired?: number } = {},
): Promise<Target> {
  const { serviceName, desiredCount, service } = step;
  const there = services.find(({ name }) => name === serviceName);
  if (!run.touched.includes(step)) run.touched.push(step);
  const joined = there?.taskDefinition === taskDefinition;
  const since = run.clock.now();
  let now = there;
  if (!now || !joined) {
    checkStop(run);
    run.wrote = true;
    const scaled = desired ?? (desiredCount.before !== desiredCount.after ? desiredCount.after : undefined);
    now = await run.ecs.update({ service: serviceName, taskDefinition, ...(scaled !== undefined && { desired: scaled }) });
  }
  const mine = now.deployments.find((one) => one.status === 'PRIMARY' && one.taskDefinition === taskDefinition);
  run.passed.set(service, [...(run.passed.get(service) ?? []), taskDefinition]);
  const before = ownRevisions(run, step).filter((arn) => arn !== taskDefinition);
  const deployment = mine?.id ?? '';
  // The newest of the others is what it comes from: after a step with the FORCE flags, and on the way back, that is not where the deploy began.
  const left = now.deployments.find((one) => one !== mine && one.taskDefinition !== taskDefinition)?.taskDefinition;
  const from = familyRevision(there?.taskDefinition ?? left ?? run.plan.baseline[serviceName]?.taskDefinition ?? '');
  run.say({ event: 'update', service, taskDefinition, from, deployment, joined });
  run.inFlight.set(service, `goes to ${familyRevision(taskDefinition)} (${deployment})`);
  // A deployment that was joined told its story before this run began.
  const begun = joined && mine ? Math.min(since, mine.updatedAt - 5_000) : since;
  return newTarget(run, step, { deployment, taskDefinition, before, since: begun }, digests);
}

export async function watched(run: Run, targets: readonly Target[]): Promise<Failure | undefined> {
  await watch(run, targets);
  const bad = targets.find(({ end }) => end?.is === 'bad');
  if (!bad) return undefined;
  const end = bad.end as Failure['end'];
  run.say({ event: 'failed', service: bad.step.service, code: end.reason.code, reason: end.reason.text });
  return { step: bad.step, end };
}
