import { findProblem } from '../../../deploy/checks/check';
import { deployLock } from '../../../deploy/checks/concurrent';
import { KdcubeError } from '../../../problem/problem';
import type { ServiceState } from './port';
import { pause, type Rollout } from './rollout';

/** The lock of an environment is a tag of one of its services: whoever may deploy can read it, and it changes nothing that runs. */
export const LOCK_TAG = 'kdcube:deploy';

interface Lock {
  release: string;
  /** Hash of what is deployed. */
  id: string;
  /** When it expires. Milliseconds since 1970. */
  until: number;
}

export interface HeldLock {
  /** Extends it. The lock of a deploy that was killed expires some time after its last renewal. */
  renew(): Promise<void>;
  release(): Promise<void>;
}

/** ECS allows letters, digits, spaces and + - = . _ : / @ in the value of a tag. */
function printLock({ release, id, until }: Lock): string {
  return `${id} ${new Date(until).toISOString()} ${release.replace(/[^A-Za-z0-9 +=._:/@-]/g, '_')}`.slice(0, 256);
}

function readLock(text: string | undefined): Lock | undefined {
  const match = /^(\S+) (\S+) (.*)$/.exec(text ?? '');
  const until = Date.parse(match?.[2] ?? '');
  return match && Number.isFinite(until) ? { id: match[1]!, until, release: match[3]! } : undefined;
}

/** The lock of an environment, unless it has expired. */
export function findLock(services: readonly ServiceState[], now: number): Lock | undefined {
  const lock = readLock(lockCarrier(services)?.tags[LOCK_TAG]);
  return lock && lock.until > now ? lock : undefined;
}

/** The service whose tag is the lock: always the same one. */
function lockCarrier(services: readonly ServiceState[]): ServiceState | undefined {
  return [...services].sort((a, b) => (a.name < b.name ? -1 : 1))[0];
}

function lockId({ options }: Rollout): string {
  return options.deployId ?? options.planId;
}

/** The lock of another deploy, unless it has expired. */
function foreignLock(rollout: Rollout, carrier: ServiceState): Lock | undefined {
  const lock = findLock([carrier], rollout.clock.now());
  return lock && lock.id !== lockId(rollout) ? lock : undefined;
}

/** Refuses at once if another deploy holds the lock and nobody wants to wait, before anything else is waited for. */
export function refuseIfLocked(rollout: Rollout, services: readonly ServiceState[]): void {
  const carrier = lockCarrier(services);
  const foreign = carrier && foreignLock(rollout, carrier);
  if (foreign && rollout.options.lockTimeout === 0) throw lockedProblem(rollout, foreign, carrier);
}

/** Removes the lock that a killed run of the same deploy left. */
export async function removeOwnLock(rollout: Rollout, services: readonly ServiceState[]): Promise<void> {
  const carrier = lockCarrier(services);
  if (carrier && readLock(carrier.tags[LOCK_TAG])?.id === lockId(rollout)) await holdLock(rollout, carrier.arn).release();
}

/** Acquires the lock of the environment, or fails with who holds it. Two deploys at the same moment both write the tag, then both read it: the one that wrote last finds its own id. */
export async function acquireLock(rollout: Rollout, services: readonly ServiceState[]): Promise<HeldLock | undefined> {
  const first = lockCarrier(services);
  if (!first) return undefined;
  await waitForLock(rollout, first);
  rollout.progress.hasWritten = true;
  const lock = holdLock(rollout, first.arn);
  await lock.renew();
  let carrier: ServiceState;
  try {
    await pause(rollout, 2_000);
    carrier = await readCarrier(rollout, first);
  } catch (error) {
    await lock.release();
    throw error;
  }
  const foreign = foreignLock(rollout, carrier);
  if (foreign) throw lockedProblem(rollout, foreign, carrier);
  return lock;
}

async function waitForLock(rollout: Rollout, first: ServiceState): Promise<void> {
  const deadline = rollout.clock.now() + rollout.options.lockTimeout;
  let carrier = first;
  for (;;) {
    const foreign = foreignLock(rollout, carrier);
    if (!foreign) return;
    if (rollout.clock.now() >= deadline) throw lockedProblem(rollout, foreign, carrier);
    rollout.report({
      event: 'note',
      text: `waiting for the deploy of ${foreign.release}, which holds the lock of this environment`,
    });
    await pause(rollout, 15_000);
    carrier = await readCarrier(rollout, carrier);
  }
}

async function readCarrier({ ecs }: Rollout, last: ServiceState): Promise<ServiceState> {
  return (await ecs.describeServices([last.name]))[0] ?? last;
}

function holdLock(rollout: Rollout, arn: string): HeldLock {
  const { ecs, clock, options, plan } = rollout;
  return {
    renew: () => {
      const until = clock.now() + 2 * options.timeout;
      return ecs.tagResource(arn, { [LOCK_TAG]: printLock({ release: plan.release, id: lockId(rollout), until }) });
    },
    // A lock that remains expires, and does not stop the same deploy: no reason to fail.
    release: () => ecs.untagResource(arn, [LOCK_TAG]).catch(() => undefined),
  };
}

function lockedProblem(rollout: Rollout, foreign: Lock, { name, arn }: ServiceState): KdcubeError {
  const { environment, region } = rollout.plan;
  const until = new Date(foreign.until).toISOString();
  const facts = { isForeign: true, environment, service: name, arn, tag: LOCK_TAG, region, until };
  return new KdcubeError(findProblem([deployLock], foreign.release, facts)!);
}
