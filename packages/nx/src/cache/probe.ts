import { randomBytes } from 'node:crypto';
import * as path from 'node:path';
import { type CacheServer, fetchEntry, type TimeLimits } from './server';

/** Asks for an entry that cannot be there. Resolves to what is wrong with the server, which completes "The cache …"; undefined if nothing is. */
export async function probe(server: CacheServer, folder: string, limits: TimeLimits): Promise<string | undefined> {
  try {
    const status = await fetchEntry(server, randomBytes(16).toString('hex'), path.join(folder, 'probe'), limits);
    if (status === 404) return undefined;
    if (status === 200) return 'has an entry that nobody stored: it is no cache of Nx';
    return status === 401 || status === 403 ? `answered ${status}: its token is missing or wrong` : `answered ${status}`;
  } catch (error) {
    return (error as Error).message;
  }
}
