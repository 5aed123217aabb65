import type { ReleaseRecord } from './record';

/** A service of an environment as it runs. */
export interface ServiceStatus {
  service: string;
  serviceName: string;
  status: string;
  taskDefinition?: string;
  image?: string;
  /** Tasks of that revision. */
  running: number;
  desired: number;
  /** Running tasks of others: ones that are replaced, or that go on because the new ones do not come up. */
  others: number;
  /** When what runs was last deployed: ISO 8601. */
  since?: string;
  rollout?: string;
  drift: string[];
}

/** What runs in an environment, on any target. */
export interface EnvironmentStatus {
  release?: string;
  since?: string;
  /** The newest attempt, where it was no good one. */
  lastAttempt?: Pick<ReleaseRecord, 'release' | 'attempt' | 'verdict' | 'endedAt' | 'reason'>;
  /** A deploy that has the environment, or had it when it was killed. ISO 8601. */
  underWay?: { release: string; until: string };
  /** A deploy to a host that runs, or was killed. ISO 8601. */
  unfinished?: { release: string; since: string };
  services: ServiceStatus[];
  bundles: { id: string; tree: string; ref?: string; commit?: string; drift: string[] }[];
  /** All of it, each with its subject. */
  drift: string[];
  /** What release.yaml says here and the environment does not have yet: no drift, a deploy that was not made. */
  notDeployed: string[];
}
