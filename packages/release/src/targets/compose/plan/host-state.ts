import type { HostRelease } from './host-release';

/** A container of the compose project, as docker describes it. */
export interface HostContainer {
  id: string;
  /** Of compose. */
  serviceName: string;
  /** created, running, paused, restarting, removing, exited, dead. */
  state: string;
  /** starting, healthy, unhealthy; undefined without a health check. */
  health?: string;
  exitCode: number;
  restartCount: number;
  /** ISO 8601. */
  startedAt: string;
  /** As the container was started with: by digest, or whatever the compose file says. */
  image: string;
  /** The digests under which the engine has its image. Never the id of the image, which is another hash. */
  digests: string[];
  /** Our label. */
  hash?: string;
}

/** What a host runs, and the releases that it keeps. */
export interface HostState {
  containers: readonly HostContainer[];
  releases: readonly HostRelease[];
}

export function containersOf({ containers }: Pick<HostState, 'containers'>, serviceName: string): HostContainer[] {
  return containers.filter((container) => container.serviceName === serviceName);
}

/** What a plan is compared with when it is carried out: the containers of a service and what each was started with. */
export function baselineOf(containers: readonly HostContainer[]): string[] {
  return containers.map(({ id, state, hash = 'unlabeled' }) => `${id.slice(0, 12)} ${state} ${hash.slice(0, 12)}`).sort();
}
