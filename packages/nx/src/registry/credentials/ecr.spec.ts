import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { headManifest } from '../manifests/manifests';
import { getBlob } from '../blobs/blobs';
import { type Registry, connect } from '../transport/connect';
import { resolveCredentials } from './ecr';
import { pushImage } from '../push';
import { closeAfterEach, double, imageOf, onClose, problemOf, serve } from '../../../testing/push-kit';
import { clearAwsVariables } from '../../../testing/aws-kit';

const ECR = '123456789012.dkr.ecr.eu-central-1.amazonaws.com';
const HOURS_12 = 12 * 3_600_000;
const EXPIRED = '{"errors":[{"code":"DENIED","message":"Your authorization token has expired. Reauthenticate and try again."}]}';
const image = imageOf('base', 'bundle one', 'bundle two');
const key = `c-${'a'.repeat(64)}`;

closeAfterEach();
const before = { ...process.env };
let principal = 0;

beforeEach(() => {
  clearAwsVariables();
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'kdcube-ecr-'));
  onClose(() => fs.rmSync(home, { recursive: true, force: true }));
  Object.assign(process.env, {
    DOCKER_CONFIG: home,
    AWS_CONFIG_FILE: path.join(home, 'config'),
    AWS_SHARED_CREDENTIALS_FILE: path.join(home, 'credentials'),
    AWS_EC2_METADATA_DISABLED: 'true',
    // Another one for each test: tokens are kept for the process.
    AWS_ACCESS_KEY_ID: `AKIATEST${(principal += 1)}`,
    AWS_SECRET_ACCESS_KEY: 'secret-of-amazon',
  });
});

afterEach(() => {
  for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
  Object.assign(process.env, before);
});

interface Amazon {
  tokens: string[];
  requests: { target?: string; type?: string; authorization: string; body: string }[];
  /** Answers instead of a token. */
  fault?: () => { status: number; body: string } | undefined;
  life: number;
}

/** Amazon's API for ECR, as far as it is asked for tokens: AWS JSON 1.1. */
async function amazon(life = HOURS_12): Promise<Amazon> {
  const state: Amazon = { tokens: [], requests: [], life };
  const host = await serve((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      const { 'x-amz-target': target, 'content-type': type, authorization = '' } = request.headers;
      state.requests.push({ target: String(target), type, authorization, body });
      const fault = state.fault?.();
      const headers = { 'content-type': 'application/x-amz-json-1.1' };
      if (fault) return void response.writeHead(fault.status, headers).end(fault.body);
      const token = `token-${state.tokens.push('') + 0}-${principal}`;
      state.tokens[state.tokens.length - 1] = token;
      const authorizationToken = Buffer.from(`AWS:${token}`).toString('base64');
      const expiresAt = (Date.now() + state.life) / 1000;
      const data = { authorizationToken, expiresAt, proxyEndpoint: `https://${ECR}` };
      response.writeHead(200, headers).end(JSON.stringify({ authorizationData: [data] }));
    });
  });
  process.env.AWS_ENDPOINT_URL_ECR = `http://${host}`;
  return state;
}

/** ECR's manners: Basic AWS:<token>, 403 for one that has expired, immutable tags, no mounts, no repository made by pushing. */
async function ecr(api: Amazon, options: object = {}) {
  const expired = new Set<string>();
  const registry = await double({
    immutable: true,
    repositories: ['acme/x'],
    uploads: { mount: false, absolute: true },
    ...options,
  });
  let requests = 0;
  const state = { registry, expired, onRequest: undefined as undefined | ((count: number) => void) };
  registry.faults = ({ headers }) => {
    state.onRequest?.((requests += 1));
    const [name, password = ''] = Buffer.from((headers.authorization ?? '').replace(/^Basic /, ''), 'base64')
      .toString()
      .split(':');
    if (expired.has(password)) return { status: 403, body: EXPIRED };
    if (name === 'AWS' && api.tokens.includes(password)) return undefined;
    const challenge = { 'www-authenticate': `Basic realm="https://${ECR}/",service="ecr.amazonaws.com"` };
    return { status: 401, headers: challenge, body: '{"errors":[{"code":"UNAUTHORIZED","message":"Not Authorized"}]}' };
  };
  return state;
}

/** A client of an ECR host, led to the double. */
function clientOf(url: string, now?: () => number): Registry {
  const registry = connect(ECR, { sleep: async () => undefined, now });
  return Object.assign(registry, { base: new URL(url) });
}

function dockerLogin(password: string): void {
  const auth = Buffer.from(`AWS:${password}`).toString('base64');
  fs.writeFileSync(path.join(process.env.DOCKER_CONFIG!, 'config.json'), JSON.stringify({ auths: { [ECR]: { auth } } }));
}

describe('a token', () => {
  it('is asked for in the region of the host, by the name that Amazon knows, and opens the registry', async () => {
    const api = await amazon();
    const { registry } = await ecr(api);
    const client = clientOf(registry.url);
    const pushed = await pushImage(client, 'acme/x', image, { key, tags: [{ tag: 'v1', moving: false }] });
    expect(pushed.how).toBe('pushed');
    expect((await getBlob(client, 'acme/x', image.blobs[1]!.digest)).toString()).toBe('base');
    expect(api.requests).toHaveLength(1);
    expect(api.requests[0]).toMatchObject({
      target: 'AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken',
      type: 'application/x-amz-json-1.1',
      authorization: expect.stringContaining(`Credential=AKIATEST${principal}/`),
    });
    expect(api.requests[0]!.authorization).toContain('/eu-central-1/ecr/aws4_request');
    // Never asked without a name: that would only cost a round trip.
    expect(registry.journal.filter(({ status }) => status === 401)).toEqual([]);
  });

  it('is kept until it ends, for every client of this process', async () => {
    const api = await amazon();
    const { registry } = await ecr(api);
    let now = Date.now();
    await Promise.all([1, 2, 3].map(() => headManifest(clientOf(registry.url), 'acme/x', 'v1')));
    const client = clientOf(registry.url, () => now);
    await headManifest(client, 'acme/x', 'v1');
    expect(api.tokens).toHaveLength(1);
    now += HOURS_12 - 60_000;
    api.life = 2 * HOURS_12;
    await headManifest(
      clientOf(registry.url, () => now),
      'acme/x',
      'v1',
    );
    expect(api.tokens).toHaveLength(2);
    now += 120_000;
    await headManifest(client, 'acme/x', 'v1');
    expect(api.tokens).toHaveLength(2);
  });

  it('that ends in the middle of a push is renewed, at whatever request that is', async () => {
    for (let at = 2; at <= 24; at += 2) {
      const api = await amazon();
      const state = await ecr(api, { repositories: ['acme/x'] });
      // Another principal, so that every round begins with a token of its own.
      process.env.AWS_ACCESS_KEY_ID = `AKIATEST${(principal += 1)}`;
      state.onRequest = (count) => {
        if (count === at) state.expired.add(api.tokens.at(-1)!);
      };
      const pushed = await pushImage(clientOf(state.registry.url), 'acme/x', image, {
        key,
        tags: [{ tag: 'v1', moving: false }],
      });
      expect(pushed.digest).toBe(image.digest);
      expect(api.tokens.length).toBeLessThanOrEqual(2);
      expect(api.requests.length).toBe(api.tokens.length);
    }
  });

  it('that is refused although it is new is a refusal', async () => {
    const api = await amazon();
    const { registry } = await ecr(api);
    registry.faults = () => ({ status: 403, body: EXPIRED });
    const problem = await problemOf(headManifest(clientOf(registry.url), 'acme/x', 'v1'));
    expect(problem).toMatchObject({
      code: 'registry-denied',
      message: expect.stringContaining('has expired'),
      hint: expect.stringContaining('aws ecr get-login-password --region eu-central-1'),
    });
    for (const token of api.tokens) expect(problem.message).not.toContain(token);
  });
});

describe('what docker keeps', () => {
  it('wins, and Amazon is not asked', async () => {
    const api = await amazon();
    const { registry } = await ecr(api);
    dockerLogin('of-docker');
    api.tokens.push('of-docker');
    await headManifest(clientOf(registry.url), 'acme/x', 'v1');
    expect(api.requests).toEqual([]);
  });

  it('and is over, is replaced by a token; without one, the registry’s refusal is said', async () => {
    const api = await amazon();
    const { registry, expired } = await ecr(api);
    dockerLogin('of-yesterday');
    expired.add('of-yesterday');
    expect(await headManifest(clientOf(registry.url), 'acme/x', 'v1')).toBeUndefined();
    expect(api.tokens).toHaveLength(1);
    api.fault = () => ({ status: 400, body: '{"__type":"AccessDeniedException","message":"no"}' });
    process.env.AWS_ACCESS_KEY_ID = `AKIATEST${(principal += 1)}`;
    expect(await problemOf(headManifest(clientOf(registry.url), 'acme/x', 'v1'))).toMatchObject({
      code: 'registry-denied',
      message: expect.stringContaining('Your authorization token has expired'),
    });
  });
});

describe('a repository', () => {
  it('that does not exist is a Problem, with the command that creates it', async () => {
    const { registry } = await ecr(await amazon());
    expect(await problemOf(pushImage(clientOf(registry.url), 'acme/new', image, { key }))).toMatchObject({
      code: 'registry-repository-missing',
      hint: 'nx run release:images --create    creates it and all others that are missing; or aws ecr create-repository --region eu-central-1 --repository-name acme/new',
    });
  });

  it('gets base layers of another by copying, since Amazon does not mount', async () => {
    const { registry } = await ecr(await amazon(), { repositories: ['acme/x', 'acme/base'] });
    const client = clientOf(registry.url);
    await pushImage(client, 'acme/base', image, {});
    const blobs = image.blobs.map((blob) => ({ ...blob, open: undefined, from: { registry: client, repository: 'acme/base' } }));
    const pushed = await pushImage(client, 'acme/x', { ...image, blobs }, { key });
    expect(pushed.blobs.map(({ how }) => how)).toEqual(['copied', 'copied', 'copied', 'copied']);
  });

  it('with immutable tags: the same digest is a success, an existing key is reused, a tag that must not move is not moved', async () => {
    const { registry } = await ecr(await amazon());
    const client = clientOf(registry.url);
    const tags = [{ tag: 'v1', moving: false }];
    const other = imageOf('another');
    await pushImage(client, 'acme/x', image, { key, tags });
    expect(await pushImage(client, 'acme/x', image, { key, tags })).toMatchObject({ how: 'there', blobs: [] });
    expect(await pushImage(client, 'acme/x', other, { key, tags })).toMatchObject({ how: 'reused', digest: image.digest });
    const problem = await problemOf(pushImage(client, 'acme/x', other, { tags }));
    expect(problem.code).toBe('tag-exists');
    for (const digest of [image.digest, other.digest]) expect(problem.message).toContain(digest);
  });
});

describe('no token', () => {
  it('without credentials: what to type', async () => {
    delete process.env.AWS_ACCESS_KEY_ID;
    delete process.env.AWS_SECRET_ACCESS_KEY;
    expect(await problemOf(resolveCredentials(ECR))).toMatchObject({
      code: 'registry-denied',
      message: expect.stringContaining(`There are no credentials for the ECR registry ${ECR}, neither from docker nor from AWS`),
      hint: expect.stringContaining('aws sts get-caller-identity'),
    });
  });

  it.each([
    ['AccessDeniedException', 400, 'registry-denied', 'grant ecr:GetAuthorizationToken'],
    ['UnrecognizedClientException', 400, 'registry-denied', 'aws sts get-caller-identity'],
    ['ExpiredTokenException', 400, 'registry-denied', 'aws sts get-caller-identity'],
    ['SomethingElse', 400, 'registry-response', undefined],
  ])('%s', async (type, status, code, hint) => {
    const api = await amazon();
    const message = 'User: arn:aws:iam::1:user/ci may not\nThe String-to-Sign should have been secret-of-amazon';
    api.fault = () => ({ status, body: JSON.stringify({ __type: type, message: `${message} secret-of-amazon` }) });
    const problem = await problemOf(resolveCredentials(ECR));
    expect(problem).toMatchObject({ code, message: expect.stringContaining('arn:aws:iam::1:user/ci may not') });
    expect(problem.message).toContain(type);
    if (hint) expect(problem.hint).toContain(hint);
    expect(problem.message).not.toContain('String-to-Sign');
    // A failure is not cached: the next call requests a token again.
    api.fault = undefined;
    expect(await resolveCredentials(ECR)).toMatchObject({ kind: 'password', username: 'AWS' });
  });

  it('where Amazon is throttled for a moment there is one, and none where it cannot be reached or gives nonsense', async () => {
    const api = await amazon();
    let left = 1;
    api.fault = () =>
      (left -= 1) >= 0 ? { status: 400, body: '{"__type":"ThrottlingException","message":"slow down"}' } : undefined;
    expect(await resolveCredentials(ECR)).toMatchObject({ username: 'AWS' });
    process.env.AWS_ACCESS_KEY_ID = `AKIATEST${(principal += 1)}`;
    api.fault = () => ({ status: 200, body: '{"authorizationData":[]}' });
    expect((await problemOf(resolveCredentials(ECR))).code).toBe('registry-response');
    process.env.AWS_ENDPOINT_URL_ECR = 'http://127.0.0.1:9';
    expect(await problemOf(resolveCredentials(ECR))).toMatchObject({
      code: 'registry-unreachable',
      message: expect.stringContaining('The ECR API of region eu-central-1 cannot be reached'),
    });
  });

  it('for other hosts is asked for', async () => {
    const api = await amazon();
    for (const host of ['ghcr.io', `${ECR}.evil.io`, 'public.ecr.aws', '127.0.0.1:5000'])
      expect(await resolveCredentials(host)).toBeUndefined();
    expect(api.requests).toEqual([]);
  });
});
