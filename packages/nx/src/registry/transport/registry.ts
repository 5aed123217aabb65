import type { Credentials } from '../credentials/credentials';
import type { Transport } from './types';
import type { Challenge } from './challenges';

/** What is known about who asks one registry. Kept in memory only. */
export interface Registry {
  host: string;
  /** Where the API is: `https://registry-1.docker.io` for docker.io. */
  base: URL;
  transport: Transport;
  /** Called again after the registry rejected the credentials. */
  credentials: (rejectedCredentials?: Credentials) => Promise<Credentials | undefined>;
  /** Milliseconds since 1970. */
  now: () => number;
  /** The credentials, once asked for. */
  cachedCredentials?: Promise<Credentials | undefined>;
  rejected?: Credentials;
  /** By scope: the Authorization header that worked last. */
  authorizations: Map<string, Promise<CachedAuthorization>>;
  /** Whether a repository has answered as itself, or is being asked: of one that has, a plain 404 says that a tag is not there, and not that the repository is missing. */
  existingRepositories: Map<string, Promise<boolean>>;
  /** The repositories that this command writes to, and whether an upload to them can begin, once that was tried. */
  writes: Map<string, Promise<boolean> | undefined>;
  /** What the registry asked for last, so that the next scope needs no refused request first. */
  challenges?: Challenge[];
}

export interface CachedAuthorization {
  header?: string;
  expiresAt: number;
  /** What it was made of. */
  from?: Promise<Credentials | undefined>;
  credentials?: Credentials;
}
