import { KdcubeError } from '../../../problem/problem';
import type { ProblemCode } from '../../../problem/codes';
import type { ReleaseRecord } from '../../../deploy/record';
import { isEmptyPlan, type DeployPlan } from '../../../deploy/deploy-plan';
import type { SeenService } from './port';
import {
  againWords,
  inFlightWords,
  newRun,
  ownRevisions,
  pause,
  type RolloutOptions,
  type RolloutPorts,
  type Run,
} from './rollout';
import { goBack } from './back';
import { describeFailure } from './failure';
import { joinUnchanged } from './join';
import { checkLock, dropOwnLock, takeLock, type Held } from './lock';
import { checkBasis, checkImages, checkPlace, namesOf, waitForQuiet } from './preflight';
import { lookUp, registerAll } from './register';
import { settleRegistry } from './settle';
import { carryOutWave, type Failure } from './wave';
import { familyRevision } from '../../../deploy/short-names';
import { exitCode, verdictForCode } from '../../../deploy/exit-codes';

/** How a deploy ended. `problem` is there unless what runs is what was pinned. */
export interface Outcome {
  verdict: ReleaseRecord['verdict'];
  exitCode: number;
  problem?: KdcubeError;
  /** Nothing was asked of ECS that writes. */
  wrote: boolean;
  startedAt: number;
  endedAt: number;
  /** The revision that each service should end on, by its name in the plan. */
  to: ReadonlyMap<string, string>;
  exec?: string;
  /** What each service is set to now, by its name in the plan; empty where AWS could not be asked any more. */
  now: ReadonlyMap<string, string>;
}

/**
 * Carries out a plan. Whatever can be refused is refused before the first write (a Problem is thrown, and nothing was changed); after that every end is an Outcome. Run again, also after it was
 * killed between any two calls, it finds what it did and goes on from there.
 */
export async function carryOut(plan: DeployPlan, ports: RolloutPorts, options: RolloutOptions): Promise<Outcome> {
  const run = newRun(plan, ports, options);
  let services = await checkPlace(run);
  // AWS has said by now what time it is.
  run.startedAt = run.clock.now();
  const found = await lookUp(run);
  await checkBasis(run, services, found);
  if (!isEmptyPlan(plan)) checkLock(run, services);
  const joined = await joinUnchanged(run, services, found);
  services = joined.services;
  if (joined.failure) return ended(run, describeFailure(run, joined.failure, undefined, services), services);
  if (isEmptyPlan(plan)) {
    await dropOwnLock(run, services);
    return ended(run, undefined, services);
  }
  await checkImages(run, found);
  services = await waitForQuiet(run, services);
  const lock = await takeLock(run, services);
  try {
    await registerAll(run, found);
    return await inWaves(run, services, lock);
  } catch (error) {
    return broken(run, error);
  } finally {
    await lock?.release();
  }
}

async function inWaves(run: Run, services: readonly SeenService[], lock: Held | undefined): Promise<Outcome> {
  let now = services;
  for (const { name, services: names } of wavesWithCarrier(run)) {
    run.say({ event: 'wave', name, services: names });
    const failure = replaced(run, now) ?? (await carryOutWave(run, names, now));
    if (failure) return afterFailure(run, failure);
    await lock?.renew();
    now = await current(run);
  }
  const failure = replaced(run, now);
  return failure ? afterFailure(run, failure) : ended(run, undefined, now);
}

/** Reads may be behind by this much. Milliseconds. */
const BEHIND = 120_000;

/** What every service is set to. A look that still shows a revision through which this run itself went is looked at again. */
async function current(run: Run): Promise<SeenService[]> {
  const until = run.clock.now() + BEHIND;
  for (;;) {
    const services = await run.ecs.services(namesOf(run));
    const behind = run.touched.some((step) => {
      const found = services.find(({ name }) => name === step.serviceName)?.taskDefinition;
      const isOwn = found === undefined || ownRevisions(run, step).includes(found);
      return step.kind === 'service' && found !== run.to.get(step.service) && isOwn;
    });
    if (!behind || run.clock.now() >= until) return services;
    await pause(run, 5_000);
  }
}

/** A service that is neither as it was when the plan was made nor as this run set it: somebody else was there between two waves. */
function replaced(run: Run, services: readonly SeenService[]): Failure | undefined {
  for (const step of run.plan.services) {
    const service = services.find(({ name }) => name === step.serviceName);
    if (step.kind !== 'service' || !service || !run.accepted.has(step.serviceName)) continue;
    if (service.status !== 'ACTIVE')
      return { step, end: { is: 'bad', reason: { code: 'service-gone', text: `The service is ${service.status}.` } } };
    const found = service.taskDefinition;
    const to = run.to.get(step.service);
    const fits = run.touched.includes(step) ? [to] : [...run.accepted.get(step.serviceName)!, to];
    if (fits.includes(found)) continue;
    const text = `Somebody set it to ${familyRevision(found)} meanwhile.`;
    return { step, end: { is: 'bad', reason: { code: 'rollout-superseded', text } } };
  }
  return undefined;
}

/** A registry that is put right for its own sake is a wave of its own: proc's revision stays. */
function wavesWithCarrier({ plan, forced }: Run): DeployPlan['waves'] {
  if (!forced || plan.waves.some(({ services }) => services.includes(forced.service))) return plan.waves;
  return [{ name: 'registry', services: [forced.service] }, ...plan.waves];
}

/** After these nobody goes back: the services are somebody else's now, or nothing is known of them. */
const NO_WAY_BACK: readonly ProblemCode[] = ['rollout-superseded', 'rollout-unknown'];

async function afterFailure(run: Run, failure: Failure): Promise<Outcome> {
  const { code } = failure.end.reason;
  const goes = run.options.onFailure === 'rollback' && !NO_WAY_BACK.includes(code);
  const second = goes ? await goBack(run) : await settleRegistry(run, failure);
  const services = await run.ecs.services(namesOf(run));
  const problem = describeFailure(run, failure, second, services);
  return ended(run, problem, services);
}

function ended(run: Run, problem: KdcubeError | undefined, seen: readonly SeenService[]): Outcome {
  const code = problem?.problems[0]?.code;
  return {
    verdict: code === undefined ? 'succeeded' : verdictForCode(code, isAsBefore(run, seen)),
    exitCode: code === undefined ? 0 : exitCode(code),
    ...(problem && { problem }),
    wrote: run.wrote,
    startedAt: run.startedAt,
    endedAt: run.clock.now(),
    to: run.to,
    ...(run.exec !== undefined && { exec: run.exec }),
    now: new Map(
      run.plan.services.flatMap(({ service, serviceName }) => {
        const found = seen.find(({ name }) => name === serviceName);
        return found ? [[service, found.taskDefinition] as const] : [];
      }),
    ),
  };
}

/** Whether everything that was touched is as it was. */
function isAsBefore({ plan, touched }: Run, services: readonly SeenService[]): boolean {
  const rolled = touched.filter(({ kind }) => kind === 'service');
  return (
    rolled.length > 0 &&
    rolled.every(({ serviceName }) => {
      const now = services.find(({ name }) => name === serviceName);
      return now !== undefined && now.taskDefinition === plan.baseline[serviceName]?.taskDefinition;
    })
  );
}

/** AWS did not answer any more, or somebody stopped it: what is under way goes on without us, and that is said. */
function broken(run: Run, error: unknown): Outcome {
  if (!(error instanceof KdcubeError)) throw error;
  if (!run.wrote) throw error;
  const [first, ...rest] = error.problems;
  const state = inFlightWords(run);
  const message = first!.message.includes(state) ? first!.message : `${first!.message.replace(/[^.]$/, '$&.')} ${state}`;
  const hint = first!.hint ?? `${againWords(run)}    goes on from here`;
  const problem = new KdcubeError([{ ...first!, message, hint }, ...rest], { cause: error, changed: changedWords(run) });
  return ended(run, problem, []);
}

function changedWords({ touched, to }: Run): string {
  if (touched.length === 0) return 'no service was touched';
  return `updated: ${touched.map(({ service }) => `${service} to ${familyRevision(to.get(service) ?? '')}`).join(', ')}`;
}
