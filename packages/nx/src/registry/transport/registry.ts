import type { Credentials } from '../credentials/credentials';
import type { Transport } from './types';
import type { Challenge } from './challenges';

/** A client of one registry: its connection, credentials and what it has learned. In memory only. */
export interface Registry {
  host: string;
  /** Where the API is: `https://registry-1.docker.io` for docker.io. */
  base: URL;
  transport: Transport;
  /** Called again after the registry rejected the credentials. */
  credentials: (rejectedCredentials?: Credentials) => Promise<Credentials | undefined>;
  /** Milliseconds since 1970. */
  now: () => number;
  /** The credentials, once they have been read. */
  cachedCredentials?: Promise<Credentials | undefined>;
  rejected?: Credentials;
  /** By scope: the Authorization header that worked last. */
  authorizations: Map<string, Promise<CachedAuthorization>>;
  /** Whether a repository is known to exist, or a look-up is under way. If it exists, a plain 404 means that the tag is missing, and not the repository. */
  existingRepositories: Map<string, Promise<boolean>>;
  /** The repositories that this command writes to, and whether an upload to them can begin, once that was tried. */
  writes: Map<string, Promise<boolean> | undefined>;
  /** The last challenge, so that the next scope needs no refused request first. */
  challenges?: Challenge[];
}

export interface CachedAuthorization {
  header?: string;
  expiresAt: number;
  /** The credentials that it was created from. */
  from?: Promise<Credentials | undefined>;
  credentials?: Credentials;
}
