// The double: start({ … }) → { url, close, … }. README.md documents it.
import http from 'node:http';
import { reconcile } from './behavior/scheduler.mjs';
import { callByClient, callAsOther } from './server/calls.mjs';
import { makeClock, makeTurns } from './clock/clock.mjs';
import { handleControl, isControlPath } from './server/control.mjs';
import { makeJournal } from './server/journal.mjs';
import { makeIds } from './state/names.mjs';
import { fail } from './protocol/aws-error.mjs';
import { errorResponse, readCall } from './protocol/protocol.mjs';
import { setUp } from './server/scenario.mjs';
import { AwsError } from './protocol/aws-error.mjs';
import { makeWorld } from './state/world.mjs';

/** @import { Call, Double, Reply, Request, Scenario, World } from './state/types.d.ts' */

const LARGEST_BODY = 4 * 1024 * 1024;

/**
 * `scenario` is data (README.md, "Scenarios"); `journal` a file; the rest is where to listen.
 * @param {{ port?: number, host?: string, journal?: string, scenario?: Scenario }} [options]
 */
export async function start({ port = 0, host = '127.0.0.1', journal: file, scenario = {} } = {}) {
  const turn = makeTurns();
  const clock = makeClock({ start: Date.parse(scenario.start ?? '2026-03-02T09:00:00Z'), turn });
  const ids = makeIds(scenario.seed);
  const home = { region: scenario.region ?? 'eu-central-1', account: scenario.account ?? '123456789012' };
  /** @type {Map<string, World>} */
  const worlds = new Map();
  const world = makeWorld({ clock, ids, reconcile, ...home, scenario });
  worlds.set(home.region, world);
  if (scenario.accounts) world.accounts = scenario.accounts;
  /** @type {Double} */
  const double = {
    clock,
    turn,
    world,
    journal: makeJournal(file),
    faults: (scenario.faults ?? []).map((fault) => ({ ...fault })),
    garbled: (scenario.garbled ?? []).map((one) => ({ ...one })),
    cuts: (scenario.cuts ?? []).map((cut) => ({ ...cut })),
    signedWithin: scenario.signedWithin,
    auto: scenario.auto ?? 0,
    calls: 0,
    called: [],
    ids,
    /**
     * Another region is another world, with nothing in it.
     * @param {string} [region]
     * @returns {World}
     */
    worldOf(region = home.region) {
      const other = worlds.get(region) ?? makeWorld({ clock, ids, reconcile, region, account: home.account });
      worlds.set(region, other);
      return other;
    },
  };
  await turn(() => setUp(double, scenario));

  /**
   * @param {http.IncomingMessage} request
   * @param {http.ServerResponse} response
   */
  async function handle(request, response) {
    const body = await readBody(request);
    const url = new URL(request.url ?? '/', 'http://double');
    if (isControlPath(url)) return handleControl(double, { method: request.method, url, body }, response);
    /** @type {Call | undefined} */
    let call;
    try {
      call = readCall(request.headers, body);
      if (!call) throw fail('UnknownOperationException', 'The double knows neither this target nor this version.', 404);
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      return send(response, errorResponse(call, error, 'none'), clock.now());
    }
    const read = call;
    const reply = await turn(() => callByClient(double, read));
    if (!('status' in reply)) return request.socket.destroy();
    if (reply.cut === 'hang') return undefined;
    if (reply.cut) return request.socket.destroy();
    return send(response, reply, clock.now());
  }

  const server = http.createServer((request, response) => {
    handle(request, response).catch((error) => {
      // A bug of the double, not of its client: printed, with a status that no client takes for Amazon's.
      console.error(error);
      response.writeHead(599).end(`The double failed: ${error.stack}`);
    });
  });
  await new Promise((resolve, reject) => void server.once('error', reject).listen(port, host, () => resolve(undefined)));
  return Object.assign(double, {
    url: `http://${host}:${/** @type {import('node:net').AddressInfo} */ (server.address()).port}`,
    /**
     * A call by another client, or a read of the test: not over the network, without faults, never stale, not counted.
     * @type {(op: string, request?: Request, service?: string) => Promise<Request>}
     */
    as: (op, request = {}, service = 'ecs') => turn(() => callAsOther(double, { service, op, request })).then(unwrap),
    /**
     * A call by the client under test, in the same process: counted, in the journal, with faults and stale reads. Undefined if a cut breaks the connection.
     * @param {Pick<Call, 'service' | 'op' | 'request'> & Partial<Call>} call
     * @returns {Promise<{ status: number, body: Request } | undefined>}
     */
    async callAsClient(call) {
      const reply = await turn(() => callByClient(double, { wire: 'json', signedAt: clock.now(), ...call }));
      return 'status' in reply && !reply.cut ? { status: reply.status, body: JSON.parse(reply.body) } : undefined;
    },
    registry: () => world.registry.report(world),
    /** Secrets Manager: name → text of the current version. */
    secrets: () => Object.fromEntries([...world.secrets].map(([name, { versions }]) => [name, versions.at(-1)?.text])),
    /**
     * Resolves when call number n has arrived: the moment to kill a client in.
     * @type {(n: number) => Promise<number>}
     */
    reached: (n) =>
      double.calls >= n ? Promise.resolve(double.calls) : new Promise((wake) => double.called.push({ at: n, wake })),
    /** The clock as a client's port: { now(), sleep(ms) }. */
    time: { now: clock.now, sleep: (/** @type {number} */ ms) => clock.sleep(clock.now() + ms) },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(() => resolve(undefined)));
    },
  });
}

/** @param {{ status: number, body: Request }} options */
function unwrap({ status, body }) {
  if (status !== 200) throw Object.assign(new Error(body.message), { name: body.__type });
  return body;
}

/** @param {http.IncomingMessage} request */
async function readBody(request) {
  const parts = [];
  let size = 0;
  for await (const part of request) {
    size += part.length;
    if (size > LARGEST_BODY) throw new Error('A body of more than 4 MB.');
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/**
 * The time in an answer is the double's: a client may put its own clock right by it.
 * @param {http.ServerResponse} response
 * @param {Reply} options
 * @param {number} now
 */
export function send(response, { status, headers, body, half = false }, now) {
  const date = new Date(now).toUTCString();
  response.writeHead(status, { ...headers, date, 'content-length': Buffer.byteLength(body) });
  if (!half) response.end(body);
  else response.write(body.slice(0, body.length / 2), () => response.destroy());
}
