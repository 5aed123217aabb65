import type { Clock, StopSignal } from '../../../deploy/clock';
import type { ReadinessAnswer } from '../../../deploy/readiness/answer';
import type { HostRelease } from '../plan/host-release';
import type { HostContainer } from '../plan/host-state';

/** What a rollout needs of a host. Each call either does its work or throws a Problem. */
export interface ComposeHost {
  /** Refuses with `deploy-in-progress` if another deploy holds the lock. */
  lock(): Promise<{ release(): Promise<void> }>;
  /** All containers of the compose project, stopped ones included. */
  readContainers(): Promise<HostContainer[]>;
  /** The releases that the host keeps. */
  readReleases(): Promise<HostRelease[]>;
  /** Pulls an image by digest, unless the host has it. Returns whether it was pulled. */
  pull(reference: string): Promise<boolean>;
  /** Pulls the images of services that only the compose file of the host describes, unless the host has them. */
  pullServices(serviceNames: readonly string[], release: HostRelease): Promise<void>;
  /** Copies /bundles of an image into a folder of the host, unless it exists. */
  copyBundles(image: string, folder: string): Promise<void>;
  /** Refuses with `plan-outdated` if the host's compose file or a secret is not as the plan saw it; then writes the secrets that a deploy fetches. */
  confirm(): Promise<void>;
  /** Writes `release.json`, our compose file and every file that is not there as it should be. */
  writeRelease(release: HostRelease): Promise<void>;
  /** The content of a file that the platform edits too; undefined if it does not exist. */
  readFile(path: string): Promise<string | undefined>;
  /** Writes it; undefined: removes it. */
  writeFile(path: string, content: string | undefined): Promise<void>;
  /** What docker compose reads in the host's compose file and ours, without the secret files: `config --format json`. */
  readConfig(release: HostRelease): Promise<string>;
  /** Starts one service anew, without those that it depends on. `release`: undefined for the host's compose file alone. `overlay`: a compose file that is read last. Problem `compose-failed`. */
  up(serviceName: string, release: HostRelease | undefined, overlay?: string): Promise<void>;
  /** Starts services of the compose file that do not run. Problem `compose-failed`. */
  start(serviceNames: readonly string[], release: HostRelease): Promise<void>;
  /** Stops a service and removes its containers. Problem `compose-failed`. */
  remove(serviceName: string): Promise<void>;
  /** Requests a URL from inside a container. Never throws for what the container answers, or if it cannot be asked. */
  ask(container: string, url: string): Promise<ReadinessAnswer>;
  /** The last lines of a container's log, and the last output of its health check. */
  readLog(container: string): Promise<string[]>;
  /** What follows a success: the images get local tags, our compose file is linked, and old releases are removed. Never fails the deploy. */
  keep(release: HostRelease): Promise<void>;
}

export interface ComposePorts {
  host: ComposeHost;
  clock: Clock;
  report: (event: ComposeEvent) => void;
}

export interface ComposeOptions {
  onFailure: 'rollback' | 'stop';
  /** Milliseconds for the services of a wave to become healthy. */
  timeout: number;
  /** The command that continues after an interruption. */
  resumeCommand: string;
  stop?: StopSignal;
}

/** What happens during a rollout, for lines and for other tools (`--json`). The names are those of a rollout on ECS. */
export type ComposeEvent =
  | { event: 'wave'; name: string; services: string[] }
  | { event: 'pulled'; image: string; milliseconds: number }
  | { event: 'update'; service: string; image: string; from: string }
  | { event: 'waiting'; service: string; text: string }
  | { event: 'completed'; service: string; milliseconds: number }
  | { event: 'failed'; service: string; code: string; reason: string; lines: string[] }
  | { event: 'note'; text: string };
