// A remote cache for Nx, by its specification for self-hosted caches: for tests, and to inspect the requests of Nx. In memory.
//   node tools/cache-server.mjs [--port 5002] --token WORD [--reader WORD]
import http from 'node:http';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

/**
 * Starts it on 127.0.0.1 and resolves to { url, entries, journal, close(), fault }.
 *
 * token    grants reading and writing. `reader` grants only reading: 403 for a PUT.
 * entries  a Map of the entries, by hash. An entry is never replaced: 409.
 * fault    what it answers instead, by the method: { status, content }, or 'silence'. Set by a test that wants a broken cache.
 * journal  one line for each request, in the order in which they ended: `GET <hash> 404`.
 */
export async function start({ port = 0, token, reader }) {
  const entries = new Map();
  const journal = [];
  const cache = { entries, journal, close, fault: undefined };
  const server = http.createServer(async (request, response) => {
    const body = await readAll(request);
    const [, hash] = /^\/v1\/cache\/([A-Za-z0-9_-]+)$/.exec(request.url) ?? [];
    const fault = cache.fault?.(request.method);
    if (fault === 'silence') return void journal.push(`${request.method} ${hash} silence`);
    const { status, content = '' } = fault ?? (hash ? answer(request, hash, body) : { status: 404 });
    journal.push(`${request.method} ${hash ?? request.url} ${status}`);
    const type = status === 200 && request.method === 'GET' ? 'application/octet-stream' : 'text/plain';
    response.writeHead(status, { 'content-type': type, 'content-length': content.length }).end(content);
  });
  await new Promise((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  return Object.assign(cache, { url: `http://127.0.0.1:${server.address().port}` });

  function answer({ method, headers }, hash, body) {
    const isReader = reader !== undefined && headers.authorization === `Bearer ${reader}`;
    if (!isReader && headers.authorization !== `Bearer ${token}`) return { status: 401 };
    if (method === 'GET') return entries.has(hash) ? { status: 200, content: entries.get(hash) } : { status: 404 };
    if (method !== 'PUT') return { status: 405 };
    if (isReader) return { status: 403, content: 'read-only' };
    if (entries.has(hash)) return { status: 409 };
    entries.set(hash, body);
    return { status: 200 };
  }

  async function close() {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

async function readAll(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { values } = parseArgs({
    options: { port: { type: 'string', default: '5002' }, token: { type: 'string' }, reader: { type: 'string' } },
  });
  if (!values.token) throw new Error('Missing option: --token');
  const cache = await start({ ...values, port: Number(values.port) });
  console.log(`export NX_SELF_HOSTED_REMOTE_CACHE_SERVER=${cache.url} NX_SELF_HOSTED_REMOTE_CACHE_ACCESS_TOKEN=${values.token}`);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void cache.close());
}
