import type { HttpResponse } from './transport/types';
import type { Registry } from './transport/connect';
import { KdcubeError, ecrRegion } from '@kdcube/release/internal';
import { accessDenied, repositoryMissing, invalidResponse } from './transport/problems';
import { describeResponse, errorText, isHtml, parseErrors } from './transport/response-text';
import { hasCredentials } from './transport/auth';

/**
 * NAME_UNKNOWN means two things: a plain registry sends it for an empty repository, which it creates at the first push; ECR and Google's registry send it for one that must be created first. Only the
 * message tells them apart. Harbor has NOT_FOUND for a missing project.
 */
export function isMissingRepository({ host }: Registry, answer: HttpResponse): boolean {
  const needsMaking = /does not exist in the registry|^repository ".*" not found/i;
  return parseErrors(answer).some(
    ({ code, message }) =>
      (code === 'NAME_UNKNOWN' && (ecrRegion(host) !== undefined || needsMaking.test(message))) ||
      (code === 'NOT_FOUND' && /^project .*not found/i.test(message)),
  );
}

/** Whether an upload could not begin because its repository is missing: nothing else can be missing then. */
function isMissingTarget(answer: HttpResponse): boolean {
  return (
    answer.status === 404 && !isHtml(answer) && parseErrors(answer).some(({ code }) => /^(?:NAME_UNKNOWN|NOT_FOUND)$/.test(code))
  );
}

/** Whether a write was refused because what is there stays. Registries have no code for it, only words: ECR, Harbor, Nexus, Artifactory each have their own. */
export function isRefusedOverwrite(answer: HttpResponse): boolean {
  return (
    isExistingTag(answer) || /cannot be (?:updated|changed)|not allow (?:updating|overwriting)|overwrit/i.test(errorText(answer))
  );
}

/** Whether a refusal says that the tag itself exists and stays. */
export function isExistingTag(answer: HttpResponse): boolean {
  return /immutab|already exists|cannot be overwritten|AlreadyExists/i.test(errorText(answer));
}

/** The Problem for an unexpected response. `action` completes "could not": `read ghcr.io/x:v1`. */
export async function unexpectedResponse(
  registry: Registry,
  repository: string,
  action: string,
  answer: HttpResponse,
  { beginsUpload = false } = {},
): Promise<KdcubeError> {
  const response = describeResponse(answer, registry.transport.secrets);
  if (answer.status === 401 || answer.status === 403)
    return accessDenied(registry.host, action, response, await hasCredentials(registry), mayBeMissing(answer));
  if (answer.status === 404 && (isMissingRepository(registry, answer) || (beginsUpload && isMissingTarget(answer))))
    return repositoryMissing(registry.host, repository, response);
  const hint = isRefusedOverwrite(answer)
    ? 'let the repository update what it has (Nexus: the deployment policy "Allow redeploy")'
    : undefined;
  return invalidResponse(`Could not ${action}: ${registry.host} answered ${response}${redirectNote(answer)}.`, hint);
}

/** Google and Harbor deny a repository or project that does not exist, in these words. */
function mayBeMissing(answer: HttpResponse): boolean {
  return /may not exist|unauthorized to access repository/i.test(errorText(answer));
}

/** A write is not redirected: the registry is the only host that the user trusts with the content. */
function redirectNote({ status, headers }: HttpResponse): string {
  const to = headers.location;
  if (status < 300 || status > 399 || to === undefined || !URL.canParse(to)) return '';
  return `, a redirect to ${new URL(to).host}, which is not followed`;
}
