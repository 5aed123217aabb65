import { generateKeyPairSync } from 'node:crypto';
import { KdcubeError } from '../problem/problem';
import { readPublicKeys } from './keys';

const PUBLIC = { type: 'spki', format: 'pem' } as const;
const PRIVATE = { type: 'pkcs8', format: 'pem' } as const;
const pair = generateKeyPairSync('ec', { namedCurve: 'P-256', publicKeyEncoding: PUBLIC, privateKeyEncoding: PRIVATE });

function problemOf(text: string): string {
  try {
    readPublicKeys(text, 'keys/release.pub');
  } catch (error) {
    return (error as KdcubeError).message;
  }
  return 'none';
}

it('reads every key of a file, with text around them', () => {
  const ed = generateKeyPairSync('ed25519', { publicKeyEncoding: PUBLIC, privateKeyEncoding: PRIVATE });
  const keys = readPublicKeys(`# until 2027\r\n${pair.publicKey.replaceAll('\n', '\r\n')}\n# and the next\n${ed.publicKey}`, 'k');
  expect(keys.map(({ key }) => key.asymmetricKeyType)).toEqual(['ec', 'ed25519']);
});

it.each([
  ['nothing', '', /is not a public key in PEM format/],
  ['garbage', '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n', /is not a public key in PEM format/],
  ['a certificate', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n', /is not a public key in PEM format/],
  [
    'an RSA key',
    generateKeyPairSync('rsa', { modulusLength: 2048, publicKeyEncoding: PUBLIC, privateKeyEncoding: PRIVATE }).publicKey,
    /of the kind "rsa 2048"/,
  ],
  [
    'a key on another curve',
    generateKeyPairSync('ec', { namedCurve: 'P-384', publicKeyEncoding: PUBLIC, privateKeyEncoding: PRIVATE }).publicKey,
    /of the kind "ec secp384r1"/,
  ],
])('refuses %s', (_, text, why) => {
  expect(problemOf(text)).toMatch(/\[signing-key\]/);
  expect(problemOf(text)).toMatch(why);
});

it('refuses a private key, and prints nothing of it', () => {
  const message = problemOf(pair.publicKey + pair.privateKey);
  expect(message).toMatch(/keys\/release\.pub holds a private key/);
  for (const line of pair.privateKey.split('\n').slice(1, -2)) expect(message).not.toContain(line);
});
