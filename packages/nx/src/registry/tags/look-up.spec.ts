import { type Asked, closeAfterEach, type Double, double, open, problemOf } from '../../../testing/push-kit';
import { putImage } from '../../../testing/registry-kit';
import { headBlob } from '../blobs/head-blob';
import { listTags } from './list-tags';
import { expectWrites } from './look-up';
import { findManifest, headManifest } from '../manifests/manifests';
import { listReferrers } from '../referrers';
import type { Registry } from '../transport/connect';

closeAfterEach();
const digest = `sha256:${'1'.repeat(64)}`;
const password = async () => ({ kind: 'password', username: 'ann', password: 'secret' }) as const;
const denied = (status: number, code = 'DENIED') => ({ status, body: JSON.stringify({ errors: [{ code, message: 'no' }] }) });
/** Requires a password, and denies every one. */
const denying = (status: number) => (asked: Asked) => {
  const { authorization } = asked.headers;
  return authorization ? denied(status) : { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } };
};
const isRead = ({ method, kind }: Asked) => ['GET', 'HEAD'].includes(method) && kind !== 'token';

function client(registry: Double, { writes = true, login = true } = {}): Registry {
  const opened = open(registry.host, login ? { credentials: password } : {});
  if (writes) expectWrites({ registry: opened, repository: 'a' });
  return opened;
}

const questions: [string, (registry: Registry) => Promise<unknown>, unknown][] = [
  ['a tag', (registry) => headManifest(registry, 'a', 'v1'), undefined],
  ['a manifest', (registry) => findManifest(registry, 'a', 'v1'), undefined],
  ['a blob', (registry) => headBlob(registry, 'a', { digest, size: 1 }), false],
  ['the tags', (registry) => listTags(registry, 'a'), []],
  ['the referrers', (registry) => listReferrers({ registry, repository: 'a' }, digest), []],
];

describe.each(questions)('%s that may not be read before something is pushed', (_, ask, nothing) => {
  it.each([401, 403])('%d: absent where an upload can begin; the upload is cancelled', async (status) => {
    const registry = await double();
    registry.faults = (asked) => (isRead(asked) ? denying(status)(asked) : undefined);
    const registryClient = client(registry);
    expect(await ask(registryClient)).toEqual(nothing);
    const writes = registry.journal.filter(({ method }) => !['GET', 'HEAD'].includes(method));
    expect(writes.map(({ method, status }) => `${method} ${status}`)).toEqual(['POST 202', 'DELETE 204']);
    await ask(registryClient);
    expect(registry.journal.filter(({ method }) => method === 'POST')).toHaveLength(1);
  });

  it('the Problem of the look-up where writing is denied too, or the command does not write, or there is no login', async () => {
    const registry = await double();
    registry.faults = denying(403);
    expect((await problemOf(ask(client(registry)))).code).toBe('registry-denied');
    registry.faults = (asked) => (isRead(asked) ? denying(403)(asked) : undefined);
    registry.journal.length = 0;
    expect((await problemOf(ask(client(registry, { writes: false })))).code).toBe('registry-denied');
    expect((await problemOf(ask(client(registry, { login: false })))).code).toBe('registry-denied');
    expect(registry.journal.filter(({ method }) => method === 'POST')).toEqual([]);
  });
});

it('a token with the right to write may read what a token without it may not (Quay)', async () => {
  const registry = await double({ auth: { type: 'bearer', users: { ann: 'secret' } } });
  let created = false;
  registry.faults = (asked) => {
    const scopes = (asked as unknown as { query: URLSearchParams }).query.get('scope') ?? '';
    if (asked.kind === 'token') return void (created ||= scopes.includes('push'));
    return created ? undefined : { status: 401, headers: { 'www-authenticate': `Bearer realm="http://${registry.host}/token"` } };
  };
  expect(await headManifest(client(registry), 'a', 'v1')).toBeUndefined();
  expect(registry.journal.filter(({ method }) => method === 'POST')).toEqual([]);
});

it('a token endpoint that refuses the scope is a denial too (Google)', async () => {
  const registry = await double({ auth: { type: 'bearer', users: { ann: 'secret' } } });
  registry.faults = (asked) => {
    const scopes = (asked as unknown as { query: URLSearchParams }).query.get('scope') ?? '';
    return asked.kind === 'token' && !scopes.includes('push') ? denied(403) : undefined;
  };
  expect(await headManifest(client(registry), 'a', 'v1')).toBeUndefined();
  expect((await problemOf(headManifest(client(registry, { writes: false }), 'a', 'v1'))).code).toBe('registry-denied');
});

it('a registry with some anonymous reading denies without a challenge: it is requested at /v2/', async () => {
  const registry = await double();
  registry.faults = (asked) => {
    if (asked.kind === 'base') return denying(200)(asked);
    const { authorization } = asked.headers;
    return isRead(asked) || !authorization ? denied(403) : undefined;
  };
  expect(await headManifest(client(registry), 'a', 'v1')).toBeUndefined();
});

it('a repository that must be created first is that Problem', async () => {
  const registry = await double({ repositories: ['b'] });
  registry.faults = (asked) => (isRead(asked) ? denying(403)(asked) : undefined);
  expect((await problemOf(headManifest(client(registry), 'a', 'v1'))).code).toBe('registry-repository-missing');
});

it('what exists and may be read is read, without trying to write', async () => {
  const registry = await double();
  const put = await putImage(registry.host, 'a', 'v1', 'one');
  registry.journal.length = 0;
  expect((await headManifest(client(registry), 'a', 'v1'))?.digest).toBe(put);
  expect(registry.journal.map(({ method }) => method)).toEqual(['HEAD']);
});

it('what was just written and may not be read is denied, not absent', async () => {
  const registry = await double();
  registry.faults = (asked) => (isRead(asked) ? denying(403)(asked) : undefined);
  expect((await problemOf(headManifest(client(registry), 'a', 'v1', { isWritten: true }))).code).toBe('registry-denied');
});

it('the storage that a registry redirects to is no registry: its denial stays one', async () => {
  const registry = await double();
  const other = await double();
  other.faults = () => denied(403);
  registry.faults = (asked) => isRead(asked) && { status: 307, headers: { location: `http://${other.host}/x` } };
  expect((await problemOf(findManifest(client(registry), 'a', 'v1'))).message).toContain('redirects');
});

it('a repository that can be written is asked with the right to write, and its denial is a Problem also without a login', async () => {
  const registry = await double();
  registry.faults = (asked) => (isRead(asked) || asked.kind === 'uploads' ? denied(403) : undefined);
  const anonymous = client(registry, { login: false });
  anonymous.writes.set('a', Promise.resolve(true));
  expect(await headManifest(anonymous, 'a', 'v1')).toBeUndefined();
});
