import * as fs from 'node:fs';
import * as http from 'node:http';
import * as https from 'node:https';
import { pipeline } from 'node:stream/promises';

/** A remote cache by Nx's specification for self-hosted caches, and what grants access to it. */
export interface CacheServer {
  url: URL;
  token?: string;
}

/** How long a cache may take. It saves seconds, so it gets few. Milliseconds. */
export interface TimeLimits {
  /** Until its answer begins, and without a byte in either direction. */
  idle: number;
  /** For one request and its answer. */
  total: number;
}

/** Compressed. What is larger is built faster than it is sent. */
const MAX_BYTES = 2 * 1024 ** 3;
const MAX_REDIRECTS = 3;

/** Asks for an entry, and writes it to `file`. Resolves to the status; only 200 has written. Rejects with what the server did: completes "The cache …". */
export async function fetchEntry(server: CacheServer, hash: string, file: string, limits: TimeLimits): Promise<number> {
  let url = entryUrl(server, hash);
  for (let redirects = 0; ; redirects += 1) {
    // Where another host keeps the bytes, the address itself grants access.
    const token = url.origin === server.url.origin ? server.token : undefined;
    const { status, location } = await send({ method: 'GET', url, token, limits, into: file });
    if (![301, 302, 303, 307, 308].includes(status)) return status;
    if (location === undefined || redirects === MAX_REDIRECTS) throw new Error(`answered ${status}, which leads nowhere`);
    url = redirected(location, url);
  }
}

/** Sends the entry in `file`. Resolves to the status; rejects as `fetchEntry` does. */
export async function sendEntry(server: CacheServer, hash: string, file: string, limits: TimeLimits): Promise<number> {
  const { status } = await send({ method: 'PUT', url: entryUrl(server, hash), token: server.token, limits, from: file });
  return status;
}

/** As Nx does: the path is appended to the address. */
function entryUrl({ url }: CacheServer, hash: string): URL {
  const base = new URL(url);
  base.pathname = `${base.pathname.replace(/\/+$/, '')}/v1/cache/${hash}`;
  return base;
}

function redirected(location: string, from: URL): URL {
  const url = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  // Never from an encrypted connection to one that is not.
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && from.protocol === 'http:')) return url;
  throw new Error(`redirected to ${url ? `an address with ${url.protocol}` : 'no address'}`);
}

interface Outgoing {
  method: 'GET' | 'PUT';
  url: URL;
  token?: string;
  limits: TimeLimits;
  from?: string;
  into?: string;
}

function send({ method, url, token, limits, from, into }: Outgoing): Promise<{ status: number; location?: string }> {
  const size = from === undefined ? undefined : fs.statSync(from).size;
  const headers = {
    'user-agent': 'kdcube-nx',
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    ...(size !== undefined && { 'content-type': 'application/octet-stream', 'content-length': String(size) }),
  };
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? https : http).request(url, { method, headers, agent: false });
    const stop = (why: string) => request.destroy(new Error(why));
    const total = setTimeout(() => stop(`did not finish in ${seconds(limits.total)}`), limits.total);
    request.setTimeout(limits.idle, () => stop(`did not answer in ${seconds(limits.idle)}`));
    request.on('close', () => clearTimeout(total));
    const fail = (error: NodeJS.ErrnoException) => reject(new Error(reasonOf(error)));
    request.on('error', fail);
    request.on('response', (response) => {
      const { statusCode: status = 0, headers: answered } = response;
      if (status !== 200 || into === undefined) {
        // The rest of an answer is of no interest, and may have no end.
        request.off('error', fail).on('error', () => undefined);
        response.destroy();
        return resolve({ status, location: answered.location });
      }
      pipeline(response, limited, fs.createWriteStream(into)).then(() => resolve({ status }), fail);
    });
    if (from === undefined) request.end();
    // An answer that comes before everything is sent ends the request: its status counts.
    else pipeline(fs.createReadStream(from), request).catch(() => undefined);
  });
}

async function* limited(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of source) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) throw new Error('sent more than 2 GiB');
    yield chunk;
  }
}

function seconds(milliseconds: number): string {
  return `${milliseconds / 1000} s`;
}

const REASONS: Record<string, string> = {
  ECONNREFUSED: 'refused the connection',
  ENOTFOUND: 'has a name that no name server knows',
  EAI_AGAIN: 'has a name that no name server answered for',
  ECONNRESET: 'closed the connection',
  ERR_STREAM_PREMATURE_CLOSE: 'closed the connection in the middle of an entry',
};

function reasonOf({ code = '', message }: NodeJS.ErrnoException): string {
  return REASONS[code] ?? (code === '' ? message : `could not be reached: ${message}`);
}
