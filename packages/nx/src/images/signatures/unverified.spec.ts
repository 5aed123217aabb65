// Images whose content cannot be verified here: a signature takes the place of the check.
import * as fs from 'node:fs';
import { dockerDouble, DOCKERFILE, type Engine, ENTRYPOINT } from '../../../testing/acme-kit';
import { FORGERIES, replaceSigned } from '../../../testing/attacks/forgeries.table';
import { anotherMachine, ci, kit, PROD, push, resolve, signed, startEach } from '../../../testing/attacks/signature-kit';
import { problemOf } from '../../../testing/git-kit';

jest.setTimeout(120_000);
startEach();

describe('an engine-built image', () => {
  let engine: Engine;
  beforeEach(() => {
    engine = dockerDouble(kit.ours);
    kit.ours.commit({ 'images/proc/Dockerfile_ChatProcBundled': `${DOCKERFILE}RUN pip install x\n` });
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
    kit.ours.registry.journal.length = 0;
    expect(await resolve(PROD)).toEqual([digest]);
    expect(kit.ours.registry.journal.filter(({ kind }) => kind === 'referrers').length).toBe(1);
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
    fs.renameSync(kit.ours.org, `${kit.ours.org}-gone`);
    anotherMachine();
    expect(await problemOf(resolve())).toMatchObject({ code: 'image-unverified' });
    expect(await resolve(PROD)).toEqual([digest]);
  });

  it('rejects another image with the signature of this one', async () => {
    const first = await signed();
    kit.ours.commit({ 'bundles/here@1-0/entrypoint.py': `${ENTRYPOINT}# changed\n` });
    const second = await push();
    await kit.forge.plant(second.digest, (await kit.forge.bundles(first.digest))[0]!);
    fs.renameSync(kit.ours.org, `${kit.ours.org}-gone`);
    anotherMachine();
    expect(await problemOf(resolve(PROD))).toMatchObject({ code: 'image-unverified' });
  });
});
