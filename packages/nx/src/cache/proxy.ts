import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import * as path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { isEntry } from './entry';
import { type CacheServer, fetchEntry, sendEntry, type TimeLimits } from './server';

export interface ProxyOptions {
  server: CacheServer;
  limits: TimeLimits;
  /** Stores nothing. */
  readOnly: boolean;
  /** An existing folder for entries on their way. */
  folder: string;
  /** Called once: with what the server did when it was given up. */
  onFailure: (what: string) => void;
}

/** What was confirmed. */
export interface ProxyCounts {
  restored: number;
  missing: number;
  stored: number;
  /** Entries that are none. */
  refused: number;
}

export interface Proxy extends CacheServer {
  token: string;
  counts: ProxyCounts;
  close(): Promise<void>;
}

/**
 * A cache for Nx on this machine, in front of one that may be broken. Nx has no time limit, and fails a task when its cache does; so what is not a whole entry is
 * "not there" here, and a server that fails once is not asked again.
 */
export async function startProxy(options: ProxyOptions): Promise<Proxy> {
  const token = randomBytes(24).toString('hex');
  const counts: ProxyCounts = { restored: 0, missing: 0, stored: 0, refused: 0 };
  const state = { isUsable: true };
  let files = 0;
  const giveUp = (what: string) => {
    if (state.isUsable) options.onFailure(what);
    state.isUsable = false;
  };
  const http1 = http.createServer((request, response) => {
    const [, hash] = /^\/v1\/cache\/([\w-]{1,200})$/.exec(request.url ?? '') ?? [];
    const file = path.join(options.folder, String((files += 1)));
    const answer = async (): Promise<number> => {
      // Others on this machine must not get what only the token of the server gives.
      if (request.headers.authorization !== `Bearer ${token}`) return 401;
      if (hash === undefined) return 404;
      if (request.method === 'GET') return get(hash, file);
      return request.method === 'PUT' ? put(hash, file, request) : 405;
    };
    answer()
      .catch(() => 404)
      .then((status) => reply(request, response, status, file))
      .catch(() => response.destroy())
      .finally(() => fs.rmSync(file, { force: true }));
  });
  await new Promise<void>((resolve, reject) => http1.once('error', reject).listen(0, '127.0.0.1', resolve));
  const { port } = http1.address() as AddressInfo;
  return { url: new URL(`http://127.0.0.1:${port}`), token, counts, close };

  async function get(hash: string, file: string): Promise<number> {
    const status = await ask(() => fetchEntry(options.server, hash, file, options.limits));
    if (status === 200 && (await isEntry(file))) {
      counts.restored += 1;
      return 200;
    }
    if (status === 200) counts.refused += 1;
    else if (status === 404) counts.missing += 1;
    else if (status !== undefined) giveUp(`answered ${status}`);
    return 404;
  }

  async function put(hash: string, file: string, request: http.IncomingMessage): Promise<number> {
    // What Nx gets for a token that only reads. It goes on.
    const notStored = 403;
    if (options.readOnly || !state.isUsable) return notStored;
    await pipeline(request, fs.createWriteStream(file));
    const status = await ask(() => sendEntry(options.server, hash, file, options.limits));
    if (status === undefined || status === 403) return notStored;
    if (status >= 200 && status < 300) counts.stored += 1;
    // 409: it is there, and is never replaced. 413: too large for this server.
    else if (status !== 409 && status !== 413) giveUp(`answered ${status} to an entry that was sent`);
    return status < 300 || status === 409 ? 200 : notStored;
  }

  async function ask(request: () => Promise<number>): Promise<number | undefined> {
    if (!state.isUsable) return undefined;
    try {
      return await request();
    } catch (error) {
      giveUp((error as Error).message);
      return undefined;
    }
  }

  async function close(): Promise<void> {
    http1.closeAllConnections();
    await new Promise((resolve) => http1.close(resolve));
  }
}

async function reply(request: http.IncomingMessage, response: http.ServerResponse, status: number, file: string): Promise<void> {
  request.resume();
  if (request.method !== 'GET' || status !== 200) return void response.writeHead(status, { 'content-length': 0 }).end();
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': fs.statSync(file).size });
  await pipeline(fs.createReadStream(file), response);
}
