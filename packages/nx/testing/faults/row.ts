import type { ProblemCode } from '@kdcube/release/internal';
import type { Asked, Double } from '../registry-kit';
import type { Base, NamedBytes } from './base';
import type { Ended } from './kit';

/** A registry whose content can be looked at without asking it. */
export interface StoredRegistry extends Double {
  dir: string;
  /** Forgets every token that it gave. */
  revoke(): void;
}

/** What a row of the table plays on. */
export interface Stage {
  /** Where the image goes: `acme/proc`. */
  registry: StoredRegistry;
  /** Where the base comes from. */
  platform: StoredRegistry;
  base: Base;
  /** The name of each registry, where it is not the one that the double has. */
  names: { registry?: string; platform?: string };
  /** Another host, which answers whatever it is asked with `body`, and keeps who asked. */
  other: { host: string; body: Buffer; asked: { method: string; authorization?: string }[] };
  /** The docker-push of this row. */
  push(): Promise<unknown>;
  /** `c-<key>` of the image, and the commit that it is of. */
  key: string;
  commit: string;
  root: string;
  /** The folder of what was built before. */
  cache: string;
}

/** One failure: what the world does, and how docker-push ends in it. */
export interface Row {
  what: string;
  ends: 'pushed' | 'reused' | ProblemCode;
  /** Options of the registry doubles. */
  registry?: object;
  platform?: object;
  /** Default: two layers. */
  base?: () => Promise<Base>;
  /** Is put under the base's digest instead of its own manifest. */
  pinned?: (base: Base) => NamedBytes;
  dockerfile?: string;
  /** Whether docker keeps a password for both registries. */
  login?: true;
  arrange?: (stage: Stage) => void | Promise<void>;
  /** Where nothing that the registry does later mends it. */
  stays?: true;
  /** Where other blobs are on their way meanwhile: how many of them arrive differs from run to run. */
  partly?: true;
  /** More that a person should see of what became of it. */
  after?: (stage: Stage, ended: Ended) => string[];
}

type Fault = unknown;

/** A fault for the requests that fit, so many times. */
export function faulty(
  fits: Partial<Asked> | ((asked: Asked) => boolean),
  fault: Fault,
  times = Infinity,
): (asked: Asked) => Fault {
  let left = times;
  const isIt =
    typeof fits === 'function'
      ? fits
      : (asked: Asked) => Object.entries(fits).every(([key, value]) => asked[key as keyof Asked] === value);
  return (asked) =>
    left > 0 && isIt(asked) && (left -= 1) >= 0 ? (typeof fault === 'function' ? fault(asked) : fault) : undefined;
}

/** An answer of a registry in its own words. */
export function errorResponse(status: number, code: string, message: string, headers: Record<string, string> = {}): object {
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ errors: [{ code, message }] }),
  };
}

export const WEB_PAGE = {
  status: 502,
  headers: { 'content-type': 'text/html' },
  body: '<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>',
};

export const QUESTION: Partial<Asked> = { method: 'HEAD', kind: 'manifest' };
export const UPLOAD: Partial<Asked> = { method: 'PUT', kind: 'upload' };
export const MANIFEST_PUT: Partial<Asked> = { method: 'PUT', kind: 'manifest' };
export const GIVE_MANIFEST: Partial<Asked> = { method: 'GET', kind: 'manifest' };
export const GIVE_BLOB: Partial<Asked> = { method: 'GET', kind: 'blob' };
