import type { ProblemCode } from '../../problem/codes';
import type { Clock } from '../clock';
import type { PlannedReadiness } from '../deploy-plan';
import { readAnswer, type ReadinessAnswer } from './answer';
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

/** What the wait for bundles needs. `service`: the name of proc in the plan. */
export interface BundleWait {
  readiness: PlannedReadiness;
  service: string;
  /** Sends one request, without following a redirect. Never throws. */
  ask(): Promise<ReadinessAnswer>;
  /** What ends the wait at once: proc itself has failed. Asked before each request. */
  findFault?(): Promise<Unready | undefined>;
  clock: Clock;
  /** Sleeps, and ends early on Ctrl-C. */
  pause(milliseconds: number): Promise<void>;
  report(event: { event: 'waiting'; service: string; text: string } | { event: 'note'; text: string }): void;
  /** Milliseconds. It has this time for itself, whatever the wave before took. */
  timeout: number;
  /** What the verdict rests on if proc cannot be asked: `tasks and digests`. */
  restsOn: string;
}

/** Why the bundles keep a rollout from succeeding. */
export interface Unready {
  code: ProblemCode;
  /** A sentence. */
  text: string;
  /** The texts of errors, to print below it. */
  lines: string[];
}

interface Progress {
  wait: BundleWait;
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

/** Waits until every bundle of the plan is ready. Undefined if they are, and also if proc cannot be asked, which is reported. */
export async function waitUntilReady(wait: BundleWait): Promise<Unready | undefined> {
  const startedAt = wait.clock.now();
  // More than one answer decides.
  const deadline = startedAt + Math.max(wait.timeout, GIVE_UP_MS);
  const answers = { byProcess: new Map() };
  const progress: Progress = { wait, startedAt, deadline, answers, agreeing: 0, reported: { at: 0, text: '' } };
  for (;;) {
    const fault = await wait.findFault?.();
    if (fault) return fault;
    await ask(progress);
    const verdict = judge(progress);
    if (verdict !== 'open') return verdict;
    await wait.pause(wait.clock.now() - startedAt < 60_000 ? FAST_MS : SLOW_MS);
  }
}

async function ask(progress: Progress): Promise<void> {
  const { wait, answers } = progress;
  const { readiness, clock } = wait;
  const read = readAnswer(await wait.ask(), readiness);
  if ('unusable' in read) {
    progress.unusable = read.unusable;
    return report(progress, `waiting for bundles: ${read.unusable}`);
  }
  delete progress.unusable;
  progress.usableAt = clock.now();
  addAnswer(answers, read.process, read.states, progress.usableAt);
  const { awaited } = openBundles(answers, readiness);
  progress.agreeing = awaited.length === 0 ? progress.agreeing + 1 : 0;
  const { length } = readiness.bundles;
  const open = awaited.map(describeOpen).join(', ');
  report(progress, `waiting for bundles: ${length - awaited.length} of ${length} ready${open === '' ? '' : `; ${open}`}`);
}

/** Nothing is silent for longer than this. Milliseconds. */
const SILENCE_MS = 15_000;

function report({ wait, reported }: Progress, text: string): void {
  const now = wait.clock.now();
  if (reported.text === text && now - reported.at < SILENCE_MS) return;
  Object.assign(reported, { at: now, text });
  wait.report({ event: 'waiting', service: wait.service, text });
}

/** Only an answer about these bundles is a reason for a failure: an endpoint that is broken says nothing about a release. */
function judge(progress: Progress): Unready | undefined | 'open' {
  const { wait, startedAt, deadline, usableAt, unusable, agreeing } = progress;
  const { readiness } = wait;
  const now = wait.clock.now();
  const isOverdue = now >= deadline;
  if (usableAt === undefined) return isOverdue || now - startedAt >= GIVE_UP_MS ? reportUnasked(wait, unusable!) : 'open';
  if (unusable !== undefined) return isOverdue || now - usableAt >= LOST_MS ? lost(progress, unusable) : 'open';
  const { awaited } = openBundles(progress.answers, readiness);
  if (awaited.length === 0) return agreeing >= CONFIRMING_ANSWERS || isOverdue ? reportReady(progress) : 'open';
  if (!isOverdue) return 'open';
  const { length } = readiness.bundles;
  const text = `${length - awaited.length} of ${length} bundles are ready; not ready: ${awaited.map(describeOpen).join(', ')}.`;
  return { code: 'bundle-not-ready', text, lines: errorLines(awaited) };
}

/** Says that the verdict does not know whether the bundles are ready, and why. */
export function reportUnasked(
  { service, report, restsOn }: Pick<BundleWait, 'service' | 'report' | 'restsOn'>,
  why: string,
): undefined {
  const text = `${service}: whether the bundles are ready could not be asked: ${why}. The verdict rests on ${restsOn}`;
  report({ event: 'note', text });
}

function reportReady({ wait, answers }: Progress): undefined {
  const { readiness, service } = wait;
  const { others } = openBundles(answers, readiness);
  const { length } = readiness.bundles;
  const ready = `${length - others.length} of ${length} bundles are ready`;
  const open = others.length === 0 ? '' : `; not ready, and not waited for: ${others.map(describeOpen).join(', ')}`;
  wait.report({ event: 'waiting', service, text: ready });
  const { size } = answers.byProcess;
  const processes = `as ${size} process${size === 1 ? '' : 'es'} of ${service} answered`;
  wait.report({ event: 'note', text: `${service}: ${ready}, ${processes}${open}` });
}

function lost({ wait, answers }: Progress, why: string): Unready {
  const { awaited } = openBundles(answers, wait.readiness);
  const last = awaited.length === 0 ? 'all bundles were ready' : `not ready: ${awaited.map(describeOpen).join(', ')}`;
  const text = `The endpoint for the bundles’ readiness does not answer any more: ${why}. By its last answer, ${last}.`;
  return { code: 'rollout-unknown', text, lines: errorLines(awaited) };
}
