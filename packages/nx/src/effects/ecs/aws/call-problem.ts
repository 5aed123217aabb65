import type { ProblemCode } from '@kdcube/release';
import { KdcubeError } from '@kdcube/release';
import { unreadable } from './answer';
import { saidByAws, isDenied } from '../../aws-error';

/** The SDK keeps the code of a network error only sometimes; its text it always keeps. */
const UNREACHABLE =
  /\b(?:ECONN[A-Z]+|ENOTFOUND|EAI_AGAIN|E[A-Z]+UNREACH|ETIMEDOUT|EPIPE|EPROTO|CERT_[A-Z_]+|UNABLE_TO_[A-Z_]+|[A-Z_]*SELF_SIGNED[A-Z_]*|socket hang up|other side closed|aborted)\b/;

/** What AWS throws, as a Problem. `what` is the call, `ecs:UpdateService`. Names are the only thing that stays from version to version. */
export function callProblem(error: unknown, what: string, region: string): KdcubeError {
  if (error instanceof KdcubeError) return error;
  if (!isUnreachable(error) && (error instanceof SyntaxError || error instanceof TypeError)) return unreadable(what, error);
  const { code, message, hint } = problemOf(error, what, region);
  return new KdcubeError({ code, message, ...(hint !== undefined && { hint }) }, { cause: error });
}

function problemOf(error: unknown, what: string, region: string): { code: ProblemCode; message: string; hint?: string } {
  const { name = '', code = '' } = error as NodeJS.ErrnoException;
  const said = saidByAws(error);
  if (isThrottled(error))
    return { code: 'aws-throttled', message: `AWS answered ${what} with ${name} again and again: it is asked too often.` };
  if (
    /Credentials|Token(Provider|Refresh)|ExpiredToken|RequestExpired|UnrecognizedClient|InvalidClientTokenId|InvalidSignature|SignatureDoesNotMatch|MissingAuthentication/i.test(
      name,
    )
  )
    return {
      code: 'aws-credentials',
      message: /Expired/.test(name) ? `The AWS credentials are over: ${said}` : `There are no good AWS credentials: ${said}`,
      hint: 'aws sts get-caller-identity    shows whose credentials are used; then the same command again',
    };
  if (isDenied(error))
    return { code: 'aws-denied', message: `AWS does not allow ${what}: ${said}`, hint: `allow ${what} to this user or role` };
  if (name === 'ClusterNotFoundException')
    return {
      code: 'cluster-missing',
      message: `There is no such cluster in ${region}.`,
      hint: `aws ecs list-clusters --region ${region}`,
    };
  if (name === 'ServiceNotFoundException' || name === 'ServiceNotActiveException')
    return { code: 'service-missing', message: `AWS answered ${what}: ${said}` };
  if (isUnreachable(error))
    return { code: 'aws-unreachable', message: `AWS cannot be reached for ${what} in ${region}: ${said || code || name}` };
  return { code: 'aws-answer', message: `AWS refused ${what} (${name || 'unknown error'}): ${said}` };
}

/** Nothing was done, and it may be asked again. */
export function isThrottled(error: unknown): boolean {
  return /Throttl|TooManyRequests|RequestLimitExceeded|SlowDown|LimitExceededException/i.test((error as Error)?.name ?? '');
}

/** It was refused because this machine's clock is wrong, and what signs it knows the time now. */
export function isSkewed(error: unknown): boolean {
  return (error as { $metadata?: { clockSkewCorrected?: boolean } })?.$metadata?.clockSkewCorrected === true;
}

/** The line broke, or AWS has a fault of its own: what was asked may have been done. */
export function isUnreachable(error: unknown): boolean {
  const { name = '', code = '', $metadata } = error as NodeJS.ErrnoException & { $metadata?: { httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode ?? 0;
  return (
    status >= 500 ||
    /^(ServerException|InternalFailure|InternalServerError|ServiceUnavailable|TimeoutError)/.test(name) ||
    UNREACHABLE.test(`${code} ${saidByAws(error)}`)
  );
}
