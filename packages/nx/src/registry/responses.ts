import type { HttpResponse } from './transport/types';
import type { Registry } from './transport/connect';
import { KdcubeError } from '@kdcube/release/internal';
import { describeResponse, accessDenied, repositoryMissing, invalidResponse, parseErrors, ecrRegion } from './transport/problems';
import { hasCredentials } from './transport/auth';

/**
 * NAME_UNKNOWN means two things: a plain registry says it of a repository in which nothing is yet, and makes that by itself; Amazon's and Google's say it of
 * one that somebody must make first. Only their words tell them apart.
 */
export function isMissingRepository({ host }: Registry, answer: HttpResponse): boolean {
  const needsMaking = /does not exist in the registry|^repository ".*" not found/i;
  return parseErrors(answer).some(
    ({ code, message }) => code === 'NAME_UNKNOWN' && (ecrRegion(host) !== undefined || needsMaking.test(message)),
  );
}

/** The Problem for an answer that is not what was asked for. `what` continues "was asked" and "refuses". */
export async function unexpectedResponse(
  registry: Registry,
  repository: string,
  what: string,
  answer: HttpResponse,
): Promise<KdcubeError> {
  const response = describeResponse(answer, registry.transport.secrets);
  if (answer.status === 401 || answer.status === 403)
    return accessDenied(registry.host, what, response, await hasCredentials(registry));
  if (answer.status === 404 && isMissingRepository(registry, answer))
    return repositoryMissing(registry.host, repository, response);
  return invalidResponse(`${registry.host} was asked ${what} and answered ${response}${redirectNote(answer)}.`);
}

/** What is written is not taken to another address: nobody has said that it may be trusted with it. */
export function redirectNote({ status, headers }: HttpResponse): string {
  const to = headers.location;
  if (status < 300 || status > 399 || to === undefined || !URL.canParse(to)) return '';
  return `, which leads to ${new URL(to).host} and is not followed`;
}
