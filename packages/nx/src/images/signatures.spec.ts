// Signatures of images: who creates them, what they prove, and what an attacker with write access to the image repository can do with them.
import * as fs from 'node:fs';
import * as path from 'node:path';
import { PREDICATE_TYPE } from '@kdcube/release/internal';
import { imageStatement } from '../../../release/src/provenance/statement';
import { type Acme, acme, dockerDouble, DOCKERFILE, type Engine, ENTRYPOINT } from '../../testing/acme-kit';
import { acmeRegistry, pushProc } from '../../testing/acme-push';
import { forger } from '../../testing/attacks/forge';
import { signatureForger, signStatement } from '../../testing/attacks/forge-signature';
import { gitSync, problemOf } from '../../testing/git-kit';
import { keyPair } from '../../testing/signatures';
import { silentLog } from '../system/log';
import type { PushOptions } from './push/push';
import { releasedImages, withPlannedImages, type ReleasedOptions } from './released-images';
import { provenanceOf } from './signatures/sign-image';

jest.setTimeout(120_000);

const ci = keyPair();
const attacker = keyPair();
let ours: Acme;
let forge: ReturnType<typeof signatureForger>;
let notes: string[];

beforeEach(async () => {
  ours = await acme();
  forge = signatureForger(ours.registry.host, 'acme/proc');
  notes = [];
});
afterEach(() => ours.end());

const log = { ...silentLog, note: (text: string) => void notes.push(text) };
const push = (more: Partial<PushOptions> = {}) => pushProc(ours, log, more);
const signed = (more: Partial<PushOptions> = {}) => push({ signingKey: ci.signingKey, ...more });
const PROD = { signedFor: 'prod', trustedKeys: [ci.trusted] };
/** The digests that tag, env, plan and deploy take. */
async function resolve(more: Partial<ReleasedOptions> = {}): Promise<string[]> {
  const registries = acmeRegistry(ours);
  const options = { root: ours.root, registries, offline: false, ...more };
  const found = await withPlannedImages(await ours.open(), ['proc'], { offline: false }, log, (planned) =>
    releasedImages(planned, registries.registry!, options, log),
  );
  return found.map(({ digest }) => digest);
}
/** A fresh clone on another machine. */
function anotherMachine(): void {
  for (const place of [process.env.KDCUBE_CACHE_DIR!, path.join(ours.root, 'dist')])
    fs.rmSync(place, { recursive: true, force: true });
  const engine = process.env.DOCKER_DOUBLE;
  if (engine) fs.readdirSync(engine).forEach((file) => fs.rmSync(path.join(engine, file), { recursive: true }));
}
const writes = () => ours.registry.journal.filter(({ method, name }) => method === 'PUT' && name === 'acme/proc').length;

describe('docker-push with a key', () => {
  it('signs the pushed image, names the signature in the receipt, and signs it once', async () => {
    const first = await signed();
    expect(first.signature).toEqual({ keyId: ci.trusted.id, digest: expect.stringMatching(/^sha256:/) });
    expect((await forge.bundles(first.digest)).length).toBe(1);
    const before = writes();
    expect(await signed()).toMatchObject({ how: 'reused', signature: first.signature });
    expect(writes()).toBe(before);
    expect(await resolve(PROD)).toEqual([first.digest]);
  });

  it('signs a reused image that is verified and not yet signed', async () => {
    const { digest, signature } = await push();
    expect(signature).toBeUndefined();
    anotherMachine();
    expect(await signed()).toMatchObject({ how: 'reused', digest, signature: { keyId: ci.trusted.id } });
    expect(await resolve(PROD)).toEqual([digest]);
  });

  it('signs beside the signature of another key', async () => {
    const next = keyPair('ed25519');
    const { digest } = await signed();
    expect(await signed({ signingKey: next.signingKey })).toMatchObject({ signature: { keyId: next.trusted.id } });
    expect(await resolve({ ...PROD, trustedKeys: [next.trusted] })).toEqual([digest]);
    expect(await resolve(PROD)).toEqual([digest]);
  });

  it('states the source: the commit, the trees and the digest of the base', async () => {
    const { digest, key } = await signed();
    const { dsseEnvelope } = JSON.parse((await forge.bundles(digest))[0]!) as { dsseEnvelope: { payload: string } };
    const statement = JSON.parse(Buffer.from(dsseEnvelope.payload, 'base64').toString()) as object;
    expect(statement).toMatchObject({
      subject: [{ name: `${ours.registry.host}/acme/proc`, digest: { sha256: digest.slice(7) } }],
      predicate: {
        buildDefinition: {
          externalParameters: { image: 'proc', contentKey: key },
          resolvedDependencies: [
            { name: 'workspace', digest: { gitCommit: gitSync(ours.root, 'rev-parse', 'HEAD') } },
            { name: 'images/proc', digest: { gitTree: gitSync(ours.root, 'rev-parse', 'HEAD:images/proc') } },
            {
              name: 'bundle here@1-0',
              digest: { gitTree: gitSync(ours.root, 'rev-parse', 'HEAD:bundles/here@1-0') },
              annotations: { path: 'bundles/here@1-0' },
            },
            { name: 'bundle there@2-0', digest: { gitCommit: ours.pin.commit, gitTree: ours.pin.tree } },
            { name: expect.stringContaining('kdcube-chat-proc'), digest: { sha256: expect.any(String) } },
          ],
        },
      },
    });
  });

  it('does not sign uncommitted or unverified content, and signs nothing on a dry run', async () => {
    fs.appendFileSync(path.join(ours.root, 'bundles/here@1-0/entrypoint.py'), 'MORE = 1\n');
    expect((await signed()).signature).toBeUndefined();
    expect(notes).toContainEqual(expect.stringMatching(/^proc is not signed: it has uncommitted content \(bundles\/here@1-0\)/));
    gitSync(ours.root, 'checkout', '-q', '.');
    const { digest } = await push();
    await signed({ dryRun: true });
    expect(await forge.bundles(digest)).toEqual([]);
  });

  it('does not sign an image that trustRegistry accepted', async () => {
    dockerDouble(ours);
    ours.commit({ 'images/proc/Dockerfile_ChatProcBundled': `${DOCKERFILE}RUN pip install x\n` });
    const { digest } = await push();
    anotherMachine();
    expect(await signed({ trustRegistry: true })).toMatchObject({ how: 'reused', trustRegistry: true });
    expect(await forge.bundles(digest)).toEqual([]);
    expect(notes).toContainEqual('proc is not signed: nothing proves what is in it (trustRegistry).');
  });

  it('reports that a folder has no signatures', async () => {
    const registries = { ...acmeRegistry(ours), registry: undefined };
    expect((await signed({ registries })).signature).toBeUndefined();
    expect(notes).toContainEqual(expect.stringMatching(/^proc is not signed: .* none is configured/));
  });

  it('fails if the signature cannot be stored, and sets no tag', async () => {
    ours.registry.faults = ({ method, reference }) =>
      method === 'PUT' && reference?.startsWith('sha256-') ? { status: 403 } : undefined;
    expect(await problemOf(signed())).toMatchObject({ code: 'registry-denied' });
    ours.registry.faults = undefined;
    expect(await forger(ours.registry.host, 'acme/proc').digestOf('customer-main')).toBeUndefined();
    expect(await signed()).toMatchObject({ how: 'reused', signature: { keyId: ci.trusted.id } });
  });
});

interface BundleJson {
  mediaType: string;
  dsseEnvelope: { payload: string; payloadType: string; signatures: { sig: string }[] };
}
type Statement = ReturnType<typeof imageStatement>;
/** The statement about the pushed image, modified, and signed by a key. */
async function statement(digest: string, change: (statement: Statement) => unknown = () => undefined, key = ci): Promise<string> {
  const facts = await ours.job(async (job) => provenanceOf(job, `${ours.registry.host}/acme/proc`, digest, undefined));
  const value = structuredClone(imageStatement(facts));
  return signStatement(change(value) ?? value, key.signingKey);
}
const edited = async (digest: string, change: (bundle: BundleJson) => void) => {
  const bundle = JSON.parse(await statement(digest)) as BundleJson;
  change(bundle);
  return JSON.stringify(bundle);
};

type Attack = (digest: string) => Promise<unknown>;

/** What an attacker stores beside an unsigned image. */
const FORGERIES: [what: string, why: RegExp, attack: Attack][] = [
  ['nothing', /it has no signature/, async () => undefined],
  [
    'a signature by a key of theirs',
    /no trusted key made its signature/,
    async (digest) => forge.plant(digest, await statement(digest, undefined, attacker)),
  ],
  [
    'a signature by a key of theirs, with the hint of ours',
    /no trusted key made its signature/,
    async (digest) =>
      forge.plant(digest, (await statement(digest, undefined, attacker)).replaceAll(attacker.trusted.id, ci.trusted.id)),
  ],
  [
    'our signature of another statement',
    /no trusted key made its signature/,
    async (digest) => {
      const theirs = JSON.parse(await statement(digest, undefined, attacker)) as BundleJson;
      const other = JSON.parse(await statement(`sha256:${'0'.repeat(64)}`)) as BundleJson;
      other.dsseEnvelope.payload = theirs.dsseEnvelope.payload;
      await forge.plant(digest, JSON.stringify(other));
    },
  ],
  [
    'our signature of another image',
    /its statement is about the image sha256:0/,
    async (digest) => forge.plant(digest, await statement(`sha256:${'0'.repeat(64)}`)),
  ],
  [
    'our signature of the same digest for another content key',
    /its statement is about the content key f/,
    async (digest) =>
      forge.plant(
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
      forge.plant(
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
      forge.plant(digest, await statement(digest, (value) => ({ ...value, predicateType: 'https://spdx.dev/Document' }))),
  ],
  [
    'our signature of a statement of a later version',
    /its statement is not a/,
    async (digest) => forge.plant(digest, await statement(digest, (value) => ({ ...value, _type: `${value._type}2` }))),
  ],
  [
    'our signature of two images',
    /its statement is not a/,
    async (digest) =>
      forge.plant(
        digest,
        await statement(digest, (value) => void value.subject.unshift({ name: 'x', digest: { sha256: '0'.repeat(64) } })),
      ),
  ],
  [
    'our signature of a text',
    /its statement is not a/,
    async (digest) => forge.plant(digest, await statement(digest, () => 'x')),
  ],
  [
    'a bundle of an unknown version',
    /it is not a bundle of the type/,
    async (digest) =>
      forge.plant(digest, await edited(digest, (bundle) => (bundle.mediaType = 'application/vnd.dev.sigstore.bundle.v9+json'))),
  ],
  [
    'an envelope with another type of payload',
    /it is not a bundle of the type/,
    async (digest) => forge.plant(digest, await edited(digest, (bundle) => (bundle.dsseEnvelope.payloadType = 'text/plain'))),
  ],
  ['garbage', /it is not a bundle of the type/, async (digest) => forge.plant(digest, Buffer.from([0, 255, 1, 254]))],
  ['an empty bundle', /it is not a bundle of the type/, async (digest) => forge.plant(digest, '')],
  ['a bundle of 100,000 levels', /it is not a bundle of the type/, async (digest) => forge.plant(digest, '['.repeat(100_000))],
  [
    'a bundle of 4 MB',
    /it has more than 262144 bytes/,
    async (digest) => forge.plant(digest, (await statement(digest)) + ' '.repeat(4_000_000)),
  ],
  [
    'a bundle of 4 MB that is announced as small',
    /do.* not count: /,
    async (digest) => forge.plant(digest, (await statement(digest)) + ' '.repeat(4_000_000), { size: 100 }),
  ],
  [
    'a good bundle in a layer of another type',
    /is not a signature/,
    async (digest) => forge.plant(digest, await statement(digest), { mediaType: 'application/octet-stream' }),
  ],
  ['the image itself as its signature', /is not a signature/, async (digest) => forge.list(digest, [await entryOf(digest)])],
  [
    'a list that is no list',
    /cannot be read: .* is not an index of referrers/,
    async (digest) => {
      const repository = forger(ours.registry.host, 'acme/proc');
      await repository.put(digest.replace(':', '-'), await repository.read(digest));
    },
  ],
  [
    'a list of what does not exist',
    /does not exist/,
    async (digest) => {
      const missing = { ...(await entryOf(digest)), digest: `sha256:${'0'.repeat(64)}` };
      ours.registry.faults = ({ reference }) => (reference === digest.replace(':', '-') ? listOf([missing]) : undefined);
    },
  ],
  [
    'a list that is garbage',
    /cannot be read: /,
    async (digest) => {
      ours.registry.faults = ({ reference }) =>
        reference === digest.replace(':', '-')
          ? { status: 200, headers: { 'content-type': 'application/vnd.oci.image.index.v1+json' }, body: '{' }
          : undefined;
    },
  ],
];

/** Another image under the key of a signed one, with a copy of its signature. */
async function replaceSigned(): Promise<void> {
  const { key, digest } = await signed();
  const repository = forger(ours.registry.host, 'acme/proc');
  const image = await repository.read(digest);
  image.config.config.Cmd = ['evil'];
  const forged = await repository.put(`c-${key}`, image);
  await forge.plant(forged, (await forge.bundles(digest))[0]!);
}

async function entryOf(digest: string) {
  const { manifest } = await forger(ours.registry.host, 'acme/proc').read(digest);
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

describe('an environment that requires signatures', () => {
  it.each(FORGERIES)('rejects an image with %s: image-unsigned', async (_, why, attack) => {
    const { digest } = await push();
    expect(await resolve()).toEqual([digest]);
    await attack(digest);
    const problem = await problemOf(resolve(PROD));
    expect(problem).toMatchObject({ code: 'image-unsigned', message: expect.stringMatching(why) });
    expect(problem.message).toContain(
      `${ours.registry.host}/acme/proc@${digest} has no valid signature, and prod requires one: `,
    );
    expect(problem.hint).toContain('nx run proc:docker-push');
  });

  it('accepts a valid one among forged ones, and reads at most 200', async () => {
    const { digest } = await push();
    const forged = await statement(digest, undefined, attacker);
    const annotations = { 'dev.sigstore.bundle.predicateType': PREDICATE_TYPE };
    await forge.plant(digest, forged, { annotations });
    const [entry] = (await forge.readIndex(digest)) as object[];
    await signed();
    const own = ((await forge.readIndex(digest)) as object[]).at(-1)!;
    await forge.list(digest, [...Array<object>(199).fill(entry!), own]);
    expect(await resolve(PROD)).toEqual([digest]);
    await forge.list(digest, [...Array<object>(200).fill(entry!), own]);
    expect(await problemOf(resolve(PROD))).toMatchObject({
      code: 'image-unsigned',
      message: expect.stringMatching(/200 signatures do not count: .*; 1 more were not read/),
    });
  });

  it.each([
    ['attestations of other tools', { 'dev.sigstore.bundle.predicateType': 'https://cyclonedx.org/bom' }],
    ['bundles that say nothing of what they are', undefined],
  ])('any number of %s hides none', async (_, annotations) => {
    const { digest } = await push();
    await forge.plant(digest, await statement(digest, undefined, attacker), { annotations });
    const [entry] = (await forge.readIndex(digest)) as object[];
    await signed();
    const own = ((await forge.readIndex(digest)) as object[]).at(-1)!;
    await forge.list(digest, [...Array<object>(500).fill(entry!), own]);
    expect(await resolve(PROD)).toEqual([digest]);
  });

  it('trusts no key by default', async () => {
    await signed();
    expect(await problemOf(resolve({ signedFor: 'prod' }))).toMatchObject({ code: 'image-unsigned' });
  });

  it.each([401, 403])('a registry that answers %s is a Problem of its own', async (status) => {
    await signed();
    ours.registry.faults = ({ reference }) => (reference?.startsWith('sha256-') ? { status } : undefined);
    expect(await problemOf(resolve(PROD))).toMatchObject({ code: 'registry-denied' });
  });

  it('reports the registry’s response if it is not a list', async () => {
    await signed();
    ours.registry.faults = ({ reference }) => (reference?.startsWith('sha256-') ? { status: 418, body: 'tea' } : undefined);
    const message = expect.stringMatching(/what the registry lists for it cannot be read: .* answered 418 \(tea\)/);
    expect(await problemOf(resolve(PROD))).toMatchObject({ code: 'image-unsigned', message });
  });

  it('rejects another image before it requests its signature', async () => {
    await replaceSigned();
    expect(await problemOf(resolve(PROD))).toMatchObject({ code: 'image-mismatch' });
  });
});

describe('an engine-built image', () => {
  let engine: Engine;
  beforeEach(() => {
    engine = dockerDouble(ours);
    ours.commit({ 'images/proc/Dockerfile_ChatProcBundled': `${DOCKERFILE}RUN pip install x\n` });
  });
  const builds = () => engine.calls().filter((call) => call === 'buildx build').length;

  it('is reused elsewhere with a valid signature: by docker-push, and by commands that read the release', async () => {
    const { digest } = await signed();
    expect(builds()).toBe(1);
    anotherMachine();
    expect(await resolve({ trustedKeys: [ci.trusted] })).toEqual([digest]);
    expect(await push({ trustedKeys: [ci.trusted] })).toMatchObject({ how: 'reused', digest });
    expect(builds()).toBe(0);
  });

  it('is searched for signatures once where the environment requires one too', async () => {
    const { digest } = await signed();
    anotherMachine();
    ours.registry.journal.length = 0;
    expect(await resolve(PROD)).toEqual([digest]);
    expect(ours.registry.journal.filter(({ kind }) => kind === 'referrers').length).toBe(1);
  });

  // Whether each of them is valid is tested above, with the same function.
  const some = FORGERIES.filter(([what]) =>
    /^(?:nothing|a signature by a key of theirs|our signature of another image)$/.test(what),
  );
  it.each(some)('is not accepted with %s: image-unverified, and docker-push builds it again', async (_, __, attack) => {
    const { digest } = await push();
    builds();
    anotherMachine();
    await attack(digest);
    expect(await problemOf(resolve({ trustedKeys: [ci.trusted] }))).toMatchObject({ code: 'image-unverified' });
    expect(await push({ trustedKeys: [ci.trusted] })).toMatchObject({ how: 'built' });
    expect(builds()).toBe(1);
  });

  it('is not accepted by the signature of the key’s previous image', async () => {
    await replaceSigned();
    anotherMachine();
    expect(await problemOf(resolve({ trustedKeys: [ci.trusted] }))).toMatchObject({ code: 'image-unverified' });
  });
});

describe('a job that cannot read a bundle', () => {
  it('accepts an image with a valid signature, without a receipt', async () => {
    const { digest } = await signed();
    fs.renameSync(ours.org, `${ours.org}-gone`);
    anotherMachine();
    expect(await problemOf(resolve())).toMatchObject({ code: 'image-unverified' });
    expect(await resolve(PROD)).toEqual([digest]);
  });

  it('rejects another image with the signature of this one', async () => {
    const first = await signed();
    ours.commit({ 'bundles/here@1-0/entrypoint.py': `${ENTRYPOINT}# changed\n` });
    const second = await push();
    await forge.plant(second.digest, (await forge.bundles(first.digest))[0]!);
    fs.renameSync(ours.org, `${ours.org}-gone`);
    anotherMachine();
    expect(await problemOf(resolve(PROD))).toMatchObject({ code: 'image-unverified' });
  });
});
