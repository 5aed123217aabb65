import { definitionOf, stepOf, type Run } from './rollout';
import { activeForceFlags } from '../plan/force-flags';
import { goBack } from './back';
import { wasForced } from './force';
import { newTarget, watch } from './watch';
import { begin, type Failure } from './wave';

/**
 * Without a way back (`--on-failure=stop`, or somebody else's rollout) waves stay as they are; but proc may not be left with the FORCE flag on, nor an old image with the new registry.
 * Where the forced revision is well, it takes its second step; where it went back, the old descriptor goes back too. Where nothing is known of it, it stays, and the failure's hint names what takes the flag off.
 */
export async function settleRegistry(run: Run, failure: Failure): Promise<Failure | undefined> {
  const { forced } = run;
  if (!forced) return undefined;
  const step = stepOf(run, forced.service);
  if (!run.touched.includes(step)) return undefined;
  const isUnknown = failure.end.reason.code === 'rollout-unknown';
  if (step === failure.step && (isUnknown || ['rollout-superseded', 'service-gone'].includes(failure.end.reason.code)))
    return undefined;
  const [service] = await run.ecs.services([step.serviceName]);
  if (!service || service.status !== 'ACTIVE') return undefined;
  const primary = service.deployments.find(({ status }) => status === 'PRIMARY');
  if (primary?.taskDefinition === forced.taskDefinition && primary.rollout !== 'FAILED') {
    const mine = { deployment: primary.id, taskDefinition: forced.taskDefinition, before: [], since: run.clock.now() };
    const still = newTarget(run, step, mine, step.digests);
    await watch(run, [still]);
    if (still.end?.is === 'bad') return still.end.reason.code === 'rollout-unknown' ? undefined : goBack(run, [step]);
    const clean = await begin(run, step, run.to.get(step.service)!, []);
    await watch(run, [clean]);
    return clean.end?.is === 'bad' ? { step, end: clean.end } : undefined;
  }
  // What is seen may be the past: nobody goes back for it.
  if (isUnknown) return undefined;
  const definition = primary && (await definitionOf(run, primary.taskDefinition));
  const isBefore = primary?.taskDefinition === run.plan.baseline[step.serviceName]?.taskDefinition;
  const isDirty = primary?.rollout === 'FAILED' || (isBefore && (await wasForced(run, step)));
  if (!isDirty && !(definition && activeForceFlags(definition).length > 0)) return undefined;
  return goBack(run, [step]);
}
