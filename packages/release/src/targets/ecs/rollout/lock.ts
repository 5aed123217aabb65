import { KdcubeError } from '../../../problem/problem';
import type { SeenService } from './port';
import { pause, type Run } from './rollout';

/** Who deploys, as a tag of one service: readable by everybody who may deploy, and changes nothing that runs. */
export const LOCK_TAG = 'kdcube:deploy';

interface Lock {
  release: string;
  id: string;
  until: number;
}

/** Amazon takes letters, digits, spaces and + - = . _ : / @ in a tag. */
export function printLock({ release, id, until }: Lock): string {
  return `${id} ${new Date(until).toISOString()} ${release.replace(/[^A-Za-z0-9 +=._:/@-]/g, '_')}`.slice(0, 256);
}

export function readLock(text: string | undefined): Lock | undefined {
  const match = /^(\S+) (\S+) (.*)$/.exec(text ?? '');
  const until = Date.parse(match?.[2] ?? '');
  return match && Number.isFinite(until) ? { id: match[1]!, until, release: match[3]! } : undefined;
}

/** The lock of an environment that is still good, whoever has it. */
export function lockOn(services: readonly SeenService[], now: number): Lock | undefined {
  const lock = readLock(holderOf(services)?.tags[LOCK_TAG]);
  return lock && lock.until > now ? lock : undefined;
}

/** The service that carries the lock of an environment: always the same one. */
function holderOf(services: readonly SeenService[]): SeenService | undefined {
  return [...services].sort((a, b) => (a.name < b.name ? -1 : 1))[0];
}

function lockId({ options }: Run): string {
  return options.wanted ?? options.id;
}

/** Somebody else's lock that is still good. */
function otherLock(run: Run, holder: SeenService): Lock | undefined {
  const lock = readLock(holder.tags[LOCK_TAG]);
  return lock && lock.id !== lockId(run) && lock.until > run.clock.now() ? lock : undefined;
}

/** Somebody else deploys, and nobody wants to wait for that: it is said before anything else is waited for. */
export function checkLock(run: Run, services: readonly SeenService[]): void {
  const holder = holderOf(services);
  const other = holder && otherLock(run, holder);
  if (other && run.options.wait === 0) throw refused(run, other, holder);
}

/** A run that was killed has left its lock, and everything else is done: nobody else is to wait for it. */
export async function dropOwnLock(run: Run, services: readonly SeenService[]): Promise<void> {
  const holder = holderOf(services);
  if (holder && readLock(holder.tags[LOCK_TAG])?.id === lockId(run)) await lockOf(run, holder.arn).release();
}

/** Takes the environment, or says who has it. Two at the same moment: both write, both look a moment later, and only the last writer finds its own name. */
export async function takeLock(run: Run, services: readonly SeenService[]): Promise<Held | undefined> {
  let holder = holderOf(services);
  if (!holder) return undefined;
  const { name, arn } = holder;
  const deadline = run.clock.now() + run.options.wait;
  for (;;) {
    const other = otherLock(run, holder);
    if (!other) break;
    if (run.clock.now() >= deadline) throw refused(run, other, holder);
    run.say({ event: 'note', text: `waiting for the deploy of ${other.release}, which has this environment` });
    await pause(run, 15_000);
    holder = (await run.ecs.services([name]))[0] ?? holder;
  }
  run.wrote = true;
  const mine = lockOf(run, arn);
  await mine.renew();
  try {
    await pause(run, 2_000);
    holder = (await run.ecs.services([name]))[0] ?? holder;
  } catch (error) {
    await mine.release();
    throw error;
  }
  const other = otherLock(run, holder);
  if (other) throw refused(run, other, holder);
  return mine;
}

export interface Held {
  /** It is over by itself some time after the last of these: a deploy that was killed stops nobody for long. */
  renew(): Promise<void>;
  release(): Promise<void>;
}

function lockOf(run: Run, arn: string): Held {
  const { ecs, clock, options, plan } = run;
  return {
    renew: () =>
      ecs.tag(arn, {
        [LOCK_TAG]: printLock({ release: plan.release, id: lockId(run), until: clock.now() + 2 * options.timeout }),
      }),
    // A lock that stays is over by itself, and the same plan passes it: its removal is worth no failure.
    release: () => ecs.untag(arn, [LOCK_TAG]).catch(() => undefined),
  };
}

function refused(run: Run, other: Lock, { name, arn }: SeenService): KdcubeError {
  const { environment, region } = run.plan;
  return new KdcubeError({
    code: 'deploy-in-progress',
    message: `The release ${other.release} is being deployed to ${environment} (the tag ${LOCK_TAG} of the service ${name} says so until ${new Date(other.until).toISOString()}).`,
    hint: `--wait=30    waits so many minutes; if nobody is at it any more: aws ecs untag-resource --region ${region} --tag-keys ${LOCK_TAG} --resource-arn ${arn}`,
  });
}
