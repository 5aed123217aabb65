import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { endpointUrl, connect, sha256Digest, referenceName, contentDigest } from './connect';
import { OCI_MANIFEST } from '../manifests/manifest-format';
import { headManifest } from '../manifests/manifests';

const DIGEST = sha256Digest(Buffer.from(''));

describe('connect', () => {
  it.each([
    ['127.0.0.1:5000', 'http://127.0.0.1:5000/'],
    ['localhost:5000', 'http://localhost:5000/'],
    ['[::1]:5000', 'http://[::1]:5000/'],
    ['localhost:443', 'https://localhost/'],
    ['ghcr.io', 'https://ghcr.io/'],
    ['registry:5000', 'https://registry:5000/'],
    ['10.0.0.1:5000', 'https://10.0.0.1:5000/'],
    ['docker.io', 'https://registry-1.docker.io/'],
  ])('asks %s at %s', (host, base) => {
    expect(connect(host, { insecure: [] }).base.href).toBe(base);
  });

  it('asks named hosts over plain http', () => {
    expect(connect('registry:5000', { insecure: ['registry:5000'] }).base.protocol).toBe('http:');
    const before = process.env.KDCUBE_INSECURE_REGISTRIES;
    process.env.KDCUBE_INSECURE_REGISTRIES = 'other, registry:5000';
    expect(connect('registry:5000').base.protocol).toBe('http:');
    expect(connect('registry:5001').base.protocol).toBe('https:');
    if (before === undefined) delete process.env.KDCUBE_INSECURE_REGISTRIES;
    else process.env.KDCUBE_INSECURE_REGISTRIES = before;
  });

  it.each(['', 'a b', 'me@ghcr.io', 'ghcr.io/x', 'http://ghcr.io', 'ghcr.io\n', '-x'])('refuses %j', (host) => {
    expect(() => connect(host)).toThrow('registry-name');
  });
});

describe('addresses', () => {
  const registry = connect('ghcr.io');

  it('are made of names', () => {
    expect(endpointUrl(registry, 'a/b', 'manifests', 'v1').href).toBe('https://ghcr.io/v2/a/b/manifests/v1');
    expect(endpointUrl(registry, 'a/b', 'blobs', DIGEST).href).toBe(`https://ghcr.io/v2/a/b/blobs/${DIGEST}`);
    expect(referenceName(registry, 'a/b', 'v1')).toBe('ghcr.io/a/b:v1');
    expect(referenceName(registry, 'a/b', DIGEST)).toBe(`ghcr.io/a/b@${DIGEST}`);
  });

  it.each(['../x', 'a/../b', '', 'A', 'a?b', 'a#b', 'a b'])('do not leave their place by the repository %j', (repository) => {
    expect(() => endpointUrl(registry, repository, 'manifests', 'v1')).toThrow('registry-name');
  });

  it.each(['../x', '', 'a/b', 'a?b', '-x', 'a\r\nb'])('do not leave their place by the reference %j', (reference) => {
    expect(() => endpointUrl(registry, 'a', 'manifests', reference)).toThrow('unsafe-tag');
    expect(() => endpointUrl(registry, 'a', 'blobs', reference)).toThrow('unsafe-tag');
  });

  it('name blobs by digest only', () => {
    expect(() => endpointUrl(registry, 'a', 'blobs', 'v1')).toThrow('unsafe-tag');
  });
});

it('a stated digest is a digest', () => {
  const answer = (value?: string | string[]) => ({
    origin: '',
    status: 200,
    headers: { 'docker-content-digest': value },
    body: Buffer.alloc(0),
  });
  expect(contentDigest(answer(), 'it')).toBeUndefined();
  expect(contentDigest(answer(DIGEST), 'it')).toBe(DIGEST);
  for (const value of ['', 'x', DIGEST.toUpperCase(), [DIGEST, DIGEST], `${DIGEST}, ${DIGEST}`]) {
    expect(() => contentDigest(answer(value), 'it')).toThrow('registry-response');
  }
});

describe('connections that idle', () => {
  let server: http.Server | undefined;
  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
  });

  /** As a NAT or a load balancer that forgets: what comes over a connection from before is answered by a reset. */
  async function forgetful(): Promise<{ host: string; forget(): void }> {
    let age = 0;
    const born = new WeakMap<object, number>();
    const made = (server = http.createServer(({ socket }, response) => {
      if (born.get(socket)! < age) return void socket.resetAndDestroy();
      response.writeHead(200, { 'docker-content-digest': DIGEST, 'content-length': '10', 'content-type': OCI_MANIFEST });
      // Others come meanwhile, each over a connection of its own.
      setTimeout(() => response.end(), 50);
    }));
    made.on('connection', (socket) => born.set(socket, age));
    await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
    return { host: `127.0.0.1:${(made.address() as AddressInfo).port}`, forget: () => void (age += 1) };
  }

  it('cost no try when the other side has forgotten them all', async () => {
    const { host, forget } = await forgetful();
    const notices: string[] = [];
    const open = () => connect(host, { credentials: async () => undefined, onRetry: (text) => void notices.push(text) });
    const ask = (registry = open()) => headManifest(registry, 'a/b', 'v1');
    const first = open();
    await Promise.all(Array.from({ length: 16 }, () => ask(first)));
    forget();
    expect(await ask()).toMatchObject({ digest: DIGEST });
    expect(notices).toEqual([]);
  });

  it('are ended in time', () => {
    const { agents } = connect('ghcr.io').transport;
    const all = [agents.http, agents.https] as (http.Agent & { options: http.AgentOptions })[];
    expect(all.map(({ options }) => options.timeout)).toEqual([20_000, 20_000]);
    expect(connect('ghcr.io').transport.agents).toBe(agents);
  });
});
