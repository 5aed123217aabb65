import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { problemOf } from '../../../testing/push-kit';
import { dockerCredentials } from './docker-config';

let dir: string;
let environment: NodeJS.ProcessEnv;

beforeEach(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'kdcube-docker-config-'));
  environment = { ...process.env, DOCKER_CONFIG: dir, PATH: `${dir}${path.delimiter}${process.env.PATH}` };
});
afterEach(() => fs.rmSync(dir, { recursive: true, force: true }));

function config(value: unknown): void {
  fs.writeFileSync(path.join(dir, 'config.json'), typeof value === 'string' ? value : JSON.stringify(value));
}

/** A credential helper as the protocol wants it: the server on stdin, JSON or a sentence on stdout. */
function helper(name: string, script: string): void {
  fs.writeFileSync(path.join(dir, `docker-credential-${name}`), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

const of = (host: string) => dockerCredentials(host, environment);
const auth = (text: string) => ({ auth: Buffer.from(text).toString('base64') });
const login = (username: string, password: string) => ({ kind: 'password', username, password });

describe('config.json', () => {
  it('may be missing', async () => {
    expect(await of('ghcr.io')).toBeUndefined();
  });

  it('is looked for in the home folder when DOCKER_CONFIG is not set', async () => {
    fs.mkdirSync(path.join(dir, '.docker'));
    fs.writeFileSync(path.join(dir, '.docker', 'config.json'), JSON.stringify({ auths: { 'ghcr.io': auth('me:home') } }));
    environment = { ...environment, DOCKER_CONFIG: undefined, HOME: dir };
    expect(await of('ghcr.io')).toEqual(login('me', 'home'));
  });

  it.each(['ghcr.io', 'https://ghcr.io', 'http://ghcr.io/', 'https://ghcr.io/v2/', 'ghcr.io/org'])(
    'has a host under the key %s',
    async (key) => {
      config({ auths: { 'other.io': auth('a:b'), [key]: auth('me:pa:ss') } });
      expect(await of('ghcr.io')).toEqual(login('me', 'pa:ss'));
      expect(await of('io')).toBeUndefined();
      expect(await of('ghcr.io:443')).toBeUndefined();
    },
  );

  it('prefers the exact key, then the one without a path', async () => {
    config({ auths: { 'ghcr.io/org': auth('me:path'), 'https://ghcr.io': auth('me:url'), 'ghcr.io': auth('me:exact') } });
    expect(await of('ghcr.io')).toEqual(login('me', 'exact'));
    config({ auths: { 'ghcr.io/some/long/path': auth('me:path'), 'https://ghcr.io': auth('me:url') } });
    expect(await of('ghcr.io')).toEqual(login('me', 'url'));
  });

  it.each(['docker.io', 'index.docker.io', 'registry-1.docker.io'])(
    'has the hub, asked as %s, under its old key',
    async (host) => {
      config({
        auths: { 'https://index.docker.io/v1/access-token': auth('me:no'), 'https://index.docker.io/v1/': auth('me:hub') },
      });
      expect(await of(host)).toEqual(login('me', 'hub'));
    },
  );

  it('reads tokens and plain names', async () => {
    config({
      auths: {
        'a.io': { ...auth('<token>:'), identitytoken: 'refresh' },
        'b.io': { registrytoken: 'bearer' },
        'c.io': { username: 'me', password: 'plain' },
        'd.io': {},
      },
    });
    expect(await of('a.io')).toEqual({ kind: 'identity', token: 'refresh' });
    expect(await of('b.io')).toEqual({ kind: 'bearer', token: 'bearer' });
    expect(await of('c.io')).toEqual(login('me', 'plain'));
    expect(await of('d.io')).toBeUndefined();
    expect(await of('__proto__')).toBeUndefined();
  });

  it.each(['', '[]', 'null', '{"auths": {"ghcr.io": {"auth": "c2VjcmV0', '{"auths": []}'])(
    'is a problem when it is %j',
    async (text) => {
      config(text);
      const problem = await problemOf(of('ghcr.io'));
      expect(problem.code).toBe('file-error');
      expect(problem.message).toContain('config.json');
      expect(problem.message).not.toContain('c2VjcmV0');
    },
  );

  it('is a problem when auth is not name:password, and the secret is not shown', async () => {
    config({ auths: { 'ghcr.io': auth('hunter2') } });
    const problem = await problemOf(of('ghcr.io'));
    expect(problem).toMatchObject({ code: 'file-error', hint: 'docker login ghcr.io' });
    expect(problem.message).not.toContain(auth('hunter2').auth);
  });
});

describe('credential helpers', () => {
  it('are asked for the host that they are named for, before the store', async () => {
    helper('mine', 'read server; printf \'{"ServerURL":"%s","Username":"AWS","Secret":"of-%s"}\' "$server" "$server"');
    helper('store', 'printf \'{"Username":"me","Secret":"stored"}\'');
    config({ credHelpers: { 'ecr.example.com': 'mine' }, credsStore: 'store', auths: { 'ecr.example.com': {} } });
    expect(await of('ecr.example.com')).toEqual(login('AWS', 'of-ecr.example.com'));
    expect(await of('ghcr.io')).toEqual(login('me', 'stored'));
  });

  it('are asked for the hub under its old key', async () => {
    helper('store', 'read server; printf \'{"Username":"me","Secret":"%s"}\' "$server"');
    config({ credsStore: 'store' });
    expect(await of('docker.io')).toEqual(login('me', 'https://index.docker.io/v1/'));
  });

  it('may give a refresh token', async () => {
    helper('store', 'printf \'{"Username":"<token>","Secret":"refresh"}\'');
    config({ credsStore: 'store' });
    expect(await of('ghcr.io')).toEqual({ kind: 'identity', token: 'refresh' });
  });

  it('that have nothing leave it to the file', async () => {
    helper('store', 'echo "credentials not found in native keychain"; exit 1');
    config({ credsStore: 'store', auths: { 'ghcr.io': auth('me:file') } });
    expect(await of('ghcr.io')).toEqual(login('me', 'file'));
    expect(await of('other.io')).toBeUndefined();
  });

  it.each([
    ['that fail', 'echo "no AWS credentials in the chain" >&2; exit 1', /no AWS credentials in the chain/],
    ['that print something else', 'echo secret-but-not-json', /not the JSON/],
  ])('%s are a problem with their reason', async (_, script, reason) => {
    helper('mine', script);
    config({ credHelpers: { 'ghcr.io': 'mine' } });
    const problem = await problemOf(of('ghcr.io'));
    expect(problem.code).toBe('registry-denied');
    expect(problem.message).toMatch(reason);
    expect(problem.message).not.toContain('secret-but-not-json');
  });

  it('that are not installed are a problem that names them', async () => {
    config({ credHelpers: { 'ghcr.io': 'missing' } });
    expect(await problemOf(of('ghcr.io'))).toMatchObject({
      code: 'registry-denied',
      message: expect.stringContaining('docker-credential-missing is not on this machine'),
    });
  });

  it('are never run under a name that is a path', async () => {
    helper('x', 'echo ran > "$DOCKER_CONFIG/ran"');
    config({ credsStore: '../x' });
    expect((await problemOf(of('ghcr.io'))).code).toBe('file-error');
    expect(fs.existsSync(path.join(dir, 'ran'))).toBe(false);
  });
});
