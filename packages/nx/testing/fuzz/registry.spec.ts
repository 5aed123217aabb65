import * as fc from 'fast-check';
import { mutatedText } from '../../../release/testing/fuzz/mutate-text';
import { mutatedJson, mutatedValue } from '../../../release/testing/fuzz/mutate-value';
import { fuzz } from '../../../release/testing/fuzz/run';
import { getImage } from '../../src/registry/manifests/image';
import { listTags } from '../../src/registry/tags/list-tags';
import { OCI_INDEX, OCI_LAYER, OCI_MANIFEST } from '../../src/registry/manifests/manifest-format';
import { headManifest } from '../../src/registry/manifests/manifests';
import { connect, sha256Digest } from '../../src/registry/transport/connect';
import { parseChallenges } from '../../src/registry/transport/challenges';
import { answeringServer, type AnsweringServer } from './answering-server';

const DIGEST = `sha256:${'b'.repeat(64)}`;
const CONFIG = {
  ...{ architecture: 'amd64', os: 'linux', created: '2026-11-30T00:00:00Z', history: [{ created_by: 'x', empty_layer: true }] },
  config: {
    Env: ['A=b'],
    Cmd: ['x'],
    Labels: { a: 'b' },
    ExposedPorts: { '80/tcp': {} },
    Healthcheck: { Test: ['NONE'], Interval: 5 },
    User: '1',
  },
  rootfs: { type: 'layers', diff_ids: [DIGEST] },
};
const CONFIG_TYPE = 'application/vnd.oci.image.config.v1+json';
const LAYERS = [{ mediaType: OCI_LAYER, digest: DIGEST, size: 3 }];
const INDEX = {
  ...{ schemaVersion: 2, mediaType: OCI_INDEX },
  manifests: [
    { mediaType: OCI_MANIFEST, digest: DIGEST, size: 7, platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } },
    {
      mediaType: OCI_MANIFEST,
      digest: DIGEST,
      size: 7,
      platform: { os: 'linux', architecture: 'amd64' },
      annotations: { a: 'b' },
    },
  ],
};

let server: AnsweringServer;
beforeAll(async () => void (server = await answeringServer()));
afterAll(() => server.close());
afterEach(() => void (server.withToken = undefined));

function registry(password = 'canary-password') {
  const credentials = async () => ({ kind: 'password', username: 'ann', password }) as const;
  return connect(server.host, { credentials, sleep: async () => undefined });
}

function manifestOf(config: string, layers: unknown = LAYERS) {
  const bytes = Buffer.from(config);
  return {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: { mediaType: CONFIG_TYPE, digest: sha256Digest(bytes), size: bytes.length },
    layers,
    // Most changes land here, where anything is allowed.
    ...{ artifactType: 'x', subject: null, more: [1, { a: [] }, 'b', null, { c: { d: 1, e: 2, f: [1, 2, 3, 4, 5, 6] } }] },
  };
}

function replyWith(manifest: string, config: string): void {
  const blob = `/v2/a/b/blobs/${sha256Digest(Buffer.from(config))}`;
  const headers = { 'content-type': 'application/octet-stream' };
  server.replies = {
    '/v2/a/b/manifests/v1': { body: manifest, headers: { 'content-type': 'application/json' } },
    [blob]: { body: config, headers },
  };
}

async function read() {
  const { config, manifest } = await getImage(registry(), 'a/b', 'v1', 'linux/amd64');
  expect(config.rootfs.diff_ids.length).toBe(manifest.layers.length);
  return undefined;
}

describe('responses of a registry', () => {
  test('the samples are accepted as they are', async () => {
    replyWith(JSON.stringify(manifestOf(JSON.stringify(CONFIG))), JSON.stringify(CONFIG));
    expect(await read()).toBeUndefined();
  });

  fuzz(
    'manifests',
    fc.oneof(mutatedJson([manifestOf(JSON.stringify(CONFIG)), INDEX]), mutatedText([JSON.stringify(INDEX)])),
    (text) => {
      replyWith(text, JSON.stringify(CONFIG));
      return read();
    },
  );

  fuzz('configs', mutatedValue([CONFIG]), (value) => {
    const text = JSON.stringify(value);
    replyWith(JSON.stringify(manifestOf(text)), text);
    return read();
  });

  const ERROR = {
    errors: [
      { code: 'DENIED', message: 'no canary-password here', detail: {} },
      { code: 'NAME_UNKNOWN', message: 'x does not exist in the registry' },
    ],
  };
  const STATUS = fc.constantFrom(200, 201, 202, 204, 301, 307, 400, 401, 403, 404, 405, 409, 413, 418, 429, 500, 502, 503);
  const HEADER = fc.constantFrom(
    'Basic realm="x"',
    'Bearer realm="http://127.0.0.1:1/token",service="x"',
    'Negotiate',
    'Bearer',
    'Bearer realm=""',
    'Bearer realm="file:///etc"',
    '',
  );
  const errors = fc.tuple(
    STATUS,
    fc.oneof(mutatedJson([ERROR]), mutatedText(['<html><body>canary-password</body></html>', JSON.stringify(ERROR)])),
    HEADER,
  );
  fuzz('error bodies: without the password', errors, async ([status, body, challenge]) => {
    server.replies = { '/': { status, body, headers: { 'www-authenticate': challenge, location: '/v2/elsewhere' } } };
    for (const run of [() => getImage(registry(), 'a/b', 'v1', 'linux/amd64'), () => headManifest(registry(), 'a/b', 'v1')]) {
      const failure = await run().then(
        () => undefined,
        (error: unknown) => error,
      );
      if (failure === undefined) continue;
      // Only who was sent a password can repeat it.
      if (status === 401 && challenge.startsWith('Basic')) expect(String(failure)).not.toContain('canary-password');
      throw failure;
    }
    return undefined;
  });

  const TOKEN = { token: 't0k', access_token: 't1k', expires_in: 300, issued_at: '2026-11-30T00:00:00Z', refresh_token: 'x' };
  fuzz('token responses', fc.oneof(mutatedJson([TOKEN]), mutatedText([JSON.stringify(TOKEN)])), async (body) => {
    const challenge = {
      'www-authenticate': `Bearer realm="http://${server.host}/token",service="x",scope="repository:a/b:pull"`,
    };
    server.replies = { '/token': { body }, '/': { status: 401, headers: challenge, body: '{}' } };
    server.withToken = { status: 404 };
    expect(await headManifest(registry(), 'a/b', 'v1')).toBeUndefined();
    return undefined;
  });

  fuzz(
    'lists of tags',
    fc.tuple(
      mutatedJson([{ name: 'a/b', tags: ['v1', 'c-1'] }]),
      fc.constantFrom('', '</v2/a/b/tags/list?n=1&last=x>; rel="next"', '<', '<http://[>; rel=next'),
    ),
    async ([body, link]) => {
      server.replies = { '/': { body, headers: link === '' ? {} : { link } } };
      // A list that leads in a circle ends too, so only a few are followed here.
      const tags = link.includes('last=x') ? [] : await listTags(registry(), 'a/b');
      expect(tags.every((tag) => typeof tag === 'string')).toBe(true);
      return undefined;
    },
  );

  fuzz(
    'challenges',
    mutatedText([
      'Bearer realm="https://a/b",service="c\\"d",scope="x:y:z", Basic realm=e',
      'Basic',
      'Bearer realm=a, error="x"',
    ]),
    (header) => {
      const headers = { 'www-authenticate': header };
      for (const { scheme, parameters } of parseChallenges({
        status: 401,
        headers,
        body: Buffer.alloc(0),
        origin: 'http://x',
      } as never)) {
        expect(scheme).toBe(scheme.toLowerCase());
        expect(Object.values(parameters).every((value) => typeof value === 'string')).toBe(true);
      }
      return undefined;
    },
  );
});
