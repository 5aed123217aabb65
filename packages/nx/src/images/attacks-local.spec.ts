// What an attacker can do with write access to the cache of this machine or to dist/; and the result of each attempt.
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { deflateSync, gzipSync } from 'node:zlib';
import type { Acme } from '../../testing/acme-kit';
import { acmeRegistry, pushProc } from '../../testing/acme-push';
import { type Forged, sha256 } from '../../testing/attacks/forge';
import { type AttackedImage, attackedImage, forgeKey, replaceLayer } from '../../testing/attacks/image';
import { gitSync, problemOf } from '../../testing/git-kit';
import { readLayout } from '../oci/layout';
import { silentLog } from '../system/log';
import { writeSealedFile } from '../system/files/sealed-file';
import { resolveRegistries } from '../workspace/registries';
import { buildToOutput } from './build/build-output';
import type { PushOptions } from './push/push';

jest.setTimeout(120_000);

let attacked: AttackedImage;
let ours: Acme;

beforeEach(async () => {
  attacked = await attackedImage();
  ({ ours } = attacked);
});
afterEach(() => ours.end());

const push = (more: Partial<PushOptions> = {}) => pushProc(ours, silentLog, more);

describe('the cache', () => {
  const cache = () => process.env.KDCUBE_CACHE_DIR!;
  const filesIn = (folder: string) =>
    fs
      .readdirSync(path.join(cache(), folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name));

  it('an edited layer and its edited entry are not used in an image', async () => {
    const { digest } = await push();
    for (const file of filesIn('layers')) {
      const foreign = gzipSync('foreign');
      const entry = { digest: sha256(foreign), diffId: sha256(Buffer.from('foreign')), size: foreign.length, plainSize: 7 };
      fs.writeFileSync(file, file.endsWith('.json') ? JSON.stringify(entry) : foreign);
    }
    emptyRegistry();
    expect((await push()).digest).toBe(digest);
  });

  it('an entry sealed by another user or machine does not count', async () => {
    const { digest } = await push();
    const [foreign] = [gzipSync('foreign')];
    const entry = { digest: sha256(foreign), diffId: sha256(Buffer.from('foreign')), size: foreign.length, plainSize: 7 };
    process.env.XDG_STATE_HOME = ours.box.folder('state of another user');
    for (const file of filesIn('layers').filter((each) => each.endsWith('.json'))) {
      const key = path.basename(path.dirname(file));
      await writeSealedFile(file, `layer ${key}`, JSON.stringify(entry));
      fs.writeFileSync(path.join(path.dirname(file), 'layer.tar.gz'), foreign);
    }
    process.env.XDG_STATE_HOME = path.join(ours.box.dir, 'state');
    emptyRegistry();
    expect((await push()).digest).toBe(digest);
  });

  it('the entry of one layer does not count as that of another', async () => {
    const { digest } = await push();
    const [one, two] = fs
      .readdirSync(path.join(cache(), 'layers'), { recursive: true, withFileTypes: true })
      .filter(({ name, parentPath }) => parentPath !== path.join(cache(), 'layers') && name.length === 22)
      .map(({ name, parentPath }) => path.join(parentPath, name));
    for (const name of ['layer.json', 'layer.tar.gz']) fs.copyFileSync(path.join(one!, name), path.join(two!, name));
    emptyRegistry();
    expect((await push()).digest).toBe(digest);
  });

  it('an edited diff_id does not make a forged image acceptable', async () => {
    await forgeKey(attacked, async (image) => void (await replaceLayer(attacked, image, { honestDiffId: false })));
    expect(await problemOf(push())).toMatchObject({ code: 'image-mismatch' });
    for (const file of filesIn('diff-ids')) {
      const sealed = fs.readFileSync(file);
      fs.writeFileSync(file, Buffer.concat([sealed.subarray(0, 32), Buffer.from('{"diffId":"sha256:0","size":1}')]));
    }
    expect(await problemOf(push())).toMatchObject({ code: 'image-mismatch' });
  });

  it('an edited base is read again', async () => {
    const { digest } = await push();
    for (const file of filesIn('bases-2')) fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replaceAll('linux', 'linuX'));
    emptyRegistry();
    expect((await push()).digest).toBe(digest);
  });

  it('does not stage a bundle folder that was replaced in the mirror', async () => {
    const { digest } = await push();
    // The same file under another name: the mirror has everything that the forged tree needs.
    const file = gitSync(ours.org, 'rev-parse', `${ours.pin.tree}:entrypoint.py`);
    const content = Buffer.concat([Buffer.from('100644 foreign.py\0'), Buffer.from(file, 'hex')]);
    const { tree } = ours.pin;
    for (const pack of filesIn('git').filter((file) => file.endsWith('.pack'))) {
      const mirror = path.dirname(path.dirname(path.dirname(pack)));
      const bytes = fs.readFileSync(pack);
      fs.rmSync(pack);
      execFileSync('git', ['--git-dir', mirror, 'unpack-objects', '-q'], { input: bytes });
    }
    const replaced = filesIn('git').filter((file) => file.endsWith(`objects/${tree.slice(0, 2)}/${tree.slice(2)}`));
    expect(replaced).toHaveLength(1);
    fs.chmodSync(replaced[0]!, 0o644);
    fs.writeFileSync(replaced[0]!, deflateSync(Buffer.concat([Buffer.from(`tree ${content.length}\0`), content])));
    for (const folder of ['layers', 'diff-ids']) fs.rmSync(path.join(cache(), folder), { recursive: true, force: true });
    emptyRegistry();
    // The mirror is rebuilt.
    expect((await push()).digest).toBe(digest);
  });

  /** The registry has no part of the image, and no receipt names it: everything comes from the cache or from git. */
  function emptyRegistry(): void {
    fs.rmSync(path.join(ours.root, 'dist'), { recursive: true });
    ours.registry.faults = ({ method, name, kind }) =>
      method !== 'PUT' && name === 'acme/proc' && kind === 'manifest' && !written(ours)
        ? { status: 404, body: JSON.stringify({ errors: [{ code: 'MANIFEST_UNKNOWN' }] }) }
        : undefined;
    ours.registry.journal.length = 0;
  }
});

/** Whether a manifest was written since the journal was emptied. */
function written({ registry }: Acme): boolean {
  return registry.journal.some(({ method, kind }) => method === 'PUT' && kind === 'manifest');
}

describe('dist/', () => {
  const layoutDir = () => path.join(ours.root, 'dist/build/proc/layout');
  const build = () =>
    ours.job((job) =>
      buildToOutput(job, { root: ours.root, registries: acmeRegistry(ours), engine: 'auto', cached: true }, silentLog),
    );

  it.each<[string, (parts: Forged) => void | Promise<void>]>([
    ['another command', ({ config }) => void (config.config.Cmd = ['evil'])],
    ['another label', ({ config }) => void (config.config.Labels.more = '1')],
    ['an annotation', ({ manifest }) => void (manifest.annotations = { a: 'b' })],
  ])('a layout with %s: image-mismatch, for docker-push and for docker-build', async (_, change) => {
    await build();
    await forgeLayout(change);
    const mismatch = { code: 'image-mismatch', message: expect.stringContaining(layoutDir()) };
    expect(await problemOf(push())).toMatchObject(mismatch);
    expect(await problemOf(build())).toMatchObject(mismatch);
    expect(ours.registry.journal.filter(({ method, name }) => method === 'PUT' && name === 'acme/proc')).toEqual([]);
  });

  it('a layout with other bytes for a layer, and its honest config: image-mismatch', async () => {
    await build();
    await forgeLayout(({ manifest }) => {
      const foreign = gzipSync('foreign');
      fs.writeFileSync(path.join(layoutDir(), 'blobs/sha256', sha256(foreign).slice(7)), foreign);
      manifest.layers.splice(-1, 1, { ...manifest.layers.at(-1)!, digest: sha256(foreign), size: foreign.length });
    });
    expect(await problemOf(push())).toMatchObject({ code: 'image-mismatch', message: expect.stringContaining('unpacks to') });
  });

  it('a complete layout in dist/images: image-mismatch', async () => {
    const nowhere = resolveRegistries({ platformRegistry: ours.registry.host }, {}, {});
    await push({ registries: nowhere });
    await forgeLayout(({ config }) => void (config.config.Cmd = ['evil']), path.join(ours.root, 'dist/images/proc'));
    expect(await problemOf(push({ registries: nowhere }))).toMatchObject({ code: 'image-mismatch' });
  });

  /** Rewrites a layout so that all its digests match. */
  async function forgeLayout(change: (parts: Forged) => void | Promise<void>, dir = layoutDir()): Promise<void> {
    const { image, config, manifest: descriptor } = await readLayout(dir);
    const parts = structuredClone({ manifest: image, config }) as Forged;
    await change(parts);
    const blob = (value: object) => {
      const bytes = Buffer.from(JSON.stringify(value));
      fs.writeFileSync(path.join(dir, 'blobs/sha256', sha256(bytes).slice(7)), bytes);
      return { digest: sha256(bytes), size: bytes.length };
    };
    if (JSON.stringify(parts.config) !== JSON.stringify(config)) Object.assign(parts.manifest.config, blob(parts.config));
    const entry = { ...descriptor, ...blob(parts.manifest) };
    fs.writeFileSync(path.join(dir, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [entry] }));
  }
});
