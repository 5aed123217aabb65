import * as http from 'node:http';
import * as https from 'node:https';
import { oddAnswer } from './registry-problems';

/** How requests are sent: connections, patience, and what may be asked without TLS. Times are milliseconds. */
export interface Transport {
  agents: { http: http.Agent; https: https.Agent };
  sleep: (milliseconds: number) => Promise<void>;
  /** Told before each wait, so that a person knows why nothing happens. */
  notify: (text: string) => void;
  /** Tries of one request in all. */
  attempts: number;
  /** `connect`: until the connection stands, TLS included. `idle`: without a single byte. `total`: one try, to its last byte. */
  timeouts: { connect: number; idle: number; total: number };
  mayBePlain: (host: string) => boolean;
  /** Passwords and tokens in use: whatever a registry echoes, they are not printed. */
  secrets: Set<string>;
}

export interface Outgoing {
  method: 'GET' | 'HEAD' | 'PUT' | 'POST';
  url: URL;
  headers: Record<string, string>;
  body?: Uint8Array | string;
  /** The most bytes that a good answer may have. A failed answer is cut at 64 KiB. */
  limit: number;
  /** Throws a Problem `registry-answer` for an answer that cannot be: then it is asked for again, as after a 500. */
  check?: (answer: Answer) => void;
}

export interface Answer {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: Buffer;
}

/** `begun`: an answer had started to come. `stale`: an idle connection was used again, which the other side had given up. */
export type NetworkError = NodeJS.ErrnoException & { begun?: boolean; stale?: boolean };

const ERROR_LIMIT = 64 * 1024;

/** One request and its answer, read to the end within the limits. Rejects with a NetworkError, or with the Problem `registry-answer` for too many bytes. */
export function exchange(transport: Transport, outgoing: Outgoing): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = open(transport, outgoing);
    let stoppedBy: string | undefined;
    let begun = false;
    const stop = (reason: string) => {
      stoppedBy = reason;
      request.destroy();
    };
    const fail = (error: NodeJS.ErrnoException) => {
      const code = stoppedBy ?? error.code;
      const stale = request.reusedSocket && !begun && stoppedBy === undefined;
      reject(Object.assign(error, { code, begun, stale }));
    };
    limitTime(request, outgoing.url, transport.timeouts, stop);
    request.on('error', fail);
    request.on('close', () => fail(Object.assign(new Error('The connection was closed.'), { code: 'ECONNRESET' })));
    request.on('response', (response) => {
      begun = true;
      response.on('error', fail);
      read(response, outgoing, (outcome) => {
        if (outcome instanceof Error) reject(outcome);
        else resolve(outcome);
        // A connection that still has something to say is not used again.
        if (!response.complete) request.destroy();
      });
    });
    request.end(outgoing.body);
  });
}

function open(transport: Transport, { method, url, headers, body }: Outgoing): http.ClientRequest {
  const length: Record<string, string> = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  const options = { method, headers: { 'user-agent': 'kdcube-nx', ...headers, ...length } };
  return url.protocol === 'https:'
    ? https.request(url, { ...options, agent: transport.agents.https })
    : http.request(url, { ...options, agent: transport.agents.http });
}

function limitTime(request: http.ClientRequest, url: URL, limits: Transport['timeouts'], stop: (reason: string) => void): void {
  const total = setTimeout(() => stop('KD_TOTAL'), limits.total);
  let connect: NodeJS.Timeout | undefined;
  request.on('socket', (socket) => {
    if (!socket.connecting) return;
    connect = setTimeout(() => stop('KD_CONNECT'), limits.connect);
    socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', () => clearTimeout(connect));
  });
  request.setTimeout(limits.idle, () => stop('KD_IDLE'));
  request.on('close', () => {
    clearTimeout(total);
    clearTimeout(connect);
  });
}

function read(response: http.IncomingMessage, { method, url, limit }: Outgoing, done: (outcome: Answer | Error) => void): void {
  const status = response.statusCode ?? 0;
  const good = status < 300;
  const most = good ? limit : ERROR_LIMIT;
  const chunks: Buffer[] = [];
  let size = 0;
  const answer = () => done({ status, headers: response.headers, body: Buffer.concat(chunks) });
  const tooLarge = () => done(oddAnswer(`${url.host} answered ${method} ${url.pathname} with more than ${most} bytes.`));
  if (good && method !== 'HEAD' && Number(response.headers['content-length'] ?? 0) > most) return tooLarge();
  response.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size <= most) chunks.push(chunk);
    else if (good) tooLarge();
    else answer();
  });
  response.on('end', answer);
}
