// What a registry product does differently, as data: played by tools/registry, and printed into docs/registries.md.
import type { Asked, Double } from '../push-kit';

/** An answer that a product gives instead of the one that the protocol names; `cut` and `lost` as in tools/registry. */
export type Instead = 'cut' | 'lost' | { status: number; headers?: Record<string, string>; body?: string };

/** What a habit may depend on. */
export interface World {
  registry: Double & { images(name: string): { digest: string; tags: string[] }[] };
  /** Whether anything was pushed to a repository, or the right to push to it was given. */
  created: Set<string>;
  /** Digests that were deleted and whose tags stayed. */
  deleted: Set<string>;
  tagsOf(name: string): string[];
}

/** One deviation from what the distribution registry does. */
export interface Habit {
  /** For a cell of the table. */
  short: string;
  what: string;
  /** Where it is described: an issue or a page of documentation. */
  source: string;
  /** What it answers instead. Undefined: not for this request. */
  answer?: (asked: Asked, world: World) => Instead | undefined;
  /** What it makes of an answer of the distribution registry. */
  change?: (asked: Asked, answer: Answer) => Answer | undefined;
  /** A habit that is in the options of the registry: the operations that it concerns. */
  concerns?: readonly string[];
}

export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

export interface Product {
  name: string;
  /** Options of tools/registry. */
  options: object;
  habits: Habit[];
  /** What immutable tags are called; undefined where the product has nothing of the kind. */
  immutable?: string;
  /** What must be created before a push; undefined where a push creates everything. */
  mustExist?: string;
}

/** The repositories of the operations: one whose tags are immutable, and one that does not exist. */
export const APP = 'acme/app';
export const IMMUTABLE = 'acme/immutable';
export const ABSENT = 'other/app';

/** An answer with one error, as the protocol writes them. */
export function refuse(status: number, code: string, message: string, detail?: unknown): Instead {
  const headers = { 'content-type': 'application/json' };
  return { status, headers, body: JSON.stringify({ errors: [{ code, message, ...(detail !== undefined && { detail }) }] }) };
}

export const BEARER = { auth: { type: 'bearer', users: { ann: 'secret' } } };
export const BASIC = { auth: { type: 'basic', users: { ann: 'secret' } } };

export function reads({ method, kind }: Asked): boolean {
  return (method === 'GET' || method === 'HEAD') && kind !== 'token' && kind !== 'base';
}

/** Whether a request has a token or a password: what a registry says before that is its own answer. */
export function hasLogin({ headers }: Asked): boolean {
  return headers.authorization !== undefined;
}

/** A PUT that would move a tag of the repository whose tags are immutable. */
export function movesTag({ method, kind, name = '', reference = '' }: Asked, { tagsOf }: World): boolean {
  return method === 'PUT' && kind === 'manifest' && name === IMMUTABLE && tagsOf(name).includes(reference);
}

export function deletes({ method, kind }: Asked): boolean {
  return method === 'DELETE' && kind === 'manifest';
}

/** The actions that a token is asked for. */
export function wantsPush(asked: Asked): string | undefined {
  const scopes = (asked as unknown as { query: URLSearchParams }).query.getAll('scope').join(' ');
  return asked.kind === 'token' ? /repository:(\S+):\S*push/.exec(scopes)?.[1] : undefined;
}

export const NO_REFERRERS_API = {
  short: 'a tag lists them',
  what: 'It has no referrers API: signatures are listed under the tag `sha256-<digest>`.',
};
