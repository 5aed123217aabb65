import type { CiFacts } from './facts';

/** A job that runs tasks whose results are cached. Pull requests get a token that only reads; the job that fills the cache is of the released branch alone. */
export type CacheAccess = 'read' | 'write';

/** What the tasks of the check and of the build give, for the runs to come. */
export const FILLED = 'lint test stage docker-build';

/** Variables of jobs, with a provider's way to name a variable and a secret. */
interface Names {
  variable: (name: string) => string;
  secret: (name: string) => string;
}

/** What a job with a cache has in its environment. */
export function cacheVariables({ cache }: CiFacts, access: CacheAccess, { variable, secret }: Names): Record<string, string> {
  const token = access === 'read' ? 'READ_TOKEN' : 'WRITE_TOKEN';
  if (cache === 'self-hosted')
    return {
      NX_SELF_HOSTED_REMOTE_CACHE_SERVER: variable('NX_CACHE_SERVER'),
      NX_SELF_HOSTED_REMOTE_CACHE_ACCESS_TOKEN: secret(`NX_CACHE_${token}`),
    };
  if (cache === 'nx-cloud') return { NX_NO_CLOUD: 'false', NX_CLOUD_ACCESS_TOKEN: secret(`NX_CLOUD_${token}`) };
  return {};
}

/** What every other job has: it must not contact Nx Cloud because nx.json names a workspace there. */
export function sharedVariables({ cache }: CiFacts): Record<string, string> {
  return cache === 'nx-cloud' ? { NX_NO_CLOUD: 'true' } : {};
}

/** `npx nx`, or with a self-hosted cache what a broken one cannot fail: `npx kdcube-cache --read-only nx`. */
export function cachedNx({ cache, manager: { nx } }: CiFacts, access: CacheAccess): string {
  if (cache !== 'self-hosted') return nx;
  return nx.replace(/nx$/, `kdcube-cache ${access === 'read' ? '--read-only ' : ''}nx`);
}
