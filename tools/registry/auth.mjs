// Authentication of registries: Basic, and Bearer with a token service (here at /token of the same host).
import { randomUUID } from 'node:crypto';

/**
 * `auth` is undefined (open) or { type: 'basic' | 'bearer', users: { name: password }, anonymousPull?: boolean, ttl?: seconds }.
 * `check(request, scope)` returns undefined if the request is allowed, else the challenge for a 401.
 */
export function createAuth(auth, address) {
  if (!auth) return { check: () => undefined };
  if (auth.type === 'basic') {
    return { check: ({ headers }) => (knownUser(auth, headers.authorization) ? undefined : 'Basic realm="registry"') };
  }
  const tokens = new Map();
  return {
    check({ headers }, scope) {
      const token = tokens.get(/^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1]);
      const missing = scope && !token?.scopes.some((have) => covers(have, scope));
      if (token && token.expires > Date.now() && !missing) return undefined;
      const asked = scope ? `,scope="${scope.type}:${scope.name}:${scope.actions.join(',')}"` : '';
      return `Bearer realm="${address()}/token",service="registry"${asked}${token && missing ? ',error="insufficient_scope"' : ''}`;
    },
    /** The token service: GET with Basic, or an OAuth2 POST with a password. */
    token({ headers, query, body }) {
      const form = new URLSearchParams(body?.toString('utf8') ?? '');
      const user = knownUser(auth, headers.authorization) ?? passwordUser(auth, form);
      const named = headers.authorization !== undefined || form.has('password');
      if (named && user === null) return undefined;
      const asked = [...query.getAll('scope'), ...form.getAll('scope')].flatMap((text) => text.split(' ')).map(parseScope);
      const scopes = asked
        .filter(Boolean)
        .map((scope) =>
          user !== null ? scope : { ...scope, actions: auth.anonymousPull ? scope.actions.filter((a) => a === 'pull') : [] },
        );
      const token = randomUUID();
      const ttl = auth.ttl ?? 300;
      tokens.set(token, { scopes, expires: Date.now() + ttl * 1000 });
      return { token, access_token: token, expires_in: ttl, issued_at: new Date().toISOString() };
    },
    /** Revokes every token, as a registry does when its keys change. */
    revoke: () => tokens.clear(),
  };
}

function knownUser(auth, header) {
  const encoded = /^Basic (.+)$/i.exec(header ?? '')?.[1];
  if (!encoded) return null;
  const [, name, password] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, 'base64').toString('utf8')) ?? [];
  return Object.hasOwn(auth.users, name ?? '') && auth.users[name] === password ? name : null;
}

function parseScope(text) {
  const [, type, name, actions] = /^([a-z]+):(.+):([a-z,*]+)$/.exec(text) ?? [];
  return type && { type, name, actions: actions.split(',') };
}

function covers(have, wanted) {
  return (
    have.type === wanted.type && have.name === wanted.name && wanted.actions.every((action) => have.actions.includes(action))
  );
}

function passwordUser(auth, form) {
  const name = form.get('username') ?? '';
  return Object.hasOwn(auth.users, name) && auth.users[name] === form.get('password') ? name : null;
}
