import { KdcubeError } from '../../../problem/problem';
import type { ServiceStep } from '../../../deploy/deploy-plan';
import { activeForceFlags, setForceFlags, clearForceFlags } from '../plan/force-flags';
import { requiredForceFlags } from '../../../deploy/registry-step';
import { definitionOf, type Run } from './rollout';
import { waitForLock, wasForced } from './force';
import { namesOf } from './preflight';
import { ensureSame } from './register';
import { watch } from './watch';
import { begin, type Failure } from './wave';

/**
 * The way back of everything that was touched, the last wave first: to the revisions that stood there before. A service that ECS itself rolled back is waited for. proc takes its descriptor back
 * into the registry where a task of the release may have replaced it. Returns what failed on the way.
 */
export async function goBack(run: Run, steps: readonly ServiceStep[] = run.touched): Promise<Failure | undefined> {
  const waves = [...run.plan.waves].reverse();
  for (const { services: names } of waves) {
    const group = steps.filter(({ service, kind }) => kind === 'service' && names.includes(service));
    if (group.length === 0) continue;
    const failure = await backTogether(run, group);
    if (failure) return failure;
  }
  return undefined;
}

async function backTogether(run: Run, group: readonly ServiceStep[]): Promise<Failure | undefined> {
  const services = await run.ecs.services(namesOf(run));
  // What is gone cannot go back.
  const there = group.filter(({ serviceName }) =>
    services.some(({ name, status }) => name === serviceName && status === 'ACTIVE'),
  );
  const carrier = there.find(({ service }) => service === run.forced?.service);
  const dirty = carrier !== undefined && (await wasForced(run, carrier));
  if (dirty) {
    await waitForLock(run, carrier);
    run.say({ event: 'note', text: `${carrier.service}: the registry has the new descriptor; the old one is put back` });
    const failure = await watchAll(run, there, async (step) =>
      step === carrier ? forcedBefore(run, step) : cleanBefore(run, step),
    );
    if (failure) return failure;
    return watchAll(run, [carrier], (step) => cleanBefore(run, step));
  }
  return watchAll(run, there, (step) => cleanBefore(run, step));
}

/** Every service is set to its revision, also one that seems to be on it: a look may show the past, and setting it twice changes nothing. */
async function watchAll(
  run: Run,
  steps: readonly ServiceStep[],
  target: (step: ServiceStep) => Promise<string>,
): Promise<Failure | undefined> {
  const targets = [];
  for (const step of steps) {
    const { before, after } = step.desiredCount;
    const desired = before !== undefined && before !== after ? before : undefined;
    targets.push(await begin(run, step, await target(step), [], { digests: [], desired }));
  }
  await watch(run, targets);
  const bad = targets.find(({ end }) => end?.is === 'bad');
  return bad && { step: bad.step, end: bad.end as Failure['end'] };
}

/** The revision that stood there when the plan was made; without a FORCE flag, had it one on. */
async function cleanBefore(run: Run, step: ServiceStep): Promise<string> {
  const arn = run.plan.baseline[step.serviceName]!.taskDefinition;
  const definition = await definitionOf(run, arn);
  if (!definition || activeForceFlags(definition).length === 0) return arn;
  return ensureSame(run, clearForceFlags(definition, step.container));
}

async function forcedBefore(run: Run, step: ServiceStep): Promise<string> {
  const arn = run.plan.baseline[step.serviceName]!.taskDefinition;
  const definition = await definitionOf(run, arn);
  if (!definition)
    throw new KdcubeError({
      code: 'rollback-failed',
      message: `${arn} cannot be described, so its descriptor cannot be put back.`,
    });
  return ensureSame(run, setForceFlags(definition, step.container, requiredForceFlags(run.plan)));
}
