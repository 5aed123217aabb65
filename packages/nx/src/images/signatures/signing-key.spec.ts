import { generateKeyPairSync, createPublicKey } from 'node:crypto';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { keyId, KdcubeError } from '@kdcube/release/internal';
import { KEY_VARIABLE, PASSWORD_VARIABLE, readSigningKey } from './signing-key';

const PUBLIC = { type: 'spki', format: 'pem' } as const;
const PKCS8 = { type: 'pkcs8', format: 'pem' } as const;
const ec = { namedCurve: 'P-256', publicKeyEncoding: PUBLIC };
const pair = generateKeyPairSync('ec', { ...ec, privateKeyEncoding: PKCS8 });
const ENCRYPTED = { ...PKCS8, cipher: 'aes-256-cbc', passphrase: 'horse' } as const;

/** Made by `cosign generate-key-pair` (v3.1.3) with the password "horse". Nothing else uses it. */
const COSIGN = fs.readFileSync(path.join(__dirname, '../../../fixtures/signatures/cosign.key'), 'utf8');
const COSIGN_PUBLIC = fs.readFileSync(path.join(__dirname, '../../../fixtures/signatures/cosign.pub'), 'utf8');

let root: string;
beforeEach(() => (root = fs.mkdtempSync(path.join(os.tmpdir(), 'key-'))));
afterEach(() => fs.rmSync(root, { recursive: true }));

const idOf = (publicPem: string) => keyId(createPublicKey(publicPem));
const read = (env: Record<string, string>, file?: string) => readSigningKey(root, file, env)?.id;
function problemOf(env: Record<string, string>, file?: string): string {
  try {
    read(env, file);
  } catch (error) {
    if (error instanceof KdcubeError) return error.message;
    throw error;
  }
  return 'none';
}

/** All of one length: jest passes a callback for a parameter that a row lacks. */
function rows<T extends [unknown, unknown, unknown, unknown?]>(list: T[]): [T[0], T[1], T[2], T[3]][] {
  return list.map(([a, b, c, d]) => [a, b, c, d]);
}

it('is undefined if none is configured', () => {
  expect(read({})).toBeUndefined();
  expect(read({ [KEY_VARIABLE]: '' })).toBeUndefined();
});

it.each(
  rows<[what: string, text: string, publicPem: string, password?: string]>([
    ['PKCS#8', pair.privateKey, pair.publicKey],
    ['PKCS#8 with a password that it does not need', pair.privateKey, pair.publicKey, 'x'],
    ...[generateKeyPairSync('ec', { ...ec, privateKeyEncoding: { type: 'sec1', format: 'pem' } })].map(
      ({ privateKey, publicKey }): [string, string, string] => ['SEC 1, as of openssl ecparam', privateKey, publicKey],
    ),
    ...[generateKeyPairSync('ec', { ...ec, privateKeyEncoding: ENCRYPTED })].map(
      ({ privateKey, publicKey }): [string, string, string, string] => ['encrypted PKCS#8', privateKey, publicKey, 'horse'],
    ),
    ...[generateKeyPairSync('ed25519', { publicKeyEncoding: PUBLIC, privateKeyEncoding: PKCS8 })].map(
      ({ privateKey, publicKey }): [string, string, string] => ['Ed25519', privateKey, publicKey],
    ),
    ['the format of cosign', COSIGN, COSIGN_PUBLIC, 'horse'],
  ]),
)('reads %s, from the variable, from its file and from the option', (_, text, publicPem, password) => {
  const env: Record<string, string> = password === undefined ? {} : { [PASSWORD_VARIABLE]: password };
  fs.writeFileSync(path.join(root, 'key.pem'), text);
  const id = idOf(publicPem);
  expect(read({ ...env, [KEY_VARIABLE]: text })).toBe(id);
  expect(read({ ...env, [KEY_VARIABLE]: text.replaceAll('\n', '\\n') })).toBe(id);
  expect(read({ ...env, [KEY_VARIABLE]: path.join(root, 'key.pem') })).toBe(id);
  expect(read({ ...env, [KEY_VARIABLE]: 'not read' }, 'key.pem')).toBe(id);
});

interface CosignKey {
  kdf: { params: { N: number } };
  cipher?: object;
  ciphertext: string;
}
const cosignWith = (change: (json: CosignKey) => void) => {
  const json = JSON.parse(Buffer.from(COSIGN.split('\n').slice(1, -2).join(''), 'base64').toString()) as CosignKey;
  change(json);
  const name = 'ENCRYPTED SIGSTORE PRIVATE KEY';
  return `-----BEGIN ${name}-----\n${Buffer.from(JSON.stringify(json)).toString('base64')}\n-----END ${name}-----\n`;
};
const flip = (text: string) => {
  const bytes = Buffer.from(text, 'base64');
  bytes[20]! ^= 1;
  return bytes.toString('base64');
};
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048, publicKeyEncoding: PUBLIC, privateKeyEncoding: PKCS8 });
const encrypted = generateKeyPairSync('ec', { ...ec, privateKeyEncoding: ENCRYPTED }).privateKey;

it.each(
  rows<[what: string, text: string, why: RegExp, password?: string]>([
    ['garbage', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n', /it is not a private key in PEM format/],
    ['a public key', pair.publicKey, /it is not a private key in PEM format/],
    ['an RSA key', rsa.privateKey, /of the kind "rsa 2048"/],
    ['an encrypted key without a password', encrypted, /it is encrypted, and there is no password/],
    ['an encrypted key with a wrong password', encrypted, /its password is wrong/, 'battery'],
    ['a key of cosign without a password', COSIGN, /it is encrypted, and there is no password/],
    ['a key of cosign with a wrong password', COSIGN, /its password is wrong/, 'battery'],
    [
      'a key of cosign that was changed',
      cosignWith((json) => (json.ciphertext = flip(json.ciphertext))),
      /it is damaged/,
      'horse',
    ],
    [
      'a key of cosign that asks for 16 GB of memory',
      cosignWith((json) => (json.kdf.params.N = 2 ** 24)),
      /it is damaged/,
      'horse',
    ],
    ['a key of cosign without a cipher', cosignWith((json) => delete json.cipher), /it is damaged/, 'horse'],
  ]),
)('rejects %s, and prints nothing of it', (_, text, why, password) => {
  const message = problemOf({ [KEY_VARIABLE]: text, ...(password !== undefined && { [PASSWORD_VARIABLE]: password }) });
  expect(message).toMatch(/^\[signing-key\]/);
  expect(message).toMatch(why);
  for (const line of text.split('\n').slice(1, -2)) expect(message).not.toContain(line);
  if (password !== undefined) expect(message).not.toContain(password);
});

it('rejects a missing file, a folder, a file that is too large, and a key as an argument', () => {
  fs.writeFileSync(path.join(root, 'large'), Buffer.alloc(70_000));
  expect(problemOf({ [KEY_VARIABLE]: 'absent.pem' })).toMatch(/in KDCUBE_SIGNING_KEY cannot be used: .* there is no such file/);
  expect(problemOf({}, 'absent.pem')).toMatch(/in --signingKey cannot be used: .* there is no such file/);
  expect(problemOf({}, '.')).toMatch(/it is a folder/);
  expect(problemOf({}, 'large')).toMatch(/more than 65536 bytes/);
  const message = problemOf({}, pair.privateKey);
  expect(message).toMatch(/--signingKey takes the path of a file/);
  expect(message).not.toContain(pair.privateKey.split('\n')[1]!);
});

it.each([
  ['a key of OpenSSL in base64', Buffer.from(pair.privateKey).toString('base64')],
  ['a key of cosign in base64', Buffer.from(COSIGN).toString('base64')],
  ['a key without its first and last line', pair.privateKey.split('\n').slice(1, -2).join('\n')],
  ['a key without its line ends', pair.privateKey.split('\n').slice(1, -2).join('')],
])('prints nothing of %s, which it takes for a path', (_, text) => {
  for (const message of [problemOf({ [KEY_VARIABLE]: text }), problemOf({}, text)]) {
    expect(message).toMatch(/^\[signing-key\]/);
    expect(message).not.toContain(text.slice(10, 40));
  }
});
