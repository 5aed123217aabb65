// A small OCI registry in this process: for the demo on a machine without one, and for tests that need one to fail on purpose.
import http from 'node:http';
import https from 'node:https';
import { createAuth } from './auth.mjs';
import { createBlobs } from './blobs.mjs';
import { createManifests } from './manifests.mjs';
import { json, refuse, reply, route } from './protocol.mjs';
import { openStore } from './store.mjs';
import { TLS } from './tls.mjs';

/**
 * Starts a registry and resolves to { url, host, close(), journal, faults, revoke(), images(name), remove(name, digest) }.
 *
 * port          default 0: a free one. Listens on 127.0.0.1 only.
 * dir           a folder to keep the content in. Default: memory.
 * auth          see auth.mjs; or a function of a request that answers instead, or does not. Default: open.
 * tls           https, with a certificate of its own (tls.mjs). Default: http.
 * immutable     repositories whose tags are written once: names, or true for all. Default: none.
 * repositories  the repositories that exist; pushing to another is 404 NAME_UNKNOWN. Default: pushing makes them.
 * referrers     whether it has the referrers API. Default: no, as Debian's docker-registry.
 * uploads       { absolute: the place of an upload is a whole address; mount: false: no mounts, as Amazon has it until it is switched on;
 *               leastPiece: bytes of a PATCH that is not the last; most: bytes of a body, 413 above }. Default: paths, mounts, any size.
 * faults        (request) => undefined | 'cut' | 'lost' | { status, headers?, body? } | { cutAfter: bytes } | { cutBody: bytes } | { endless: bytes }, or a promise of
 *               one of these, which holds the request. Asked for each request, before anything else. 'cut' closes the connection without an answer; 'lost' does what was asked, and then closes it without an answer;
 *               cutAfter answers, and closes it after so many bytes of the body; cutBody closes it after so many bytes of the request's body; endless
 *               does nothing of what was asked, and answers with these bytes, again and again, for as long as the client listens.
 *               The returned object's `faults` may be set again at any time.
 *
 * answers       (request, answer) => undefined | another answer. Asked for each answer that the registry itself gives: { status, headers, body }.
 *
 * A request, for `faults` and in the `journal` (in the order of their ends): { method, path, query, headers, kind, name?, reference?, digest?, id? };
 * the journal adds status (0: cut), received and sent (bytes of the bodies). It holds no authorization headers.
 */
export async function start({
  port = 0,
  dir,
  auth,
  tls,
  immutable = [],
  repositories,
  uploads = {},
  referrers = false,
  faults,
  answers,
} = {}) {
  const store = openStore(dir);
  const blobs = createBlobs(store, uploads);
  const isImmutable = (name) => (typeof immutable === 'boolean' ? immutable : immutable.includes(name));
  const manifests = createManifests(store, blobs, isImmutable);
  const registry = {
    url: '',
    host: '',
    journal: [],
    faults,
    revoke: () => doors.revoke?.(),
    images: manifests.images,
    remove: manifests.remove,
    close,
  };
  const doors = createAuth(typeof auth === 'function' ? undefined : auth, () => registry.url);

  const handler = (incoming, outgoing) => void serve(incoming, outgoing);
  const server = tls ? https.createServer(TLS, handler) : http.createServer(handler);
  await new Promise((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  registry.host = `127.0.0.1:${server.address().port}`;
  registry.url = `${tls ? 'https' : 'http'}://${registry.host}`;
  return registry;

  async function serve(incoming, outgoing) {
    const url = new URL(incoming.url, 'http://registry');
    const path = decoded(url.pathname);
    const request = {
      method: incoming.method,
      path,
      query: url.searchParams,
      headers: incoming.headers,
      ...(route(path) ?? { kind: 'unknown' }),
    };
    const fault = await registry.faults?.(request);
    if (fault === 'cut') return finish(request, { status: 0 }, 0, () => incoming.socket.destroy());
    let answer;
    try {
      request.body = await readAll(incoming, fault?.cutBody);
      answer = fault?.endless
        ? reply(200)
        : fault?.status === undefined
          ? own(request)
          : reply(fault.status, fault.headers, fault.body ?? '');
    } catch (error) {
      if (incoming.socket.destroyed) return finish(request, { status: 0 }, 0, () => {});
      answer = refuse(500, 'UNKNOWN', String(error));
    }
    if (uploads.absolute && answer.headers.location?.startsWith('/'))
      answer.headers.location = `${registry.url}${answer.headers.location}`;
    if (fault === 'lost') return finish(request, answer, 0, () => incoming.socket.destroy());
    if (fault?.endless) return finish(request, answer, 0, () => flood(outgoing, fault));
    finish(request, answer, fault?.cutAfter, () => send(incoming, outgoing, answer, fault?.cutAfter));
  }

  function own(request) {
    const answer = handle(request);
    return answers?.(request, answer) ?? answer;
  }

  function handle(request) {
    const { kind, method, name } = request;
    if (kind === 'unknown') return refuse(404, 'UNSUPPORTED', 'no such address');
    if (kind === 'token') return issue(request);
    const reading = method === 'GET' || method === 'HEAD';
    const scope = name && { type: 'repository', name, actions: reading ? ['pull'] : ['pull', 'push'] };
    const instead = typeof auth === 'function' && auth(request);
    if (instead) return instead;
    const challenge = doors.check(request, scope);
    if (challenge) return refuse(401, 'UNAUTHORIZED', 'authentication required', { 'www-authenticate': challenge });
    if (name && repositories && !repositories.includes(name)) {
      return refuse(404, 'NAME_UNKNOWN', `The repository with name '${name}' does not exist in the registry`);
    }
    if (kind === 'base') return json(200, {});
    if (kind === 'catalog') return manifests.catalog();
    if (kind === 'tags') return manifests.tags(request);
    if (kind === 'referrers') return referrers ? manifests.referrers(request) : refuse(404, 'UNSUPPORTED', 'no such address');
    if (kind === 'manifest') return manifests.manifest(request);
    if (kind === 'uploads')
      return method === 'POST' ? blobs.start(request) : refuse(405, 'UNSUPPORTED', 'The operation is unsupported.');
    return kind === 'upload' ? blobs.upload(request) : blobs.blob(request);
  }

  function issue(request) {
    const token = doors.token?.(request);
    return token
      ? json(200, token)
      : refuse(401, 'UNAUTHORIZED', 'wrong user or password', { 'www-authenticate': 'Basic realm="token"' });
  }

  function finish({ body, headers, query, ...request }, answer, cutAfter, act) {
    const { authorization: _, ...plain } = headers;
    const sent = request.method === 'HEAD' ? 0 : Math.min(answer.body?.length ?? 0, cutAfter ?? Infinity);
    registry.journal.push({
      ...request,
      query: Object.fromEntries(query),
      headers: plain,
      status: answer.status,
      received: body?.length ?? 0,
      sent,
    });
    act();
  }

  async function close() {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

function decoded(path) {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

async function readAll(incoming, cutBody = Infinity) {
  const chunks = [];
  let size = 0;
  for await (const chunk of incoming) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= cutBody) incoming.socket.destroy();
  }
  if (size >= cutBody) throw new Error('cut');
  return Buffer.concat(chunks);
}

function flood(outgoing, { headers, endless }) {
  outgoing.writeHead(200, headers);
  const more = () => outgoing.destroyed || outgoing.write(endless, more);
  more();
}

function send(incoming, outgoing, { status, headers, body }, cutAfter) {
  const noBody = status === 204 || status === 304;
  outgoing.writeHead(status, {
    'docker-distribution-api-version': 'registry/2.0',
    ...(noBody ? {} : { 'content-length': body.length }),
    ...headers,
  });
  if (cutAfter === undefined) return outgoing.end(incoming.method === 'HEAD' || noBody ? undefined : body);
  outgoing.flushHeaders();
  outgoing.write(body.subarray(0, cutAfter), () => incoming.socket.destroy());
}
