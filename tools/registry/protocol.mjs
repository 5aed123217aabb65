// Names, digests and answers of the OCI distribution protocol.
import { createHash } from 'node:crypto';

export const DIGEST = /^sha256:[0-9a-f]{64}$/;
export const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
const NAME = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*)*';

const ROUTES = [
  ['base', /^\/v2\/$/],
  ['token', /^\/token$/],
  ['catalog', /^\/v2\/_catalog$/],
  ['tags', new RegExp(`^/v2/(?<name>${NAME})/tags/list$`)],
  ['manifest', new RegExp(`^/v2/(?<name>${NAME})/manifests/(?<reference>[^/]+)$`)],
  ['referrers', new RegExp(`^/v2/(?<name>${NAME})/referrers/(?<digest>[^/]+)$`)],
  ['uploads', new RegExp(`^/v2/(?<name>${NAME})/blobs/uploads/?$`)],
  ['upload', new RegExp(`^/v2/(?<name>${NAME})/blobs/uploads/(?<id>[0-9a-f-]+)$`)],
  ['blob', new RegExp(`^/v2/(?<name>${NAME})/blobs/(?<digest>[^/]+)$`)],
];

/** What a path asks for: { kind, name?, reference?, digest?, id? }, or undefined. */
export function route(path) {
  for (const [kind, pattern] of ROUTES) {
    const match = pattern.exec(path);
    if (match) return { kind, ...match.groups };
  }
  return undefined;
}

export function digestOf(bytes) {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

export function reply(status, headers = {}, body = Buffer.alloc(0)) {
  return { status, headers, body: Buffer.isBuffer(body) ? body : Buffer.from(body) };
}

export function json(status, value, headers = {}) {
  return reply(status, { 'content-type': 'application/json; charset=utf-8', ...headers }, JSON.stringify(value));
}

export function refuse(status, code, message, headers = {}) {
  return json(status, { errors: [{ code, message }] }, headers);
}
