import type { EnvironmentStatus } from '../../../deploy/environment-status';
import { lastGood, type ReleaseRecord } from '../../../deploy/record';
import { findMismatches } from '../rollout/verdict';
import { type HostRelease, lastGoodRelease } from './host-release';
import { containersOf, type HostContainer, type HostState } from './host-state';

export interface ComposeStatusInput {
  state: HostState;
  /** Of the registry, the newest first; empty if it does not answer. */
  records: readonly ReleaseRecord[];
  /** The services of the environment, with their names in compose. */
  names: ReadonlyMap<string, string>;
  releaseHere?: string;
}

/** What runs on a host, against the last release that succeeded there. */
export function composeStatus({ state, records, names, releaseHere }: ComposeStatusInput): EnvironmentStatus {
  const last = lastGoodRelease(state.releases);
  const mismatches = last ? findMismatches(last.content, state) : [];
  const services = [...names].map(([service, serviceName]) => serviceStatus(service, serviceName, { last, state, mismatches }));
  const [newest] = [...state.releases].sort((a, b) => b.number - a.number);
  const record = lastGood(records);
  const drift = mismatches.map(({ service, what }) => `${service}: ${what}`);
  return {
    ...(last && { release: last.release, since: last.endedAt }),
    ...(newest?.verdict !== undefined && newest !== last && { lastAttempt: attemptOf(newest) }),
    ...(newest && newest.verdict === undefined && { unfinished: { release: newest.release, since: newest.startedAt } }),
    services,
    bundles: (last?.content.bundles ?? []).map(({ id, tree, ref, commit }) => ({
      id,
      tree,
      ...(ref !== undefined && { ref }),
      ...(commit !== undefined && { commit }),
      drift: [],
    })),
    drift: [
      ...drift,
      ...(last && record && record.release !== last.release
        ? [`the registry's last record is ${record.release}, and the host runs ${last.release}`]
        : []),
    ],
    notDeployed: last && releaseHere !== undefined && releaseHere !== last.release ? [`release.yaml is ${releaseHere}`] : [],
  };
}

function attemptOf({ release, number, verdict, endedAt = '', reason }: HostRelease): EnvironmentStatus['lastAttempt'] {
  return { release, attempt: number, verdict: verdict!, endedAt, reason };
}

function serviceStatus(
  service: string,
  serviceName: string,
  { last, state, mismatches }: { last: HostRelease | undefined; state: HostState; mismatches: ReturnType<typeof findMismatches> },
): EnvironmentStatus['services'][number] {
  const containers = containersOf(state, serviceName);
  const expected = last?.content.services[service];
  const ours = containers.filter(({ state: each, hash }) => each === 'running' && hash === expected?.hash);
  const running = containers.filter(({ state: each }) => each === 'running');
  const [newest] = containers;
  return {
    service,
    serviceName,
    status: newest ? describeState(newest) : 'missing',
    ...(newest && { image: newest.image, since: newest.startedAt }),
    running: ours.length,
    desired: expected?.desiredCount ?? 0,
    others: running.length - ours.length,
    ...(newest && { rollout: describeState(newest) }),
    drift: mismatches.filter((mismatch) => mismatch.service === service).map(({ what }) => what),
  };
}

/** Docker keeps the last health of a container that has stopped. */
function describeState({ state, health }: HostContainer): string {
  return state === 'running' && health !== undefined ? health : state;
}
