import type { ProblemCode } from '../../../problem/codes';
import type { ReleaseContent } from '../plan/host-release';
import { containersOf, type HostState } from '../plan/host-state';

export interface Mismatch {
  service: string;
  code: ProblemCode;
  /** Follows the service's name: `runs sha256:…, not the pinned sha256:…`. */
  what: string;
}

/** Where what runs is not what the release says: containers, their label, the digest of their image. By digest, because the id of an image is another hash, and another one in each store of docker. */
export function findMismatches({ services }: ReleaseContent, state: Pick<HostState, 'containers'>): Mismatch[] {
  return Object.entries(services).flatMap(([service, expected]): Mismatch[] => {
    if (expected.kind === 'task') return [];
    const containers = containersOf(state, expected.serviceName);
    const running = containers.filter((container) => container.state === 'running');
    const other = (code: ProblemCode, what: string): Mismatch => ({ service, code, what });
    const stopped = containers.find(({ state: each }) => each !== 'running');
    if (stopped) return [other('container-crashed', `has a container that is ${stopped.state} (exit code ${stopped.exitCode})`)];
    if (running.length !== expected.desiredCount)
      return [other('container-crashed', `runs ${running.length} of ${expected.desiredCount} containers`)];
    const wrong = running.find(({ digests }) => !digests.some((digest) => expected.digests.includes(digest)));
    if (wrong)
      return [
        other(
          'wrong-image',
          `runs ${wrong.digests[0] ?? `${wrong.image}, which has no digest`}, not the pinned ${expected.digests[0]}`,
        ),
      ];
    if (running.some(({ hash }) => hash !== expected.hash))
      return [other('rollout-superseded', 'was started with other settings than those of the release')];
    return running.some(({ health }) => health === 'unhealthy') ? [other('health-check-failed', 'is unhealthy')] : [];
  });
}
