import type { ServiceStep } from '../../../deploy/deploy-plan';
import type { SeenService, SeenTask } from './port';
import { pause, withLines, type Run } from './rollout';
import { formatTaskCount, familyRevision, taskId } from '../../../deploy/short-names';
import { isPassing, lingeringWords, standOf, stoppedOf } from './late';
import { imagesOf, lookAt, SURE, type End, type Look, type Mine } from './verdict/verdict';
import { reasonOf, type Reason } from './verdict/verdict-reason';
import { after, overdue, waitingFor } from './words';

/** A rollout of one service that is watched. */
export interface Target {
  step: ServiceStep;
  mine: Mine;
  /** Empty on the way back: which digests stood there before is not always known. */
  digests: readonly string[];
  end?: End;
  seen?: SeenService;
  /** Tasks of my deployment that ended. */
  stopped: SeenTask[];
  said: Set<string>;
  shape: string;
  changedAt: number;
  spokeAt: number;
}

export function newTarget(run: Run, step: ServiceStep, mine: Omit<Mine, 'unlisted'>, digests: readonly string[]): Target {
  const now = run.clock.now();
  return {
    step,
    mine: { ...mine, unlisted: 0 },
    digests,
    stopped: [],
    said: new Set(),
    shape: '',
    changedAt: now,
    spokeAt: now,
  };
}

const SILENCE = 15_000;
/** My deployment is not listed for so long: nothing is known of it. */
const UNKNOWN_AFTER = 300_000;

/** Watches until every rollout has ended, or one has ended badly. One DescribeServices for all of them a poll. */
export async function watch(run: Run, targets: readonly Target[]): Promise<void> {
  const deadline = run.clock.now() + run.options.timeout;
  const open = () => targets.filter(({ end }) => end === undefined);
  while (open().length > 0) {
    await pollOnce(run, open(), deadline);
    if (targets.some(({ end }) => end?.is === 'bad')) return;
    if (open().length > 0) await pause(run, Math.max(1_000, Math.min(pollAfter(run, open()), deadline - run.clock.now())));
  }
}

/** Often while something happens, less often while nothing does. */
function pollAfter(run: Run, targets: readonly Target[]): number {
  const quiet = run.clock.now() - Math.max(...targets.map(({ changedAt }) => changedAt));
  return quiet < 60_000 ? 5_000 : quiet < 180_000 ? 10_000 : 15_000;
}

async function pollOnce(run: Run, targets: readonly Target[], deadline: number): Promise<void> {
  const isOver = run.clock.now() >= deadline;
  let services: SeenService[];
  try {
    services = await run.ecs.services(targets.map(({ step }) => step.serviceName));
  } catch (error) {
    // A rollout goes on while AWS does not answer: only the end of the time makes it a failure.
    if (isOver || !isPassing(error)) throw error;
    for (const target of targets) wait(run, target, 'AWS does not answer; asking again');
    return;
  }
  run.say({ event: 'seen', services });
  for (const target of targets) {
    const service = services.find(({ name }) => name === target.step.serviceName);
    await lookOnce(run, target, service, isOver);
    if (target.end) run.inFlight.delete(target.step.service);
  }
}

async function lookOnce(run: Run, target: Target, service: SeenService | undefined, isOver: boolean): Promise<void> {
  const look = lookAt(target.mine, service);
  target.mine.unlisted = look.is === 'unlisted' ? target.mine.unlisted + 1 : 0;
  const changed = service !== undefined && note(run, target, service);
  if (changed) await noteStopped(run, target);
  if (look.is === 'follow') return follow(run, target, look);
  if (look.is === 'completed') return checkImages(run, target, look.primary.desired, isOver);
  if (look.is === 'going-on' || look.is === 'unlisted') {
    // Not by one look alone: a machine that slept finds much time gone at once.
    const lost = target.mine.unlisted > SURE && run.clock.now() - target.changedAt >= UNKNOWN_AFTER;
    if (isOver && look.is === 'going-on' && look.primary.running >= look.primary.desired)
      return endLate(run, target, service!, look);
    if (isOver || lost) return void (target.end = { is: 'bad', reason: await late(run, target, look, lost) });
    return wait(run, target, waitingFor(look, service));
  }
  target.end = await badEnd(run, target, look);
}

/** Somebody forced the same revision anew: what was pinned still comes. */
function follow(run: Run, target: Target, { deployment }: Extract<Look, { is: 'follow' }>): void {
  run.say({
    event: 'note',
    text: `${target.step.service}: somebody started the same revision anew (${deployment.id}); it is followed.`,
  });
  target.mine.deployment = deployment.id;
}

/**
 * The time is over, and ECS does not call it completed: an old task was told to stop and does not end, alarms have their time to bake, or ECS takes its time. Where all that it wants is what was pinned,
 * healthy for whoever asks, that is the end all the same.
 */
async function endLate(run: Run, target: Target, service: SeenService, look: Look): Promise<void> {
  const { step } = target;
  const stand = await standOf(run, service, wantedOf(target, service.desired));
  if (stand.is === 'others') return void (target.end = wrongImage(step, stand));
  if (stand.is === 'missing') return void (target.end = { is: 'bad', reason: await late(run, target, look, false, stand.text) });
  const time = after(run.options.timeout);
  const all = `All that ECS wants runs (${formatTaskCount(service.desired)}): ${familyRevision(target.mine.taskDefinition)}, healthy.`;
  const mayBeUndone = stand.is === 'unknown' && stand.open.of === 'alarms';
  const lingering = stand.is === 'there' || mayBeUndone ? await lingeringWords(run, step) : '';
  if (stand.is === 'there') {
    run.say({ event: 'note', text: `${step.service}: ECS does not call it completed ${time}. ${all}${lingering}` });
    return comeTo(run, target, stand.digests);
  }
  const text = mayBeUndone ? `${all} ECS does not call it completed ${time}: ` : '';
  target.end = { is: 'bad', reason: { code: 'rollout-unknown', text: `${text}${stand.text}${lingering}`, open: stand.open } };
}

function wrongImage(step: ServiceStep, { task, digest }: { task: SeenTask; digest: string }): End {
  const text = `A task runs ${digest}, and ${step.image.after} was pinned.`;
  return { is: 'bad', reason: { code: 'wrong-image', text, task } };
}

function wantedOf({ mine, step, digests }: Target, desired: number): Parameters<typeof imagesOf>[1] {
  return { taskDefinition: mine.taskDefinition, container: step.container, digests, desired };
}

function comeTo(run: Run, target: Target, digests: 'seen' | 'unknown'): void {
  const { step, mine } = target;
  target.end = { is: 'pinned', digests };
  const milliseconds = run.clock.now() - mine.since;
  run.say({ event: 'completed', service: step.service, taskDefinition: mine.taskDefinition, milliseconds, digests });
}

async function checkImages(run: Run, target: Target, desired: number, isOver: boolean): Promise<void> {
  const { step, digests } = target;
  const tasks = await run.ecs.serviceTasks(step.serviceName, 'RUNNING');
  const images = imagesOf(tasks, wantedOf(target, desired));
  if (images.are === 'others' && digests.length > 0) {
    target.end = wrongImage(step, images);
  } else if (images.are === 'fewer' && !isOver) {
    wait(run, target, `ECS calls it completed, and ${images.running} of ${desired} tasks run`);
  } else if (images.are === 'fewer') {
    await noteStopped(run, target);
    target.end = { is: 'bad', reason: await late(run, target, { is: 'unlisted' }, false) };
  } else {
    comeTo(run, target, images.are === 'unknown' ? 'unknown' : 'seen');
  }
}

async function badEnd(run: Run, target: Target, look: Look): Promise<End> {
  const { step } = target;
  if (look.is === 'superseded') {
    const text = `Another rollout took its place: ${familyRevision(look.by.taskDefinition)} (${look.by.id}).`;
    return { is: 'bad', reason: { code: 'rollout-superseded', text }, superseded: look.by };
  }
  if (look.is === 'gone') {
    const text =
      look.status === 'MISSING' ? 'The service is not there any more.' : `The service is ${look.status}: it is being deleted.`;
    return { is: 'bad', reason: { code: 'service-gone', text } };
  }
  await noteStopped(run, target);
  const said = look.is === 'failed' || look.is === 'rolled-back' ? look.said : '';
  const reason = causeOf(target) ?? { code: 'rollout-failed' as const, text: said };
  const full = await withLines(run, reason, step.container);
  return { is: 'bad', reason: full, ...(look.is === 'rolled-back' && { rolledBack: look.to }) };
}

/** `more`: what is missing beside what the counts say. */
async function late(run: Run, target: Target, look: Look, lost: boolean, more = ''): Promise<Reason> {
  await noteStopped(run, target);
  const cause = lost ? undefined : causeOf(target);
  const counts = overdue(look, target.seen, run.options.timeout, lost);
  const reason = { ...counts, text: `${counts.text} ${more}`.trimEnd() };
  return cause ? withLines(run, { ...cause, text: `${cause.text} ${reason.text}` }, target.step.container) : reason;
}

function causeOf({ stopped, seen, mine }: Target) {
  return reasonOf(
    stopped,
    (seen?.events ?? []).filter(({ at }) => at >= mine.since - 1000),
  );
}

/** Whether anything is new since the last look; new events are said. */
function note(run: Run, target: Target, service: SeenService): boolean {
  const { mine, step, said } = target;
  target.seen = service;
  const fresh = service.events.filter(({ id, at }) => at >= mine.since - 1000 && !said.has(id)).reverse();
  for (const { id, at, message } of fresh) {
    said.add(id);
    run.say({ event: 'ecs', service: step.service, at, message: message.replace(/^\(service [^)]*\) /, '') });
  }
  const shape = JSON.stringify(
    service.deployments.map(({ id, status, rollout, running, pending, failed }) => [
      id,
      status,
      rollout,
      running,
      pending,
      failed,
    ]),
  );
  const changed = shape !== target.shape || fresh.length > 0;
  if (changed) target.changedAt = run.clock.now();
  if (fresh.length > 0) target.spokeAt = run.clock.now();
  target.shape = shape;
  return changed;
}

/** Crashes stand in no event: only the stopped tasks tell. They are asked for when something changed. */
async function noteStopped(run: Run, target: Target): Promise<void> {
  const { step, mine } = target;
  const tasks = await stoppedOf(run, step.serviceName);
  const own = tasks.filter(({ startedBy }) => startedBy === mine.deployment);
  for (const task of own) {
    if (target.stopped.some(({ arn }) => arn === task.arn)) continue;
    target.stopped.push(task);
    const reason = reasonOf([task], []);
    if (!reason) continue;
    const { text, lines = [] } = await withLines(run, reason, step.container);
    run.say({
      event: 'stopped',
      service: step.service,
      task: taskId(task.arn),
      reason: text,
      lines,
    });
    target.spokeAt = run.clock.now();
  }
}

/** Never more than 15 s of silence. */
function wait(run: Run, target: Target, text: string): void {
  if (run.clock.now() - target.spokeAt < SILENCE) return;
  target.spokeAt = run.clock.now();
  run.say({ event: 'waiting', service: target.step.service, text });
}
