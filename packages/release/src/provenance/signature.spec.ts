import * as path from 'node:path';
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { expectGolden } from '../../../../tools/testing/golden';
import { LIMITS } from '../problem/limits';
import { planImage } from '../image/image';
import { keyId, readPublicKeys, signBytes, type PublicKey } from './keys';
import { preAuthEncoding, printBundle } from './envelope';
import { judgeSignature, signImage, type SignedImage } from './signature';
import { imageStatement, type ProvenanceFacts } from './statement';

const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ed = generateKeyPairSync('ed25519');
const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = (key: KeyObject) => key.export({ type: 'spki', format: 'pem' }) as string;
const keys = readPublicKeys(pem(ec.publicKey) + pem(ed.publicKey), 'keys/release.pub');

const tree = (letter: string) => letter.repeat(40);
const digest = `sha256:${'a'.repeat(64)}`;
const plan = planImage('proc', {
  platform: 'linux/amd64',
  dockerfile: 'Dockerfile',
  files: tree('1'),
  bundles: [
    { id: 'here', folder: 'here', tree: tree('2') },
    { id: 'there', folder: 'there', tree: tree('3') },
  ],
  bases: { '$REGISTRY/base:1': `sha256:${'b'.repeat(64)}` },
  args: { TOKEN: 'not in the statement' },
  platformRef: '2026.7.20.444',
});
const pin = {
  pin: 1 as const,
  repo: 'https://u:pw@git.example/x',
  ref: 'v1',
  subdir: 'b',
  commit: tree('4'),
  path: 'b/there',
  tree: tree('3'),
};
const facts: ProvenanceFacts = {
  repository: 'registry.example/acme/proc',
  digest,
  plan,
  folder: 'images/proc',
  bundles: [
    { id: 'here', path: 'bundles/here' },
    { id: 'there', path: 'b/there', pin },
  ],
  commit: tree('5'),
};
const image: SignedImage = { digest, image: 'proc', contentKey: plan.key };
const judge = (text: string | Uint8Array, about: Partial<SignedImage> = {}, trusted: readonly PublicKey[] = keys) => {
  const verdict = judgeSignature(Buffer.from(text), { ...image, ...about }, trusted);
  return verdict.by ? verdict.by.id : verdict.why;
};
type Statement = ReturnType<typeof imageStatement>;
/** A statement that the trusted key signed. */
const signed = (change: (statement: Statement) => unknown) => {
  const statement = structuredClone(imageStatement(facts));
  const payload = Buffer.from(JSON.stringify(change(statement) ?? statement));
  return printBundle(payload, signBytes(preAuthEncoding(payload), ec.privateKey), '');
};
interface BundleJson {
  mediaType: string;
  dsseEnvelope: { payload: string; payloadType: string; signatures: { sig: string }[] };
}
const bundle = (change: (json: BundleJson) => unknown) => {
  const json = JSON.parse(signImage(facts, ec.privateKey)) as BundleJson;
  return JSON.stringify(change(json) ?? json);
};

it('says what the image is made of, and neither a time, a password nor a build argument', () => {
  const statement = imageStatement(facts);
  expectGolden(path.join(__dirname, '../../fixtures/provenance/statement.json'), `${JSON.stringify(statement, null, 2)}\n`);
  expect(JSON.stringify(statement)).not.toMatch(/pw|TOKEN|not in the statement/);
  expect(imageStatement(facts)).toEqual(statement);
});

it('encodes as DSSE says', () => {
  const type = 'application/vnd.in-toto+json';
  expect(preAuthEncoding(Buffer.from('hé')).toString()).toBe(`DSSEv1 ${type.length} ${type} 3 hé`);
});

it.each([
  ['ECDSA on P-256', ec],
  ['Ed25519', ed],
])('a signature by %s counts, and names its key', (_, pair) => {
  const text = signImage(facts, pair.privateKey);
  expect(judge(text)).toBe(keyId(pair.publicKey));
  expect(JSON.parse(text)).toMatchObject({ verificationMaterial: { publicKey: { hint: keyId(pair.privateKey) } } });
});

const UNKNOWN = /^it is not a bundle of the type /;
const UNTRUSTED = 'no trusted key made its signature, or its statement was changed';
const UNREAD = /^its statement is not a /;

it.each<[what: string, why: string | RegExp, text: string | Uint8Array]>([
  ['nothing', UNKNOWN, ''],
  ['no text', UNKNOWN, Uint8Array.of(0xff, 0xfe)],
  ['no JSON', UNKNOWN, '{"mediaType":'],
  ['null', UNKNOWN, 'null'],
  ['a list', UNKNOWN, '[]'],
  ['100,000 levels', UNKNOWN, '['.repeat(100_000)],
  ['too much', /more than 262144 bytes/, Buffer.alloc(LIMITS.signatureBytes.max + 1, ' ')],
  ['another type of bundle', UNKNOWN, bundle((json) => void (json.mediaType = 'application/vnd.dev.sigstore.bundle.v0.9+json'))],
  ['no envelope', UNKNOWN, bundle((json) => ({ ...json, dsseEnvelope: undefined }))],
  ['a payload that is no base64', UNKNOWN, bundle((json) => void (json.dsseEnvelope.payload = '!'))],
  ['another type of payload', UNKNOWN, bundle((json) => void (json.dsseEnvelope.payloadType = 'text/plain'))],
  ['no signature', UNKNOWN, bundle((json) => void (json.dsseEnvelope.signatures = []))],
  ['two signatures', UNKNOWN, bundle((json) => void json.dsseEnvelope.signatures.push(...json.dsseEnvelope.signatures))],
  ['an empty signature', UNTRUSTED, bundle((json) => void (json.dsseEnvelope.signatures = [{ sig: '' }]))],
  ['a signature that is garbage', UNTRUSTED, bundle((json) => void (json.dsseEnvelope.signatures = [{ sig: 'AAAA' }]))],
  ['a signature by another key', UNTRUSTED, signImage(facts, other.privateKey)],
  [
    'a signature of the statement without its type',
    UNTRUSTED,
    bundle(({ dsseEnvelope }) => {
      dsseEnvelope.signatures[0]!.sig = sign('sha256', Buffer.from(dsseEnvelope.payload, 'base64'), ec.privateKey).toString(
        'base64',
      );
    }),
  ],
  [
    'a statement that was changed',
    UNTRUSTED,
    bundle(({ dsseEnvelope }) => {
      const text = Buffer.from(dsseEnvelope.payload, 'base64').toString();
      dsseEnvelope.payload = Buffer.from(text.replaceAll('a'.repeat(64), 'c'.repeat(64))).toString('base64');
    }),
  ],
  ['a payload that is no statement', UNREAD, signed(() => 'hello')],
  ['another type of statement', UNREAD, signed((statement) => ({ ...statement, _type: 'https://in-toto.io/Statement/v2' }))],
  ['another type of predicate', UNREAD, signed((statement) => ({ ...statement, predicateType: 'https://spdx.dev/Document' }))],
  [
    'another type of build',
    UNREAD,
    signed(({ predicate }) => void ((predicate.buildDefinition as { buildType: string }).buildType += '2')),
  ],
  ['no subject', UNREAD, signed((statement) => void (statement.subject = []))],
  ['two subjects', UNREAD, signed((statement) => void statement.subject.push(statement.subject[0]!))],
  [
    'another image',
    `its statement is about the image sha256:${'c'.repeat(64)}`,
    signed((statement) => void (statement.subject[0]!.digest.sha256 = 'c'.repeat(64))),
  ],
  [
    'another content key',
    'its statement is about the content key x',
    signed(({ predicate }) => void (predicate.buildDefinition.externalParameters.contentKey = 'x')),
  ],
  [
    'another image of the release',
    'its statement is about the image exec of a release',
    signed(({ predicate }) => void (predicate.buildDefinition.externalParameters.image = 'exec')),
  ],
])('does not count: %s', (_, why, text) => {
  expect(judge(text)).toEqual(typeof why === 'string' ? why : expect.stringMatching(why));
});

it('a signature of one image is none of another', () => {
  const text = signImage(facts, ec.privateKey);
  expect(judge(text, { digest: `sha256:${'c'.repeat(64)}` })).toMatch(/about the image sha256:a/);
  expect(judge(text, { contentKey: 'x' })).toMatch(/about the content key [0-9a-f]{64}/);
  expect(judge(text, {}, [])).toBe(UNTRUSTED);
  expect(judge(text, {}, readPublicKeys(pem(other.publicKey), 'x'))).toBe(UNTRUSTED);
});
