import type { HttpResponse } from './transport/types';
import type { Registry } from './transport/connect';
import { KdcubeError } from '@kdcube/release/internal';
import { describeResponse, accessDenied, repositoryMissing, invalidResponse, parseErrors, ecrRegion } from './transport/problems';
import { hasCredentials } from './transport/auth';

/**
 * NAME_UNKNOWN means two things: a plain registry sends it for an empty repository, which it creates at the first push; ECR and Google's registry send it for one that must be created first. Only the
 * message tells them apart.
 */
export function isMissingRepository({ host }: Registry, answer: HttpResponse): boolean {
  const needsMaking = /does not exist in the registry|^repository ".*" not found/i;
  return parseErrors(answer).some(
    ({ code, message }) => code === 'NAME_UNKNOWN' && (ecrRegion(host) !== undefined || needsMaking.test(message)),
  );
}

/** The Problem for an unexpected response. `action` completes "could not": `read ghcr.io/x:v1`. */
export async function unexpectedResponse(
  registry: Registry,
  repository: string,
  action: string,
  answer: HttpResponse,
): Promise<KdcubeError> {
  const response = describeResponse(answer, registry.transport.secrets);
  if (answer.status === 401 || answer.status === 403)
    return accessDenied(registry.host, action, response, await hasCredentials(registry));
  if (answer.status === 404 && isMissingRepository(registry, answer))
    return repositoryMissing(registry.host, repository, response);
  return invalidResponse(`Could not ${action}: ${registry.host} answered ${response}${redirectNote(answer)}.`);
}

/** A write is not redirected: the registry is the only host that the user trusts with the content. */
function redirectNote({ status, headers }: HttpResponse): string {
  const to = headers.location;
  if (status < 300 || status > 399 || to === undefined || !URL.canParse(to)) return '';
  return `, a redirect to ${new URL(to).host}, which is not followed`;
}
