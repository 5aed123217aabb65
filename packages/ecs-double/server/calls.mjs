// Executes one call and records it in the journal. A client's call is counted, may meet a fault and may be cut off. A call of the test is not: it is never stale, and advances no time.
import { checkSigned, connectionCut, corruptResponse, throwFault } from '../protocol/faults.mjs';
import { OPERATIONS, reads } from '../api/operations.mjs';
import { AwsError, fail } from '../protocol/aws-error.mjs';
import { successResponse, errorResponse } from '../protocol/protocol.mjs';

/** @import { Call, Double } from '../state/types.d.ts' */

/**
 * Over the network: what to send, and `cut` when it must not arrive. Has the turn.
 * @param {Double} double
 * @param {Call} call
 */
export async function callByClient(double, call) {
  const { clock, world } = double;
  const n = (double.calls += 1);
  for (const one of double.called.filter(({ at }) => at <= n)) one.wake(n);
  const cut = connectionCut(double.cuts, call, n);
  if (cut === 'before') return { cut };
  const { region, account } = world;
  const fault = () => {
    checkSigned(call, clock.now(), double.signedWithin);
    throwFault(double.faults, call, { n, elapsed: (clock.now() - world.started) / 1000, region, account });
  };
  const reply = await perform(double, call, { n, ...(cut ? { cut } : {}) }, fault);
  if (double.auto > 0 && reads(call.op)) await clock.run(clock.now() + double.auto);
  return { ...(corruptResponse(double.garbled, call, n, reply) ?? reply), cut };
}

/**
 * By a test: { status, body }. Has the turn.
 * @param {Double} double
 * @param {Pick<Call, 'service' | 'op' | 'request'>} call
 */
export async function callAsOther(double, call) {
  const { world } = double;
  const { staleReads } = world;
  if (reads(call.op)) world.staleReads = undefined;
  try {
    const { status, body } = await perform(double, { ...call, wire: 'json' }, { by: 'somebody else' }, () => {});
    return { status, body: JSON.parse(body) };
  } finally {
    world.staleReads = staleReads;
  }
}

/**
 * @param {Double} double
 * @param {Call} call
 * @param {{ n?: number, by?: string, cut?: string }} more
 * @param {() => void} check
 */
async function perform(double, call, more, check) {
  const { clock, ids, journal } = double;
  const { service, op, request } = call;
  const entry = { ...more, at: new Date(clock.now()).toISOString(), service, op, request };
  const requestId = ids.uuid();
  try {
    check();
    const operation = OPERATIONS[service]?.[op];
    if (!operation) throw fail('UnknownOperationException', `The double does not know ${service}:${op}.`);
    const text = JSON.stringify(await operation(double.worldOf(call.region), request, call));
    const response = JSON.parse(text);
    journal.record({ ...entry, status: 200, response });
    return successResponse(call, { response, text }, requestId);
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    const { type, message, status } = error;
    journal.record({ ...entry, status, response: { message }, errorType: type });
    return errorResponse(call, error, requestId);
  }
}
