import { KdcubeError, printable } from '@kdcube/release/internal';
import type { HttpResponse } from './types';

/** One entry of the `errors` that the registry protocol puts into a failed answer. */
export interface RegistryError {
  code: string;
  message: string;
}

/** The errors of an answer as the protocol writes them; none for an HTML page or anything else. */
export function parseErrors(answer: HttpResponse): RegistryError[] {
  let json: unknown;
  try {
    json = JSON.parse(answer.body.toString('utf8'));
  } catch {
    return [];
  }
  const list = (json as { errors?: unknown } | null)?.errors;
  if (!Array.isArray(list)) return [];
  return list.slice(0, 5).map((entry) => ({ code: text(entry?.code), message: text(entry?.message) }));
}

/** Whether a web page came where the protocol speaks JSON: a proxy, a login page, or a host that is no registry. */
export function isHtml(answer: HttpResponse): boolean {
  return (
    /^text\/html\b/i.test(answer.headers['content-type'] ?? '') ||
    /^\s*<(!doctype|html)/i.test(answer.body.toString('latin1', 0, 64))
  );
}

/** What an answer says, in one line for a message: status, then the registry's own words, without any of `secrets`. */
export function describeResponse(answer: HttpResponse, secrets: Iterable<string> = []): string {
  const errors = parseErrors(answer).map(({ code, message }) => [code, message].filter(Boolean).join(': '));
  const detail = isHtml(answer)
    ? 'a web page'
    : errors.length > 0
      ? errors.join('; ')
      : answer.body.toString('utf8', 0, 300).trim();
  return `${answer.status}${detail ? ` (${redactSecrets(detail, secrets)})` : ''}`;
}

/** The registry or its token endpoint denied access. `action` completes "could not". `withCredentials`: whether any were sent. */
export function accessDenied(host: string, action: string, response: string, withCredentials: boolean): KdcubeError {
  const where = ecrRegion(host) ? 'from docker or from ECR' : 'from docker';
  const how = withCredentials
    ? `with the credentials ${where}, which are wrong, have expired, or lack the permission`
    : 'without credentials, and docker has none for it';
  return new KdcubeError({
    code: 'registry-denied',
    message: `Could not ${action}: ${host} denied access ${how}. It answered ${response}.`,
    hint: loginHint(host),
  });
}

/** The target of a redirect refuses. It is not the registry, so it gets none of the registry's credentials, whatever it asks for. */
export function redirectDenied(host: string, asked: URL, answer: HttpResponse, secrets: Iterable<string>): KdcubeError {
  const target = new URL(answer.origin).host;
  return new KdcubeError({
    code: 'registry-denied',
    message: `${host} redirects ${asked.pathname} to ${target}, and ${target} denies access. It answered ${describeResponse(answer, secrets)}. The credentials for ${host} were not sent to ${target}.`,
    hint: `ask the operator of ${host} why its storage denies a redirected request`,
  });
}

/** An answer that the protocol does not know. `what` is a full sentence. */
export function invalidResponse(what: string, hint?: string, cause?: unknown): KdcubeError {
  return new KdcubeError({ code: 'registry-response', message: what, hint }, { cause });
}

export function repositoryMissing(host: string, repository: string, response: string): KdcubeError {
  const region = ecrRegion(host);
  const create = region
    ? `aws ecr create-repository --region ${region} --repository-name ${repository}`
    : `create ${repository} at ${host}`;
  return new KdcubeError({
    code: 'registry-repository-missing',
    message: `${host} has no repository ${repository}, and does not create repositories on push. It answered ${response}.`,
    hint: create,
  });
}

/** The region of an Amazon ECR host; undefined for every other host. */
export function ecrRegion(host: string): string | undefined {
  return /^[0-9]{12}\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|on\.aws|on\.amazonwebservices\.com\.cn)$/.exec(
    host,
  )?.[1];
}

/** How to log in to a registry. */
export function loginHint(host: string): string {
  const region = ecrRegion(host);
  const amazon = 'docker login --username AWS --password-stdin';
  if (host === 'public.ecr.aws') return `aws ecr-public get-login-password --region us-east-1 | ${amazon} ${host}`;
  return region ? `aws ecr get-login-password --region ${region} | ${amazon} ${host}` : `docker login ${host}`;
}

function redactSecrets(text: string, secrets: Iterable<string>): string {
  let result = text;
  // A very short secret would blank out half of the alphabet, and protects nothing.
  for (const secret of secrets) if (secret.length >= 4) result = result.replaceAll(secret, '…');
  return printable(result.length > 300 ? `${result.slice(0, 299)}…` : result);
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
