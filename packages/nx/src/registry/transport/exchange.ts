import { LIMITS } from '@kdcube/release/internal';
import * as http from 'node:http';
import * as https from 'node:https';
import { invalidResponse } from './problems';
import type { Transport, StreamBody, HttpRequest, HttpResponse } from './types';

const ERROR_LIMIT = LIMITS.registryErrorBytes.max;
/** Bytes in a millisecond: the slowest line on which a stream is worth waiting for. */
const SLOWEST = 10;

/** One request and its response, read to the end within the limits. Rejects with a NetworkError, or with the Problem `registry-response` for too many bytes. */
export function roundTrip(transport: Transport, outgoing: HttpRequest): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    const request = openRequest(transport, outgoing);
    let stoppedBy: string | undefined;
    let begun = false;
    const stop = (reason: string) => {
      stoppedBy = reason;
      request.destroy();
    };
    const fail = (error: NodeJS.ErrnoException) => {
      const code = stoppedBy ?? error.code;
      const stale = request.reusedSocket && !begun && stoppedBy === undefined;
      // Its neighbours have been idle as long: each would fail in the same way, until all tries are used up.
      if (stale) for (const agent of Object.values(transport.agents)) closeIdleConnections(agent);
      reject(Object.assign(error, { code, begun, stale }));
    };
    setTimeouts(request, outgoing, transport.timeouts, stop);
    request.on('error', fail);
    request.on('close', () => fail(Object.assign(new Error('The connection was closed.'), { code: 'ECONNRESET' })));
    request.on('response', (response) => {
      begun = true;
      response.on('error', fail);
      const { statusCode: status = 0, headers } = response;
      if (outgoing.streamBytes !== undefined && status < 300)
        return resolve({ origin: outgoing.url.origin, status, headers, body: Buffer.alloc(0), stream: response });
      readBody(response, outgoing, (outcome) => {
        const tooEarly = status < 300 && !request.writableEnded;
        if (outcome instanceof Error) reject(outcome);
        else if (tooEarly)
          reject(invalidResponse(`${outgoing.url.host} answered with success before it had received the whole request.`));
        else resolve(outcome);
        // A connection with an unfinished request or response is not reused.
        if (!response.complete || !request.writableEnded) request.destroy();
      });
    });
    if (!isStream(outgoing.body)) return request.end(outgoing.body);
    writeBody(request, outgoing.body.open()).catch((error) => {
      reject(error);
      request.destroy();
    });
  });
}

/** Closes the idle connections. */
function closeIdleConnections({ freeSockets }: http.Agent): void {
  for (const socket of Object.values(freeSockets).flat()) socket?.destroy();
}

/** Sends the source with back-pressure. A response that arrives early ends it, and the source with it. */
async function writeBody(request: http.ClientRequest, source: AsyncIterable<Uint8Array>): Promise<void> {
  const ended = () => request.destroyed;
  for await (const chunk of source) {
    if (ended()) return;
    if (!request.write(chunk)) await waitForDrain(request);
    if (ended()) return;
  }
  request.end();
}

function waitForDrain(request: http.ClientRequest): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      request.off('drain', done);
      request.off('close', done);
      resolve();
    };
    request.on('drain', done);
    request.on('close', done);
    if (request.destroyed) done();
  });
}

function isStream(body: HttpRequest['body']): body is StreamBody {
  return typeof body === 'object' && 'open' in body;
}

function bodyLength(body: HttpRequest['body']): number {
  if (body === undefined) return 0;
  return isStream(body) ? body.size : Buffer.byteLength(body);
}

function openRequest(transport: Transport, { method, url, headers, body, signal }: HttpRequest): http.ClientRequest {
  const length: Record<string, string> = body === undefined ? {} : { 'content-length': String(bodyLength(body)) };
  const options = { method, signal, headers: { 'user-agent': 'kdcube-nx', ...headers, ...length } };
  return url.protocol === 'https:'
    ? https.request(url, { ...options, agent: transport.agents.https })
    : http.request(url, { ...options, agent: transport.agents.http });
}

function setTimeouts(
  request: http.ClientRequest,
  { url, body, streamBytes = 0 }: HttpRequest,
  limits: Transport['timeouts'],
  stop: (reason: string) => void,
): void {
  const size = isStream(body) ? body.size : streamBytes;
  const total = setTimeout(() => stop('KD_TOTAL'), limits.total + size / SLOWEST);
  let connect: NodeJS.Timeout | undefined;
  request.on('socket', (socket) => {
    if (!socket.connecting) return;
    connect = setTimeout(() => stop('KD_CONNECT'), limits.connect);
    socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', () => clearTimeout(connect));
  });
  request.setTimeout(limits.idle, () => stop('KD_IDLE'));
  // A registry may verify or copy a large blob before it responds.
  if (isStream(body)) request.on('finish', () => request.setTimeout(limits.total));
  request.on('close', () => {
    clearTimeout(total);
    clearTimeout(connect);
  });
}

function readBody(
  response: http.IncomingMessage,
  { method, url, maxBytes }: HttpRequest,
  done: (outcome: HttpResponse | Error) => void,
): void {
  const status = response.statusCode ?? 0;
  const good = status < 300;
  const most = good ? maxBytes : ERROR_LIMIT;
  const chunks: Buffer[] = [];
  let size = 0;
  const answer = () => done({ origin: url.origin, status, headers: response.headers, body: Buffer.concat(chunks) });
  const tooLarge = () => done(invalidResponse(`${url.host} answered ${method} ${url.pathname} with more than ${most} bytes.`));
  if (good && method !== 'HEAD' && Number(response.headers['content-length'] ?? 0) > most) return tooLarge();
  response.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size <= most) chunks.push(chunk);
    else if (good) tooLarge();
    else answer();
  });
  response.on('end', answer);
}
