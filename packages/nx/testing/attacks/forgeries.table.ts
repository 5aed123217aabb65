import { forger } from './forge';
import { attacker, ci, kit, signed, statement } from './signature-kit';

interface BundleJson {
  mediaType: string;
  dsseEnvelope: { payload: string; payloadType: string; signatures: { sig: string }[] };
}

const edited = async (digest: string, change: (bundle: BundleJson) => void) => {
  const bundle = JSON.parse(await statement(digest)) as BundleJson;
  change(bundle);
  return JSON.stringify(bundle);
};

type Attack = (digest: string) => Promise<unknown>;

/** What an attacker stores beside an unsigned image. */
export const FORGERIES: [what: string, why: RegExp, attack: Attack][] = [
  ['nothing', /it has no signature/, async () => undefined],
  [
    'a signature by a key of theirs',
    /no trusted key made its signature/,
    async (digest) => kit.forge.plant(digest, await statement(digest, undefined, attacker)),
  ],
  [
    'a signature by a key of theirs, with the hint of ours',
    /no trusted key made its signature/,
    async (digest) =>
      kit.forge.plant(digest, (await statement(digest, undefined, attacker)).replaceAll(attacker.trusted.id, ci.trusted.id)),
  ],
  [
    'our signature of another statement',
    /no trusted key made its signature/,
    async (digest) => {
      const theirs = JSON.parse(await statement(digest, undefined, attacker)) as BundleJson;
      const other = JSON.parse(await statement(`sha256:${'0'.repeat(64)}`)) as BundleJson;
      other.dsseEnvelope.payload = theirs.dsseEnvelope.payload;
      await kit.forge.plant(digest, JSON.stringify(other));
    },
  ],
  [
    'our signature of another image',
    /its statement is about the image sha256:0/,
    async (digest) => kit.forge.plant(digest, await statement(`sha256:${'0'.repeat(64)}`)),
  ],
  [
    'our signature of the same digest for another content key',
    /its statement is about the content key f/,
    async (digest) =>
      kit.forge.plant(
        digest,
        await statement(digest, (value) => {
          value.predicate.buildDefinition.externalParameters.contentKey = 'f'.repeat(64);
        }),
      ),
  ],
  [
    'our signature of another image of the release',
    /its statement is about the image exec of a release/,
    async (digest) =>
      kit.forge.plant(
        digest,
        await statement(digest, (value) => {
          value.predicate.buildDefinition.externalParameters.image = 'exec';
        }),
      ),
  ],
  [
    'our signature of a statement with another predicate',
    /its statement is not a/,
    async (digest) =>
      kit.forge.plant(digest, await statement(digest, (value) => ({ ...value, predicateType: 'https://spdx.dev/Document' }))),
  ],
  [
    'our signature of a statement of a later version',
    /its statement is not a/,
    async (digest) => kit.forge.plant(digest, await statement(digest, (value) => ({ ...value, _type: `${value._type}2` }))),
  ],
  [
    'our signature of two images',
    /its statement is not a/,
    async (digest) =>
      kit.forge.plant(
        digest,
        await statement(digest, (value) => void value.subject.unshift({ name: 'x', digest: { sha256: '0'.repeat(64) } })),
      ),
  ],
  [
    'our signature of a text',
    /its statement is not a/,
    async (digest) => kit.forge.plant(digest, await statement(digest, () => 'x')),
  ],
  [
    'a bundle of an unknown version',
    /it is not a bundle of the type/,
    async (digest) =>
      kit.forge.plant(
        digest,
        await edited(digest, (bundle) => (bundle.mediaType = 'application/vnd.dev.sigstore.bundle.v9+json')),
      ),
  ],
  [
    'an envelope with another type of payload',
    /it is not a bundle of the type/,
    async (digest) => kit.forge.plant(digest, await edited(digest, (bundle) => (bundle.dsseEnvelope.payloadType = 'text/plain'))),
  ],
  ['garbage', /it is not a bundle of the type/, async (digest) => kit.forge.plant(digest, Buffer.from([0, 255, 1, 254]))],
  ['an empty bundle', /it is not a bundle of the type/, async (digest) => kit.forge.plant(digest, '')],
  [
    'a bundle of 100,000 levels',
    /it is not a bundle of the type/,
    async (digest) => kit.forge.plant(digest, '['.repeat(100_000)),
  ],
  [
    'a bundle of 4 MB',
    /it has more than 262144 bytes/,
    async (digest) => kit.forge.plant(digest, (await statement(digest)) + ' '.repeat(4_000_000)),
  ],
  [
    'a bundle of 4 MB that is announced as small',
    /do.* not count: /,
    async (digest) => kit.forge.plant(digest, (await statement(digest)) + ' '.repeat(4_000_000), { size: 100 }),
  ],
  [
    'a good bundle in a layer of another type',
    /is not a signature/,
    async (digest) => kit.forge.plant(digest, await statement(digest), { mediaType: 'application/octet-stream' }),
  ],
  ['the image itself as its signature', /is not a signature/, async (digest) => kit.forge.list(digest, [await entryOf(digest)])],
  [
    'a list that is no list',
    /cannot be read: .* is not an index of referrers/,
    async (digest) => {
      const repository = forger(kit.ours.registry.host, 'acme/proc');
      await repository.put(digest.replace(':', '-'), await repository.read(digest));
    },
  ],
  [
    'a list of what does not exist',
    /does not exist/,
    async (digest) => {
      const missing = { ...(await entryOf(digest)), digest: `sha256:${'0'.repeat(64)}` };
      kit.ours.registry.faults = ({ reference }) => (reference === digest.replace(':', '-') ? listOf([missing]) : undefined);
    },
  ],
  [
    'a list that is garbage',
    /cannot be read: /,
    async (digest) => {
      kit.ours.registry.faults = ({ reference }) =>
        reference === digest.replace(':', '-')
          ? { status: 200, headers: { 'content-type': 'application/vnd.oci.image.index.v1+json' }, body: '{' }
          : undefined;
    },
  ],
];

/** Another image under the key of a signed one, with a copy of its signature. */
export async function replaceSigned(): Promise<void> {
  const { key, digest } = await signed();
  const repository = forger(kit.ours.registry.host, 'acme/proc');
  const image = await repository.read(digest);
  image.config.config.Cmd = ['evil'];
  const forged = await repository.put(`c-${key}`, image);
  await kit.forge.plant(forged, (await kit.forge.bundles(digest))[0]!);
}

async function entryOf(digest: string) {
  const { manifest } = await forger(kit.ours.registry.host, 'acme/proc').read(digest);
  const size = JSON.stringify(manifest).length;
  return { mediaType: manifest.mediaType!, digest, size, artifactType: 'application/vnd.dev.sigstore.bundle.v0.3+json' };
}
function listOf(manifests: object[]) {
  const type = 'application/vnd.oci.image.index.v1+json';
  return {
    status: 200,
    headers: { 'content-type': type },
    body: JSON.stringify({ schemaVersion: 2, mediaType: type, manifests }),
  };
}
