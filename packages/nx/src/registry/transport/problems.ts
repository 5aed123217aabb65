import { ecrRegion, KdcubeError } from '@kdcube/release/internal';
import { describeResponse } from './response-text';
import type { HttpResponse } from './types';

/** The registry or its token endpoint denied access. `action` completes "could not". `withCredentials`: whether any were sent. */
export function accessDenied(
  host: string,
  action: string,
  response: string,
  withCredentials: boolean,
  mayBeMissing = false,
): KdcubeError {
  const where = ecrRegion(host) ? 'from docker or from ECR' : 'from docker';
  const how = withCredentials
    ? `with the credentials ${where}, which are wrong, have expired, or lack the permission`
    : 'without credentials, and docker has none for it';
  return new KdcubeError({
    code: 'registry-denied',
    message: `Could not ${action}: ${host} denied access ${how}. It answered ${response}.`,
    hint: mayBeMissing ? `create the repository or project, if it does not exist; or ${loginHint(host)}` : loginHint(host),
  });
}

/** The target of a redirect denies access. It is not the registry, so it never gets the registry's credentials. */
export function redirectDenied(host: string, asked: URL, answer: HttpResponse, secrets: Iterable<string>): KdcubeError {
  const target = new URL(answer.origin).host;
  return new KdcubeError({
    code: 'registry-denied',
    message: `${host} redirects ${asked.pathname} to ${target}, and ${target} denies access. It answered ${describeResponse(answer, secrets)}. The credentials for ${host} were not sent to ${target}.`,
    hint: `ask the operator of ${host} why its storage denies a redirected request`,
  });
}

/** A response that violates the protocol. `what` is a full sentence. */
export function invalidResponse(what: string, hint?: string, cause?: unknown): KdcubeError {
  return new KdcubeError({ code: 'registry-response', message: what, hint }, { cause });
}

export function repositoryMissing(host: string, repository: string, response: string): KdcubeError {
  const region = ecrRegion(host);
  const create = region
    ? `nx run release:images --create    creates it and all others that are missing; or aws ecr create-repository --region ${region} --repository-name ${repository}`
    : `create ${repository} at ${host}`;
  return new KdcubeError({
    code: 'registry-repository-missing',
    message: `${host} has no repository ${repository}, and does not create repositories on push. It answered ${response}.`,
    hint: create,
  });
}

/** How to log in to a registry. */
export function loginHint(host: string): string {
  const region = ecrRegion(host);
  const amazon = 'docker login --username AWS --password-stdin';
  if (host === 'public.ecr.aws') return `aws ecr-public get-login-password --region us-east-1 | ${amazon} ${host}`;
  return region ? `aws ecr get-login-password --region ${region} | ${amazon} ${host}` : `docker login ${host}`;
}
