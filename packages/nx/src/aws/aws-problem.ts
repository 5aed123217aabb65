import type { ProblemCode } from '@kdcube/release/internal';
import { KdcubeError, printable } from '@kdcube/release/internal';
import { awsErrorMessage, isAccessDenied } from './aws-error';
import { invalidResponse } from './response';

/** The SDK drops the code of some network errors, but never their message. */
const UNREACHABLE =
  /\b(?:ECONN[A-Z]+|ENOTFOUND|EAI_AGAIN|E[A-Z]+UNREACH|ETIMEDOUT|EPIPE|EPROTO|CERT_[A-Z_]+|UNABLE_TO_[A-Z_]+|[A-Z_]*SELF_SIGNED[A-Z_]*|socket hang up|other side closed|aborted)\b/;

const CREDENTIALS =
  /Credentials|Token(Provider|Refresh)|ExpiredToken|RequestExpired|UnrecognizedClient|InvalidClientTokenId|InvalidSignature|SignatureDoesNotMatch|MissingAuthentication/i;

/** Converts what an AWS call threw to a Problem. `action`: `ecs:UpdateService`. Only the names of errors are stable across versions of the SDK. */
export function toAwsProblem(error: unknown, action: string, region: string): KdcubeError {
  if (error instanceof KdcubeError) return error;
  if (!isUnreachable(error) && (error instanceof SyntaxError || error instanceof TypeError))
    return invalidResponse(action, error);
  const { code, message, hint } = classify(error, action, region);
  return new KdcubeError({ code, message, ...(hint !== undefined && { hint }) }, { cause: error });
}

function classify(error: unknown, action: string, region: string): { code: ProblemCode; message: string; hint?: string } {
  const { name = '', code = '' } = error as NodeJS.ErrnoException;
  const detail = awsErrorMessage(error);
  if (isThrottled(error)) return { code: 'aws-throttled', message: `AWS throttles ${action} (${name}): all retries failed.` };
  if (CREDENTIALS.test(name))
    return {
      code: 'aws-credentials',
      message: `The AWS credentials ${/Expired/.test(name) ? 'have expired' : 'are missing or invalid'}: ${detail}`,
      hint: 'aws sts get-caller-identity    shows which credentials are used; then run the same command again',
    };
  if (isAccessDenied(error))
    return { code: 'aws-denied', message: `AWS denies ${action}: ${detail}`, hint: grantHint(error, action) };
  if (name === 'ClusterNotFoundException')
    return {
      code: 'cluster-missing',
      message: `The cluster does not exist in ${region}.`,
      hint: `aws ecs list-clusters --region ${region}`,
    };
  if (name === 'ServiceNotFoundException' || name === 'ServiceNotActiveException')
    return { code: 'service-missing', message: `${action} failed: ${detail}` };
  if (isUnreachable(error))
    return { code: 'aws-unreachable', message: `AWS is unreachable for ${action} in ${region}: ${detail || code || name}` };
  return { code: 'aws-error', message: `${action} failed (${name || 'unknown error'}): ${detail}` };
}

/**
 * The permission that is missing, as AWS names it: a call may need that of another action, `iam:PassRole` above all. An explicit deny outweighs every grant.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
 */
function grantHint(error: unknown, action: string): string {
  const text = error instanceof Error ? error.message.split('\n')[0]! : '';
  const named = /not authorized to perform:? ([a-z0-9-]+:[A-Za-z0-9*]+)(?: on (?:the )?resource:? ([^\s"]+))?/.exec(text);
  const missing = named?.[1] ?? action;
  const resource = named?.[2] === undefined || named[2] === '*' ? '' : ` on ${printable(named[2].replace(/[.,;]$/, ''))}`;
  const policy = /explicit deny in (?:an? )?([a-z][a-z -]*policy|permissions boundary)/.exec(text)?.[1];
  return policy === undefined
    ? `grant ${missing}${resource} to this user or role`
    : `remove the explicit deny of ${missing}${resource} from the ${policy}: no grant outweighs it`;
}

/** The call had no effect, and may be repeated. */
export function isThrottled(error: unknown): boolean {
  return /Throttl|TooManyRequests|RequestLimitExceeded|SlowDown|LimitExceededException/i.test((error as Error)?.name ?? '');
}

/** The call was rejected because the clock of this machine is wrong, and the clock has been adjusted. */
export function isClockSkewed(error: unknown): boolean {
  return (error as { $metadata?: { clockSkewCorrected?: boolean } })?.$metadata?.clockSkewCorrected === true;
}

/** The connection failed, or AWS has an internal error. The call may have had an effect. */
export function isUnreachable(error: unknown): boolean {
  const { name = '', code = '', $metadata } = error as NodeJS.ErrnoException & { $metadata?: { httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode ?? 0;
  return (
    status >= 500 ||
    /^(ServerException|InternalFailure|InternalServerError|ServiceUnavailable|TimeoutError)/.test(name) ||
    UNREACHABLE.test(`${code} ${awsErrorMessage(error)}`)
  );
}
