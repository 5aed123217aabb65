import { PREDICATE_TYPE } from '@kdcube/release/internal';
import { FORGERIES, replaceSigned } from '../../../testing/attacks/forgeries.table';
import { attacker, kit, PROD, push, resolve, signed, startEach, statement } from '../../../testing/attacks/signature-kit';
import { problemOf } from '../../../testing/git-kit';

jest.setTimeout(120_000);
startEach();

describe('an environment that requires signatures', () => {
  it.each(FORGERIES)('rejects an image with %s: image-unsigned', async (_, why, attack) => {
    const { digest } = await push();
    expect(await resolve()).toEqual([digest]);
    await attack(digest);
    const problem = await problemOf(resolve(PROD));
    expect(problem).toMatchObject({ code: 'image-unsigned', message: expect.stringMatching(why) });
    expect(problem.message).toContain(
      `${kit.ours.registry.host}/acme/proc@${digest} has no valid signature, and prod requires one: `,
    );
    expect(problem.hint).toContain('nx run proc:docker-push');
  });

  it('accepts a valid one among forged ones, and reads at most 200', async () => {
    const { digest } = await push();
    const forged = await statement(digest, undefined, attacker);
    const annotations = { 'dev.sigstore.bundle.predicateType': PREDICATE_TYPE };
    await kit.forge.plant(digest, forged, { annotations });
    const [entry] = (await kit.forge.readIndex(digest)) as object[];
    await signed();
    const own = ((await kit.forge.readIndex(digest)) as object[]).at(-1)!;
    await kit.forge.list(digest, [...Array<object>(199).fill(entry!), own]);
    expect(await resolve(PROD)).toEqual([digest]);
    await kit.forge.list(digest, [...Array<object>(200).fill(entry!), own]);
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
    await kit.forge.plant(digest, await statement(digest, undefined, attacker), { annotations });
    const [entry] = (await kit.forge.readIndex(digest)) as object[];
    await signed();
    const own = ((await kit.forge.readIndex(digest)) as object[]).at(-1)!;
    await kit.forge.list(digest, [...Array<object>(500).fill(entry!), own]);
    expect(await resolve(PROD)).toEqual([digest]);
  });

  it('trusts no key by default', async () => {
    await signed();
    expect(await problemOf(resolve({ signedFor: 'prod' }))).toMatchObject({ code: 'image-unsigned' });
  });

  it.each([401, 403])('a registry that answers %s is a Problem of its own', async (status) => {
    await signed();
    kit.ours.registry.faults = ({ reference }) => (reference?.startsWith('sha256-') ? { status } : undefined);
    expect(await problemOf(resolve(PROD))).toMatchObject({ code: 'registry-denied' });
  });

  it('reports the registry’s response if it is not a list', async () => {
    await signed();
    kit.ours.registry.faults = ({ reference }) => (reference?.startsWith('sha256-') ? { status: 418, body: 'tea' } : undefined);
    const message = expect.stringMatching(/what the registry lists for it cannot be read: .* answered 418 \(tea\)/);
    expect(await problemOf(resolve(PROD))).toMatchObject({ code: 'image-unsigned', message });
  });

  it('rejects another image before it requests its signature', async () => {
    await replaceSigned();
    expect(await problemOf(resolve(PROD))).toMatchObject({ code: 'image-mismatch' });
  });
});
