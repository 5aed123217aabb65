import type { DeployPlan, ServiceStep } from '../../../../deploy/deploy-plan';
import type { Failure } from '../failure';
import { pause, type Rollout } from '../rollout';
import type { Reason } from '../verdict/reason';
import { readAnswer } from './answer';
import { addAnswer, describeOpen, errorLines, openBundles, type Answers } from './states';

/** So many answers in a row must agree: each one is about a single process of proc. */
const CONFIRMING_ANSWERS = 3;
/** An endpoint without a usable answer for so long cannot be asked. Milliseconds. */
const GIVE_UP_MS = 120_000;
/** The same after usable answers. Milliseconds. */
const LOST_MS = 300_000;
/** proc limits how often a client without a session may ask. Milliseconds. */
const FAST_MS = 5_000;
const SLOW_MS = 15_000;

interface Wait {
  rollout: Rollout;
  step: ServiceStep;
  readiness: NonNullable<DeployPlan['readiness']>;
  startedAt: number;
  deadline: number;
  answers: Answers;
  /** Answers in a row by which every bundle is ready. */
  agreeing: number;
  usableAt?: number;
  /** Why the last answer was unusable. */
  unusable?: string;
  reported: { at: number; text: string };
}

/** Waits until every bundle of the plan is ready. The failure, if one is not in time; undefined also if proc cannot be asked, which is reported. */
export async function waitForBundles(rollout: Rollout): Promise<Failure | undefined> {
  const { readiness } = rollout.plan;
  const step = rollout.plan.services.find(({ component, kind }) => component === 'proc' && kind === 'service');
  if (!readiness || !step || readiness.bundles.length === 0) return undefined;
  if (!rollout.readiness) return reportUnasked(rollout, step, 'this command has no client for it');
  const [service] = await rollout.ecs.describeServices([step.serviceName]);
  if (service?.desired === 0) return reportUnasked(rollout, step, 'it has no tasks');
  const startedAt = rollout.clock.now();
  // A time of its own: the wave before may have taken nearly all of its timeout, or longer. More than one answer decides.
  const deadline = startedAt + Math.max(rollout.options.timeout, GIVE_UP_MS);
  const answers = { byProcess: new Map() };
  const wait: Wait = { rollout, step, readiness, startedAt, deadline, answers, agreeing: 0, reported: { at: 0, text: '' } };
  for (;;) {
    await ask(wait);
    const verdict = judge(wait);
    if (verdict !== 'open') return verdict && { step, reason: verdict };
    await pause(rollout, rollout.clock.now() - startedAt < 60_000 ? FAST_MS : SLOW_MS);
  }
}

async function ask(wait: Wait): Promise<void> {
  const { rollout, readiness, answers } = wait;
  const read = readAnswer(await rollout.readiness!.ask(readiness), readiness);
  if ('unusable' in read) {
    wait.unusable = read.unusable;
    return report(wait, `waiting for bundles: ${read.unusable}`);
  }
  delete wait.unusable;
  wait.usableAt = rollout.clock.now();
  addAnswer(answers, read.process, read.states, wait.usableAt);
  const { awaited } = openBundles(answers, readiness);
  wait.agreeing = awaited.length === 0 ? wait.agreeing + 1 : 0;
  const { length } = readiness.bundles;
  const open = awaited.map(describeOpen).join(', ');
  report(wait, `waiting for bundles: ${length - awaited.length} of ${length} ready${open === '' ? '' : `; ${open}`}`);
}

/** Nothing is silent for longer than this. Milliseconds. */
const SILENCE_MS = 15_000;

function report({ rollout, step, reported }: Wait, text: string): void {
  const now = rollout.clock.now();
  if (reported.text === text && now - reported.at < SILENCE_MS) return;
  Object.assign(reported, { at: now, text });
  rollout.report({ event: 'waiting', service: step.service, text });
}

/** Only an answer about these bundles is a reason for a failure: an endpoint that is broken says nothing about a release. */
function judge(wait: Wait): Reason | undefined | 'open' {
  const { rollout, step, readiness, startedAt, deadline, usableAt, unusable, agreeing } = wait;
  const now = rollout.clock.now();
  const isOverdue = now >= deadline;
  if (usableAt === undefined)
    return isOverdue || now - startedAt >= GIVE_UP_MS ? reportUnasked(rollout, step, unusable!) : 'open';
  if (unusable !== undefined) return isOverdue || now - usableAt >= LOST_MS ? lostReason(wait, unusable) : 'open';
  const { awaited } = openBundles(wait.answers, readiness);
  if (awaited.length === 0) return agreeing >= CONFIRMING_ANSWERS || isOverdue ? reportReady(wait) : 'open';
  if (!isOverdue) return 'open';
  const { length } = readiness.bundles;
  const text = `${length - awaited.length} of ${length} bundles are ready; not ready: ${awaited.map(describeOpen).join(', ')}.`;
  return { code: 'bundle-not-ready', text, lines: errorLines(awaited) };
}

function reportUnasked({ report }: Rollout, { service }: ServiceStep, why: string): undefined {
  const text = `${service}: whether the bundles are ready could not be asked: ${why}. The verdict rests on tasks and digests`;
  report({ event: 'note', text });
}

function reportReady({ rollout, step, readiness, answers }: Wait): undefined {
  const { others } = openBundles(answers, readiness);
  const { length } = readiness.bundles;
  const ready = `${length - others.length} of ${length} bundles are ready`;
  const open = others.length === 0 ? '' : `; not ready, and not waited for: ${others.map(describeOpen).join(', ')}`;
  rollout.report({ event: 'waiting', service: step.service, text: ready });
  const { size } = answers.byProcess;
  const processes = `as ${size} process${size === 1 ? '' : 'es'} of ${step.service} answered`;
  rollout.report({ event: 'note', text: `${step.service}: ${ready}, ${processes}${open}` });
}

function lostReason({ answers, readiness }: Wait, why: string): Reason {
  const { awaited } = openBundles(answers, readiness);
  const last = awaited.length === 0 ? 'all bundles were ready' : `not ready: ${awaited.map(describeOpen).join(', ')}`;
  const text = `The endpoint for the bundles’ readiness does not answer any more: ${why}. By its last answer, ${last}.`;
  return { code: 'rollout-unknown', text, lines: errorLines(awaited), unresolved: { what: 'bundles' } };
}
