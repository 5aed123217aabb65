import * as fs from 'node:fs';
import * as path from 'node:path';
import { dockerDouble, DOCKERFILE } from '../../../testing/acme-kit';
import { acmeRegistry } from '../../../testing/acme-push';
import { forger } from '../../../testing/attacks/forge';
import { anotherMachine, ci, kit, PROD, push, resolve, signed, startEach, writes } from '../../../testing/attacks/signature-kit';
import { gitSync, problemOf } from '../../../testing/git-kit';
import { keyPair } from '../../../testing/signatures';

jest.setTimeout(120_000);
startEach();

describe('docker-push with a key', () => {
  it('signs the pushed image, names the signature in the receipt, and signs it once', async () => {
    const first = await signed();
    expect(first.signature).toEqual({ keyId: ci.trusted.id, digest: expect.stringMatching(/^sha256:/) });
    expect((await kit.forge.bundles(first.digest)).length).toBe(1);
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
    const { dsseEnvelope } = JSON.parse((await kit.forge.bundles(digest))[0]!) as { dsseEnvelope: { payload: string } };
    const statement = JSON.parse(Buffer.from(dsseEnvelope.payload, 'base64').toString()) as object;
    expect(statement).toMatchObject({
      subject: [{ name: `${kit.ours.registry.host}/acme/proc`, digest: { sha256: digest.slice(7) } }],
      predicate: {
        buildDefinition: {
          externalParameters: { image: 'proc', contentKey: key },
          resolvedDependencies: [
            { name: 'workspace', digest: { gitCommit: gitSync(kit.ours.root, 'rev-parse', 'HEAD') } },
            { name: 'images/proc', digest: { gitTree: gitSync(kit.ours.root, 'rev-parse', 'HEAD:images/proc') } },
            {
              name: 'bundle here@1-0',
              digest: { gitTree: gitSync(kit.ours.root, 'rev-parse', 'HEAD:bundles/here@1-0') },
              annotations: { path: 'bundles/here@1-0' },
            },
            { name: 'bundle there@2-0', digest: { gitCommit: kit.ours.pin.commit, gitTree: kit.ours.pin.tree } },
            { name: expect.stringContaining('kdcube-chat-proc'), digest: { sha256: expect.any(String) } },
          ],
        },
      },
    });
  });

  it('does not sign uncommitted or unverified content, and signs nothing on a dry run', async () => {
    fs.appendFileSync(path.join(kit.ours.root, 'bundles/here@1-0/entrypoint.py'), 'MORE = 1\n');
    expect((await signed()).signature).toBeUndefined();
    expect(kit.notes).toContainEqual(
      expect.stringMatching(/^proc is not signed: it has uncommitted content \(bundles\/here@1-0\)/),
    );
    gitSync(kit.ours.root, 'checkout', '-q', '.');
    const { digest } = await push();
    await signed({ dryRun: true });
    expect(await kit.forge.bundles(digest)).toEqual([]);
  });

  it('does not sign an image that trustRegistry accepted', async () => {
    dockerDouble(kit.ours);
    kit.ours.commit({ 'images/proc/Dockerfile_ChatProcBundled': `${DOCKERFILE}RUN pip install x\n` });
    const { digest } = await push();
    anotherMachine();
    expect(await signed({ trustRegistry: true })).toMatchObject({ how: 'reused', trustRegistry: true });
    expect(await kit.forge.bundles(digest)).toEqual([]);
    expect(kit.notes).toContainEqual('proc is not signed: nothing proves what is in it (trustRegistry).');
  });

  it('reports that a folder has no signatures', async () => {
    const registries = { ...acmeRegistry(kit.ours), registry: undefined };
    expect((await signed({ registries })).signature).toBeUndefined();
    expect(kit.notes).toContainEqual(expect.stringMatching(/^proc is not signed: .* none is configured/));
  });

  it('fails if the signature cannot be stored, and sets no tag', async () => {
    kit.ours.registry.faults = ({ method, reference }) =>
      method === 'PUT' && reference?.startsWith('sha256-') ? { status: 403 } : undefined;
    expect(await problemOf(signed())).toMatchObject({ code: 'registry-denied' });
    kit.ours.registry.faults = undefined;
    expect(await forger(kit.ours.registry.host, 'acme/proc').digestOf('customer-main')).toBeUndefined();
    expect(await signed()).toMatchObject({ how: 'reused', signature: { keyId: ci.trusted.id } });
  });
});
