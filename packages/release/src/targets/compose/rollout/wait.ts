import { KdcubeError } from '../../../problem/problem';
import type { ProblemCode } from '../../../problem/codes';
import { containersOf, type HostContainer } from '../plan/host-state';
import type { Failure } from './failure';
import { type ComposeRollout, pause } from './rollout';

/** What a service is waited for. */
export interface Awaited {
  service: string;
  serviceName: string;
  /** `dependency`: a service of the compose file, which may also be one that runs once. */
  kind: 'service' | 'task' | 'dependency';
  /** Our label; undefined for a service that only the compose file describes. */
  hash?: string;
  count: number;
}

const POLL = 1_000;
/** A container without a health check runs when it has run for so long. Milliseconds. */
const STABLE = 5_000;

/** Waits until every service runs and is healthy, or one of them has failed. */
export async function waitForServices(rollout: ComposeRollout, awaited: readonly Awaited[]): Promise<Failure | undefined> {
  const { host, clock, report, options } = rollout;
  const startedAt = clock.now();
  const runningSince = new Map<string, number>();
  const texts = new Map<string, string>();
  let open = [...awaited];
  while (open.length > 0) {
    const state = { containers: await host.readContainers() };
    const isTimedOut = clock.now() - startedAt >= options.timeout;
    for (const each of open) {
      const found = containersOf(state, each.serviceName).filter(({ hash }) => each.hash === undefined || hash === each.hash);
      const verdict = judge(each, found, { now: clock.now(), runningSince });
      if (verdict === 'done') {
        open = open.filter((other) => other !== each);
        report({ event: 'completed', service: each.service, milliseconds: clock.now() - startedAt });
        continue;
      }
      const failed = typeof verdict === 'string' ? undefined : verdict;
      const timedOut = isTimedOut ? timeoutVerdict(each, found, options.timeout) : undefined;
      if (failed ?? timedOut) return describe(rollout, each, found, (failed ?? timedOut)!);
      const text = describeState(found);
      if (texts.get(each.service) !== text) report({ event: 'waiting', service: each.service, text });
      texts.set(each.service, text);
    }
    if (open.length > 0) await pause(rollout, POLL);
  }
  return undefined;
}

interface Bad {
  code: ProblemCode;
  reason: string;
}

interface Times {
  now: number;
  /** When a container was first seen running, by its id. */
  runningSince: Map<string, number>;
}

function judge({ kind, count }: Awaited, found: readonly HostContainer[], times: Times): 'done' | 'waiting' | Bad {
  if (kind === 'task') return judgeTask(found[0]);
  if (kind === 'dependency' && found.some(({ state, exitCode }) => state === 'exited' && exitCode === 0)) return 'done';
  const bad = found.map(findFault).find((fault) => fault !== undefined);
  if (bad) return bad;
  if (kind === 'dependency' ? found.length === 0 : found.length !== count) return 'waiting';
  return found.every((container) => isReady(container, times)) ? 'done' : 'waiting';
}

function judgeTask(container: HostContainer | undefined): 'done' | 'waiting' | Bad {
  if (!container || !['exited', 'dead'].includes(container.state)) return 'waiting';
  if (container.state === 'exited' && container.exitCode === 0) return 'done';
  return { code: 'task-failed', reason: `exited with ${container.exitCode}` };
}

/** Why a container will not become ready, or has ceased to be. */
export function findFault({ state, health, exitCode, restartCount }: HostContainer): Bad | undefined {
  if (state === 'exited' || state === 'dead')
    return { code: 'container-crashed', reason: `its container exited with ${exitCode}` };
  if (restartCount > 0 || state === 'restarting')
    return { code: 'container-crashed', reason: `its container exited, and docker restarted it ${times(restartCount)}` };
  if (health === 'unhealthy') return { code: 'health-check-failed', reason: 'its health check fails' };
  return undefined;
}

function isReady({ id, state, health }: HostContainer, { now, runningSince }: Times): boolean {
  if (state !== 'running') return false;
  if (health !== undefined) return health === 'healthy';
  const since = runningSince.get(id) ?? now;
  runningSince.set(id, since);
  return now - since >= STABLE;
}

function timeoutVerdict({ kind }: Awaited, found: readonly HostContainer[], timeout: number): Bad {
  const limit = `within ${Math.round(timeout / 60_000)} min (--timeout): ${describeState(found)}`;
  if (kind === 'task') return { code: 'task-failed', reason: `did not end ${limit}` };
  return { code: 'slow-start', reason: `did not become healthy ${limit}` };
}

async function describe(
  rollout: ComposeRollout,
  { service }: Awaited,
  found: readonly HostContainer[],
  { code, reason }: Bad,
): Promise<Failure> {
  const { report } = rollout;
  const lines = await readLogOf(rollout, found);
  report({ event: 'failed', service, code, reason, lines });
  return { service, code, reason: `${service}: ${reason}.`, lines };
}

/** The log of the container that failed. One that cannot be read, or is too long, must not keep a service from being rolled back. */
export async function readLogOf({ host }: ComposeRollout, found: readonly HostContainer[]): Promise<string[]> {
  const container = found.find((each) => findFault(each) !== undefined) ?? found[0];
  if (!container) return [];
  try {
    return await host.readLog(container.id);
  } catch (error) {
    if (!(error instanceof KdcubeError)) throw error;
    return [`its log cannot be read: ${error.problems[0]!.message}`];
  }
}

function describeState(found: readonly HostContainer[]): string {
  if (found.length === 0) return 'no container yet';
  return [...new Set(found.map(({ state, health }) => (health === undefined ? state : `${state}, ${health}`)))].join('; ');
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}
