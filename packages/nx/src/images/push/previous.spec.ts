import * as fs from 'node:fs';
import * as path from 'node:path';
import { silentLog } from '../../system/log';
import { type Acme, acme, dockerDouble, DOCKERFILE, ENTRYPOINT } from '../../../testing/acme-kit';
import { acmeRegistry, layersIn, pushProc } from '../../../testing/acme-push';
import { problemOf } from '../../../testing/git-kit';
import { readPreviousImage } from './previous';

jest.setTimeout(120_000);

let ours: Acme;

beforeEach(async () => {
  ours = await acme();
  dockerDouble(ours);
});
afterEach(() => ours.end());

const push = () => pushProc(ours, silentLog);
const changeBundle = () => ours.commit({ 'bundles/here@1-0/entrypoint.py': `${ENTRYPOINT}# changed\n` });

describe('the previous image', () => {
  it('is the one that this checkout pushed last: it is read by its digest, and its layers are reused', async () => {
    const { digest } = await push();
    changeBundle();
    for (const name of ['layers', 'git']) fs.rmSync(path.join(process.env.KDCUBE_CACHE_DIR!, name), { recursive: true });
    ours.registry.journal.length = 0;
    expect(await push()).toMatchObject({ why: ['here@1-0 changed'], sent: { reusedLayers: 2, sentLayers: 1 } });
    const read = ours.registry.journal.filter(({ method, name }) => method === 'GET' && name === 'acme/proc');
    expect(read.map(({ reference }) => reference)).toContain(digest);
  });

  it('stays the same after a push that failed', async () => {
    await push();
    changeBundle();
    ours.registry.faults = ({ method, kind }) => (method === 'PUT' && kind === 'manifest' ? { status: 400 } : undefined);
    await problemOf(push());
    ours.registry.faults = undefined;
    expect(await push()).toMatchObject({ why: ['here@1-0 changed'] });
  });

  it('is not used if the registry has lost it: then the whole image is sent', async () => {
    const { digest } = await push();
    const lost = [...(await layersIn(ours, digest)).map((layer) => `blobs/${layer}`), `manifests/${digest}`];
    for (const each of lost) await fetch(`http://${ours.registry.host}/v2/acme/proc/${each}`, { method: 'DELETE' });
    changeBundle();
    expect(await push()).toMatchObject({ how: 'built', why: ['no previous image'], sent: { sentLayers: 3 } });
  });

  it('shares only its base’s layers and folders if all bundles are copied in another way', async () => {
    await push();
    ours.commit({ 'images/proc/Dockerfile_ChatProcBundled': DOCKERFILE.replace('COPY', 'COPY --chmod=750') });
    expect(await push()).toMatchObject({ how: 'built', sent: { reusedLayers: 1, sentLayers: 2 } });
  });
});

describe('the request for the previous image', () => {
  it('is sent once in a push', async () => {
    await push();
    changeBundle();
    ours.registry.journal.length = 0;
    const { why } = await push();
    expect(why).toEqual(['here@1-0 changed']);
    expect(
      ours.registry.journal.filter(({ method, kind, name }) => method === 'GET' && kind === 'blob' && name === 'acme/proc'),
    ).toHaveLength(1);
  });

  it('is optional: without a response of the registry there is none', async () => {
    await push();
    ours.registry.faults = () => ({ status: 403 });
    const { registry: target } = acmeRegistry(ours);
    const options = { root: ours.root, image: 'proc', platform: 'linux/amd64', target: target! };
    expect(await readPreviousImage(options, silentLog)).toBeUndefined();
  });
});
