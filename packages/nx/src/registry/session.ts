import { refused } from './registry';
import { authorized } from './transport/auth';
import { checkRepository, type Registry } from './transport/connect';
import type { Answer, Outgoing } from './transport/types';
import { redirected, send } from './transport/http';
import { oddAnswer } from './transport/problems';

/** A place that a registry opened for one blob. */
export interface Upload {
  url: URL;
  /** The least bytes of a piece that is not the last. */
  leastPiece: number;
}

/** Uploads that were asked for before there was anything to send. */
export interface Uploads {
  next(): Promise<Upload>;
  /** Tells the registry which of them are not needed. Never fails. */
  close(): Promise<void>;
}

/** The most bytes of an answer that only says how an upload goes. */
export const ANSWER_LIMIT = 64 * 1024;

/** Asks for the place of one upload. Throws `registry-repository-missing`, `registry-denied`, `registry-answer` and `registry-unreachable`. */
export async function openUpload(registry: Registry, repository: string): Promise<Upload> {
  const outgoing = opening(registry, repository);
  const answer = await authorized(registry, outgoing, pushScope(repository));
  if (answer.status === 202) {
    registry.proved.set(repository, Promise.resolve(true));
    return uploadAt(registry, outgoing.url, answer);
  }
  throw await refused(registry, repository, `to take a blob for ${registry.host}/${repository}`, answer);
}

/** Asks for `count` uploads at once, and goes on. What goes wrong with one is said when it is taken. */
export function openUploads(registry: Registry, repository: string, count: number): Uploads {
  const more = () => openUpload(registry, repository);
  return startingWith(Array.from({ length: count }, more), registry, repository);
}

/** `waiting` first, then new ones. */
export function startingWith(waiting: Promise<Upload>[], registry: Registry, repository: string): Uploads {
  for (const upload of waiting) upload.catch(() => undefined);
  const cancel = async (upload: Promise<Upload>) =>
    sendTo(registry, repository, { method: 'DELETE', url: (await upload).url, headers: {}, limit: ANSWER_LIMIT, once: true });
  return {
    next: () => waiting.shift() ?? openUpload(registry, repository),
    close: async () => void (await Promise.allSettled(waiting.splice(0).map(cancel))),
  };
}

/** The request that opens an upload. */
export function opening({ base }: Registry, repository: string): Outgoing {
  checkRepository(repository);
  return { method: 'POST', url: new URL(`/v2/${repository}/blobs/uploads/`, base), headers: {}, body: '', limit: ANSWER_LIMIT };
}

/** Where an upload goes on, as the answer says: a path, or the address of another host, which must be as safe to talk to. */
export function uploadAt({ transport }: Registry, asked: URL, { headers }: Answer): Upload {
  const { location } = headers;
  if (location === undefined) throw oddAnswer(`${asked.host} does not say where an upload goes.`);
  const least = Number(headers['oci-chunk-min-length'] ?? 0);
  return { url: redirected(transport, asked, location), leastPiece: Number.isSafeInteger(least) && least > 0 ? least : 0 };
}

/** Sends a part of an upload. Credentials are for the registry: a storage host that it names gets none. */
export function sendTo(registry: Registry, repository: string, outgoing: Outgoing): Promise<Answer> {
  if (outgoing.url.origin !== registry.base.origin) return send(registry.transport, outgoing);
  return authorized(registry, outgoing, pushScope(repository));
}

export function pushScope(repository: string): string {
  return `repository:${repository}:pull,push`;
}
