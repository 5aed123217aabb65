import { KdcubeError } from '@kdcube/release/internal';
import { initiateUpload, sendUploadRequest } from '../blobs/upload-session';
import { canAuthenticate, sendAuthorized } from '../transport/auth';
import { isTokenDenied } from '../transport/bearer-token';
import { pullScope, pushScope, type Registry } from '../transport/connect';
import type { HttpRequest, HttpResponse } from '../transport/types';

/** Records that this command writes to the repository: some registries deny look-ups in a repository that does not exist yet. */
export function expectWrites({ registry, repository }: { registry: Registry; repository: string }): void {
  if (!registry.writes.has(repository)) registry.writes.set(repository, undefined);
}

/**
 * Sends a request that reads a repository. If the command writes, a denial is not final: Quay, GHCR and Artifactory deny reading a repository that does not
 * exist yet, and create it on the first push. The request is sent again with the scope for writing. If it is denied again, but an upload can
 * begin, the result is 404. A repository that must be created first is the Problem `registry-repository-missing`.
 */
export async function sendLookup(registry: Registry, repository: string, outgoing: HttpRequest): Promise<HttpResponse> {
  const reading = () => sendAuthorized(registry, outgoing, pullScope(repository));
  if (!registry.writes.has(repository)) return reading();
  const canWrite = await registry.writes.get(repository);
  const first = canWrite ? undefined : await orDenial(reading());
  if (first && isAnswer(first)) return first;
  if (first && (canWrite === false || !(await canAuthenticate(registry)))) return answerOf(first);
  const second = await orDenial(sendAuthorized(registry, outgoing, pushScope(repository)));
  if (isAnswer(second)) return second;
  return (await canUpload(registry, repository)) ? absent(outgoing) : answerOf(first ?? second);
}

function canUpload(registry: Registry, repository: string): Promise<boolean> {
  const probe = registry.writes.get(repository) ?? tryUpload(registry, repository);
  registry.writes.set(repository, probe);
  probe.catch(() => registry.writes.set(repository, undefined));
  return probe;
}

/** Begins an upload and cancels it. */
async function tryUpload(registry: Registry, repository: string): Promise<boolean> {
  try {
    const { url } = await initiateUpload(registry, repository);
    const cancel: HttpRequest = { method: 'DELETE', url, headers: {}, maxBytes: 65_536, noRetry: true };
    // An upload that cannot be cancelled is removed by the registry later.
    await sendUploadRequest(registry, repository, cancel).catch(() => undefined);
    return true;
  } catch (error) {
    if (error instanceof KdcubeError && error.problems[0]?.code === 'registry-denied') return false;
    throw error;
  }
}

/** A response, or the token endpoint's refusal. */
type Outcome = HttpResponse | KdcubeError;

async function orDenial(sending: Promise<HttpResponse>): Promise<Outcome> {
  try {
    return await sending;
  } catch (error) {
    if (error instanceof KdcubeError && isTokenDenied(error)) return error;
    throw error;
  }
}

/** An answer that is not a denial. */
function isAnswer(outcome: Outcome): outcome is HttpResponse {
  return !(outcome instanceof KdcubeError) && outcome.status !== 401 && outcome.status !== 403;
}

function answerOf(outcome: Outcome): HttpResponse {
  if (outcome instanceof KdcubeError) throw outcome;
  return outcome;
}

function absent({ url }: HttpRequest): HttpResponse {
  return { origin: url.origin, status: 404, headers: {}, body: Buffer.alloc(0) };
}
