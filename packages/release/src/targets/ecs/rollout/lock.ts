import { findProblem } from '../../../deploy/checks/check';
import { deployLock } from '../../../deploy/checks/concurrent';
import { KdcubeError } from '../../../problem/problem';
import type { ServiceState } from './port/port';
import { pause, write, type Rollout } from './rollout';

/** The lock of an environment is a tag of one of its services: every role that can deploy can read it, and it changes nothing that runs. */
export const LOCK_TAG = 'kdcube:deploy';

interface Lock {
  release: string;
  /** Hash of what is deployed. */
  id: string;
  /** When it expires. Milliseconds since 1970. */
  until: number;
}

/** `hasWaited`: another deploy held it, and may have changed what was read before. */
type WaitedLock = AcquiredLock & { hasWaited: boolean };

export interface AcquiredLock {
  /** Extends it. The lock of a deploy that was killed expires some time after its last renewal. A renewal that fails is no reason to stop while the lock is good for another wave. */
  renew(): Promise<void>;
  release(): Promise<void>;
}

/** A wave may take two timeouts, if proc takes its extra step. In timeouts. */
const LOCK_TIMEOUTS = 3;

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

/** Refuses if another deploy holds the lock and `lockTimeout` is 0. Called early, so that the refusal does not come after minutes of other waits. */
export function refuseIfLocked(rollout: Rollout, services: readonly ServiceState[]): void {
  const carrier = lockCarrier(services);
  const foreign = carrier && foreignLock(rollout, carrier);
  if (foreign && rollout.options.lockTimeout === 0) throw lockedProblem(rollout, foreign, carrier);
}

/** Removes the lock that a killed run of the same deploy left. */
export async function removeOwnLock(rollout: Rollout, services: readonly ServiceState[]): Promise<void> {
  const carrier = lockCarrier(services);
  if (carrier && readLock(carrier.tags[LOCK_TAG])?.id === lockId(rollout)) await holdLock(rollout, carrier, Infinity).release();
}

/**
 * Acquires the lock of the environment, or fails with its holder. Undefined if the plan has no service. Two deploys at the same moment both write the tag, then both read it: the one that wrote last
 * finds its own id.
 */
export async function acquireLock(rollout: Rollout, services: readonly ServiceState[]): Promise<WaitedLock | undefined> {
  const first = lockCarrier(services);
  if (!first) return undefined;
  const hasWaited = await waitForLock(rollout, first);
  const lock = holdLock(rollout, first, -Infinity);
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
  return { ...lock, hasWaited };
}

/** Whether another deploy held it. */
async function waitForLock(rollout: Rollout, first: ServiceState): Promise<boolean> {
  const deadline = rollout.clock.now() + rollout.options.lockTimeout;
  let carrier = first;
  for (;;) {
    const foreign = foreignLock(rollout, carrier);
    if (!foreign) return carrier !== first;
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

/** `validUntil`: of the lock that the service has already. */
function holdLock(rollout: Rollout, carrier: ServiceState, validUntil: number): AcquiredLock {
  const { ecs, clock, options, plan } = rollout;
  let until = validUntil;
  const extend = async () => {
    const next = clock.now() + LOCK_TIMEOUTS * options.timeout;
    const tags = { [LOCK_TAG]: printLock({ release: plan.release, id: lockId(rollout), until: next }) };
    await write(rollout, () => ecs.tagResource(carrier.arn, tags));
    until = next;
  };
  const isOurs = async () => readLock((await readCarrier(rollout, carrier)).tags[LOCK_TAG])?.id === lockId(rollout);
  return {
    async renew() {
      try {
        await extend();
      } catch (error) {
        if (!isAwsProblem(error) || until - clock.now() < options.timeout) throw error;
        const text = `${error.problems[0]!.message} The lock of the environment was not renewed; it is valid until ${new Date(until).toISOString()}.`;
        rollout.report({ event: 'note', text });
      }
    },
    // A lock that remains expires, and does not stop the same deploy: no reason to fail.
    async release() {
      try {
        // An expired lock may belong to another deploy by now.
        if (clock.now() < until || (await isOurs())) await ecs.untagResource(carrier.arn, [LOCK_TAG]);
      } catch {
        return;
      }
    },
  };
}

/** Not Ctrl-C, and not the end of the credentials, after which no call succeeds. */
function isAwsProblem(error: unknown): error is KdcubeError {
  if (!(error instanceof KdcubeError)) return false;
  const { code } = error.problems[0]!;
  return code.startsWith('aws-') && code !== 'aws-credentials';
}

function lockedProblem(rollout: Rollout, foreign: Lock, { name, arn }: ServiceState): KdcubeError {
  const { environment, region } = rollout.plan;
  const until = new Date(foreign.until).toISOString();
  const facts = { isForeign: true, environment, service: name, arn, tag: LOCK_TAG, region, until };
  return new KdcubeError(findProblem([deployLock], foreign.release, facts)!);
}
