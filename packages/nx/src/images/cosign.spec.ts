// Compatibility with cosign: `cosign verify-attestation --key` accepts what docker-push signs, we reject what it rejects, and we read cosign's attestations.
import { execFile, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { readPublicKeys } from '@kdcube/release/internal';
import { imageStatement } from '../../../release/src/provenance/statement';
import { type Acme, acme } from '../../testing/acme-kit';
import { pushProc } from '../../testing/acme-push';
import { registryProgram, runRegistry } from '../../testing/network-cuts';
import { registryDouble } from '../../testing/registry-kit';
import { closeAfterEach } from '../../testing/push-kit';
import { keyPair, type KeyPair } from '../../testing/signatures';
import { connect } from '../registry/transport/connect';
import { silentLog } from '../system/log';
import { resolveRegistries } from '../workspace/registries';
import { findSignature } from './signatures/find-signature';
import { provenanceOf } from './signatures/sign-image';

jest.setTimeout(180_000);
closeAfterEach();

const COSIGN = process.env.KD_COSIGN ?? 'cosign';
const version = spawnSync(COSIGN, ['version'], { encoding: 'utf8' }).stdout?.match(/GitVersion:\s*(\S+)/)?.[1];
const reason = version === undefined ? 'there is no cosign on the PATH, and KD_COSIGN names none' : undefined;
const registry = registryProgram();

const ec = keyPair();
const ed = keyPair('ed25519');
let ours: Acme;
beforeEach(async () => (ours = await acme()));
afterEach(() => ours.end());

/** Asynchronous: the registry may be in this process. */
function cosign(...args: string[]): Promise<{ ok: boolean; stdout: string; stderr: string }> {
  const env = { ...process.env, HOME: ours.box.dir, COSIGN_PASSWORD: 'horse', COSIGN_YES: 'true' };
  return new Promise((resolve) => {
    execFile(COSIGN, args, { env, timeout: 60_000 }, (error, stdout, stderr) => resolve({ ok: error === null, stdout, stderr }));
  });
}

const IGNORE = ['--insecure-ignore-tlog', '--allow-http-registry', '--allow-insecure-registry'];
function verify(reference: string, { publicPem }: Pick<KeyPair, 'publicPem'>, type = 'slsaprovenance1') {
  const file = path.join(ours.box.dir, 'trusted.pub');
  fs.writeFileSync(file, publicPem);
  return cosign('verify-attestation', '--key', file, '--type', type, ...IGNORE, reference);
}

const REGISTRIES: [string, () => Promise<string>][] = [
  ['without the referrers API', async () => (await registryDouble()).host],
  ['with the referrers API', async () => (await registryDouble({ referrers: true })).host],
  ...(registry ? [['of Debian', () => runRegistry(registry)] as [string, () => Promise<string>]] : []),
];

(reason === undefined ? describe : describe.skip)(`cosign ${version ?? `(skipped: ${reason})`}`, () => {
  describe.each(REGISTRIES)('a registry %s', (_, start) => {
    /** Pushes and signs the image there. */
    async function push({ signingKey }: KeyPair, host: string) {
      const registries = resolveRegistries({ registry: `${host}/acme`, platformRegistry: ours.registry.host }, {}, {});
      const { digest, key } = await pushProc(ours, silentLog, { registries, signingKey });
      return { digest, key, reference: `${host}/acme/proc@${digest}` };
    }

    it.each([
      ['ECDSA', ec],
      ['Ed25519', ed],
    ])('verifies a signature by %s, and by no other key or type', async (_kind, pair) => {
      const { reference, digest, key } = await push(pair, await start());
      const { ok, stdout, stderr } = await verify(reference, pair);
      expect([ok, stderr]).toEqual([
        true,
        expect.stringContaining('The signatures were verified against the specified public key'),
      ]);
      const { payload } = JSON.parse(stdout) as { payload: string };
      expect(JSON.parse(Buffer.from(payload, 'base64').toString())).toMatchObject({
        subject: [{ digest: { sha256: digest.slice(7) } }],
        predicate: { buildDefinition: { externalParameters: { contentKey: key } } },
      });
      expect((await verify(reference, pair === ec ? ed : ec)).ok).toBe(false);
      expect((await verify(reference, pair, 'spdx')).ok).toBe(false);
    });

    it('creates an attestation with a key of its own, which we can read', async () => {
      const host = await start();
      const { reference, digest, key } = await push(ed, host);
      const facts = await ours.job(async (job) => provenanceOf(job, `${host}/acme/proc`, digest, undefined));
      const { predicate } = imageStatement(facts);
      const file = path.join(ours.box.dir, 'predicate.json');
      fs.writeFileSync(file, JSON.stringify(predicate));
      const theirs = path.join(__dirname, '../../fixtures/signatures/cosign');
      const attested = await cosign(
        ...['attest', '--key', `${theirs}.key`, '--predicate', file, '--type', 'slsaprovenance1'],
        ...['--use-signing-config=false', '--tlog-upload=false', '--allow-http-registry', '--allow-insecure-registry', reference],
      );
      expect([attested.ok, attested.stderr]).toEqual([true, expect.any(String)]);
      const keys = readPublicKeys(fs.readFileSync(`${theirs}.pub`, 'utf8'), 'cosign.pub');
      const place = { registry: connect(host, { credentials: async () => undefined }), repository: 'acme/proc' };
      const image = { digest, image: 'proc', contentKey: key };
      expect(await findSignature(place, image, keys)).toMatchObject({ by: { id: keys[0]!.id } });
      // Both are listed, and ours still counts.
      expect(await findSignature(place, image, [ed.trusted])).toMatchObject({ by: { id: ed.trusted.id } });
      expect((await verify(reference, ed)).ok).toBe(true);
    });
  });
});
