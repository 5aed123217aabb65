import { LIMITS } from '@kdcube/release/internal';
import { unexpectedResponse } from '../responses';
import { sendAuthorized } from '../transport/auth';
import { checkRepository, type Registry, pushScope } from '../transport/connect';
import type { HttpResponse, HttpRequest } from '../transport/types';
import { sendRequest } from '../transport/http';
import { redirectTarget } from '../transport/redirects';
import { invalidResponse } from '../transport/problems';

/** A place that a registry opened for one blob. */
export interface UploadSession {
  url: URL;
  /** The least bytes of a piece that is not the last. */
  minChunk: number;
}

/** The size limit of a response about the state of an upload. */
export const MAX_RESPONSE_BYTES = LIMITS.registryResponseBytes.max;

/** Asks for the place of one upload. Throws `registry-repository-missing`, `registry-denied`, `registry-response` and `registry-unreachable`. */
export async function initiateUpload(registry: Registry, repository: string): Promise<UploadSession> {
  const outgoing = initiateRequest(registry, repository);
  const answer = await sendAuthorized(registry, outgoing, pushScope(repository));
  if (answer.status === 202) {
    registry.existingRepositories.set(repository, Promise.resolve(true));
    return sessionFrom(registry, outgoing.url, answer);
  }
  const action = `upload a blob to ${registry.host}/${repository}`;
  throw await unexpectedResponse(registry, repository, action, answer, { beginsUpload: true });
}

/** The request that opens an upload. */
export function initiateRequest({ base }: Registry, repository: string): HttpRequest {
  checkRepository(repository);
  return {
    method: 'POST',
    url: new URL(`/v2/${repository}/blobs/uploads/`, base),
    headers: {},
    body: '',
    maxBytes: MAX_RESPONSE_BYTES,
  };
}

/** The URL at which an upload continues, from the response: a path, or a URL of another host that passes the rules for redirects. */
export function sessionFrom({ transport }: Registry, asked: URL, { headers }: HttpResponse): UploadSession {
  const { location } = headers;
  if (location === undefined) throw invalidResponse(`${asked.host} sent no location for the upload.`);
  const least = Number(headers['oci-chunk-min-length'] ?? 0);
  return { url: redirectTarget(transport, asked, location), minChunk: Number.isSafeInteger(least) && least > 0 ? least : 0 };
}

/** Sends a part of an upload. Credentials are for the registry: a storage host that it names gets none. */
export function sendUploadRequest(registry: Registry, repository: string, outgoing: HttpRequest): Promise<HttpResponse> {
  if (outgoing.url.origin !== registry.base.origin) return sendRequest(registry.transport, outgoing);
  return sendAuthorized(registry, outgoing, pushScope(repository));
}
