// Faults between a client and Amazon, as data: README.md, "Faults".
// Wordings and status codes: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/CommonErrors.html
import { fail } from './aws-error.mjs';

/** @import { Call, Cut, Fault, Garbled, Reply } from '../state/types.d.ts' */

/** @type {Record<string, string>} */
const MESSAGES = {
  // The default retry mode knows this name as throttling: https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
  ThrottlingException: 'Rate exceeded',
  ServerException: 'Service Unavailable. Please try again later.',
  InternalFailure: 'The request processing has failed because of an unknown error, exception or failure.',
  ExpiredTokenException: 'The security token included in the request is expired',
  UnrecognizedClientException: 'The security token included in the request is invalid.',
};

/**
 * Throws the first fault that fits the call. `times` counts down; `from` and `until` are virtual seconds since the start.
 * @param {Fault[]} faults
 * @param {Call} call
 * @param {{ n: number, elapsed: number, account: string, region: string }} options
 */
export function throwFault(faults, call, { n, elapsed, account, region }) {
  for (const fault of faults) {
    if (!fits(fault, call, n, elapsed)) continue;
    if (fault.times !== undefined) fault.times -= 1;
    const message = fault.message ?? MESSAGES[fault.error] ?? accessDenied(fault, call, account, region);
    throw fail(fault.error, message, fault.status);
  }
}

/**
 * "The request reached the service more than 15 minutes after the date stamp on the request … or the date stamp on the request is more than 15 minutes in the
 * future": https://docs.aws.amazon.com/AmazonECS/latest/APIReference/CommonErrors.html. Only if a scenario sets `signedWithin` (seconds): the clocks of most clients are real.
 * @param {Call} options
 * @param {number} now
 * @param {number | undefined} seconds
 */
export function checkSigned({ signedAt }, now, seconds) {
  if (seconds === undefined || Math.abs(now - (signedAt ?? 0)) <= seconds * 1000) return;
  throw fail('RequestExpired', 'The date stamp on the request is too far from the time of the service.');
}

/**
 * @param {Omit<Fault, 'error'>} fault
 * @param {Call} call
 * @param {number} n
 * @param {number} elapsed
 */
function fits(fault, call, n, elapsed) {
  if (fault.times !== undefined && fault.times <= 0) return false;
  if (fault.service !== undefined && fault.service !== call.service) return false;
  if (fault.op !== undefined && fault.op !== '*' && ![fault.op].flat().includes(call.op)) return false;
  if (fault.calls !== undefined && !fault.calls.includes(n)) return false;
  return elapsed >= (fault.from ?? 0) && elapsed < (fault.until ?? Infinity);
}

/**
 * @param {Fault} fault
 * @param {Call} call
 * @param {string} account
 * @param {string} region
 */
function accessDenied(fault, call, account, region) {
  if (fault.error !== 'AccessDeniedException') return fault.error;
  const user = `arn:aws:sts::${account}:assumed-role/deployer/session`;
  const action = `${call.service}:${call.op}`;
  return `User: ${user} is not authorized to perform: ${action} on resource: arn:aws:${call.service}:${region}:${account}:* because no identity-based policy allows the ${action} action`;
}

/**
 * Whether the connection is cut at this call: "before" it is executed, "after" it (no response arrives), or "hang" (executed, and no response, so that a test can kill the client during
 * the call).
 * @param {Cut[]} cuts
 * @param {Call} call
 * @param {number} n
 */
export function connectionCut(cuts, call, n) {
  return cuts.find((cut) => cut.call === n || (cut.op === call.op && (cut.times === undefined || (cut.times -= 1) >= 0)))?.when;
}

/**
 * What arrives instead of the response, as a proxy or a cut connection would leave it, or undefined.
 * @param {Garbled[]} garbled
 * @param {Call} call
 * @param {number} n
 * @param {Reply} reply
 */
export function corruptResponse(garbled, call, n, reply) {
  const one = garbled.find((each) => fits(each, call, n, 0));
  if (!one) return undefined;
  if (one.times !== undefined) one.times -= 1;
  if (one.as === 'cut') return { ...reply, half: true };
  if (one.as === 'half') return { ...reply, body: reply.body.slice(0, reply.body.length / 2) };
  if (one.as === 'html') return { status: one.status ?? 200, headers: { 'content-type': 'text/html' }, body: PROXY };
  return { ...reply, status: one.status ?? 200, body: typeof one.as === 'string' ? one.as : JSON.stringify(one.as) };
}

const PROXY =
  '<!doctype html>\n<html><head><title>Sign in</title></head><body><p>Sign in to the network &mdash; first.<br></body></html>\n';
