import * as fs from 'node:fs';
import * as path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { printPin } from '@kdcube/release/internal';
import { silent, type Log } from '../../system/log';
import { OCI_MANIFEST } from '../../registry/manifest';
import { connect, getManifest, type ImageManifest } from '../../registry/registry';
import { type Acme, acme, dockerDouble, DOCKERFILE, ENTRYPOINT } from '../../../testing/acme-kit';
import { commit, gitSync, problemOf } from '../../../testing/git-kit';
import { layersIn, pushProc } from '../../../testing/acme-push';
import { putImage } from '../../../testing/registry-kit';

jest.setTimeout(120_000);

let ours: Acme;
let notes: string[];

beforeEach(async () => {
  ours = await acme();
  dockerDouble(ours);
  notes = [];
});
afterEach(() => ours.end());

const log: Log = { ...silent, note: (text) => void notes.push(text) };
const push = () => pushProc(ours, log);
const cached = (name: string) => path.join(process.env.KDCUBE_CACHE_DIR!, name);
const changed = (text = 'changed') => ours.commit({ 'bundles/here@1-0/entrypoint.py': `${ENTRYPOINT}# ${text}\n` });
const asked = (method: string, name = 'acme/proc') =>
  ours.registry.journal
    .filter((each) => each.name === name && each.method === method)
    .map(({ reference, digest }) => reference ?? digest!);
const keptFiles = () => fs.readdirSync(cached('pushed-2')).map((name) => path.join(cached('pushed-2'), name));

describe('what was pushed last from here', () => {
  it('is known: it is asked whether the registry has it, and not what it says', async () => {
    const { digest } = await push();
    changed();
    ours.registry.journal.length = 0;
    expect(await push()).toMatchObject({ why: ['here@1-0 changed'], sent: { keptLayers: 2, sentLayers: 1 } });
    expect(asked('GET')).toEqual([]);
    expect(asked('HEAD')).toContain(digest);
    expect(keptFiles()).toHaveLength(1);
  });

  interface Kept {
    manifest: string;
    config: string;
  }
  const inJson = (part: keyof Kept, change: (json: never) => void) => (kept: Kept) => {
    const json = JSON.parse(kept[part]) as never;
    change(json);
    return { ...kept, [part]: JSON.stringify(json) };
  };
  const turned = (digest: string) => digest.replace(/.$/, (last) => (last === '0' ? '1' : '0'));
  it.each([
    ['half of it is there', () => '{"of":'],
    ['it is something else', () => 'null'],
    ['it says nothing', () => ({})],
    [
      'a layer has another content there',
      inJson('config', ({ rootfs }: { rootfs: { diff_ids: string[] } }) => rootfs.diff_ids.push(turned(rootfs.diff_ids.pop()!))),
    ],
    ['its history is none', inJson('config', (config: { history: unknown }) => (config.history = {}))],
    [
      'two layers are swapped',
      inJson('manifest', ({ layers }: { layers: unknown[] }) => layers.splice(-2, 2, ...layers.slice(-2).reverse())),
    ],
    [
      'a layer is another one',
      inJson(
        'manifest',
        ({ layers }: { layers: { digest: string }[] }) => (layers.at(-1)!.digest = turned(layers.at(-1)!.digest)),
      ),
    ],
  ])('is asked for, and believed as the registry says it, where what is kept of it was damaged: %s', async (_, damage) => {
    const { digest } = await push();
    const before = await layersIn(ours, digest);
    changed();
    for (const file of keptFiles()) {
      const damaged = damage(JSON.parse(fs.readFileSync(file, 'utf8')) as Kept);
      fs.writeFileSync(file, typeof damaged === 'string' ? damaged : JSON.stringify(damaged));
    }
    ours.registry.journal.length = 0;
    const receipt = await push();
    expect(receipt).toMatchObject({ why: ['here@1-0 changed'], sent: { keptLayers: 2, sentLayers: 1 } });
    expect(asked('GET')).toContain(digest);
    const after = await layersIn(ours, receipt.digest);
    expect(after.map((layer) => before.indexOf(layer))).toEqual([0, -1, 2]);
  });

  it('stays what is known when a push fails', async () => {
    await push();
    const before = keptFiles().map((file) => fs.readFileSync(file, 'utf8'));
    changed();
    ours.registry.faults = ({ method, kind }) => (method === 'PUT' && kind === 'manifest' ? { status: 400 } : undefined);
    await problemOf(push());
    expect(keptFiles().map((file) => fs.readFileSync(file, 'utf8'))).toEqual(before);
  });

  it('is sent again as a whole where the registry has lost it since', async () => {
    const { digest } = await push();
    const gone = [...(await layersIn(ours, digest)).map((layer) => `blobs/${layer}`), `manifests/${digest}`];
    for (const each of gone) await fetch(`http://${ours.registry.host}/v2/acme/proc/${each}`, { method: 'DELETE' });
    changed();
    expect(await push()).toMatchObject({ how: 'built', why: ['the first one here'], sent: { sentLayers: 3 } });
  });
});

describe('the next one is made while the registry is asked for it', () => {
  const listed = (dir: string) => (fs.existsSync(dir) ? fs.readdirSync(dir) : []);
  const layers = () => listed(cached('layers'));
  const repositories = () => listed(cached('git'));

  /** Pushes `one`, as somebody else does, and then what there is now, from here. Puts `one` there again, and takes what is kept of layers and repositories. */
  async function goneBack(one: () => void): Promise<void> {
    const here = process.env.KDCUBE_CACHE_DIR!;
    const now = gitSync(ours.root, 'rev-parse', 'HEAD');
    one();
    process.env.KDCUBE_CACHE_DIR = ours.box.folder('other-cache');
    await push();
    fs.rmSync(path.join(ours.root, 'dist'), { recursive: true });
    process.env.KDCUBE_CACHE_DIR = here;
    const other = gitSync(ours.root, 'rev-parse', 'HEAD');
    gitSync(ours.root, 'reset', '--quiet', '--hard', now);
    await push();
    gitSync(ours.root, 'reset', '--quiet', '--hard', other);
    for (const name of ['layers', 'git']) fs.rmSync(cached(name), { recursive: true, force: true });
    ours.registry.journal.length = 0;
  }

  /** Answers for the key of the image when `work` is over, which is time for another to begin. */
  const holdKey = (work: () => Promise<unknown>) => {
    ours.registry.faults = ({ reference }) => (reference?.startsWith('c-') ? work().then(() => undefined) : undefined);
  };
  const made = async () => {
    while (layers().length === 0) await setTimeout(10);
  };

  it('and where it is there, it is adopted, nothing is said of the other, and no half of a layer is left', async () => {
    await goneBack(() =>
      ours.commit({ 'bundles/here@1-0/large.txt': Buffer.alloc(48e6, 'seldom the same ').toString('latin1') }),
    );
    holdKey(made);
    const said: string[] = [];
    const { how } = await pushProc(ours, { ...log, done: (...words) => void said.push(words.slice(0, 2).join(' ')) });
    expect([how, said, notes]).toEqual(['adopted', ['adopted proc'], []]);
    // Ended before it was made.
    expect(layers().flatMap((name) => listed(path.join(cached('layers'), name)))).toEqual([]);
  });

  it.each([
    [
      'a pinned bundle is another one',
      () => {
        commit(ours.org, { 'service/there@2-0/entrypoint.py': `${ENTRYPOINT}# changed\n` });
        gitSync(ours.org, 'tag', 'v3');
        const [next, tree] = ['v3', 'v3:service/there@2-0'].map((name) => gitSync(ours.org, 'rev-parse', name));
        const release = fs.readFileSync(path.join(ours.root, 'release.yaml'), 'utf8');
        ours.commit({
          'release.yaml': release.replace('ref: "v2"', 'ref: "v3"'),
          'pins/bundles/there@2-0/pin.json': printPin({ ...ours.pin, ref: 'v3', commit: next!, tree: tree! }),
        });
      },
    ],
    [
      'all bundles lie in the image in another way',
      () => ours.commit({ 'images/proc/Dockerfile_ChatProcBundled': DOCKERFILE.replace('COPY', 'COPY --chmod=750') }),
    ],
  ])('without asking for a bundle that is elsewhere: %s', async (_, change) => {
    await goneBack(change);
    holdKey(() => setTimeout(500));
    expect(await push()).toMatchObject({ how: 'adopted' });
    expect([repositories(), notes]).toEqual([[], []]);
  });

  it('without asking for its base', async () => {
    const name = 'kdcube-chat-proc';
    const other = await putImage(ours.registry.host, name, 'other', 'another base', '2026-01-02T03:04:05Z');
    const file = 'pins/images/proc/pin.json';
    const pin = fs.readFileSync(path.join(ours.root, file), 'utf8');
    // What a Dockerfile copies into a folder of the base depends on the base's files.
    ours.commit({ 'images/proc/Dockerfile_ChatProcBundled': `${DOCKERFILE}COPY x /etc/x\n`, 'images/proc/x': 'x' });
    await goneBack(() => ours.commit({ [file]: pin.replace(/sha256:[0-9a-f]{64}/, other) }));
    ours.registry.faults = ({ name: asked, reference }) =>
      asked === name ? { status: 503 } : reference?.startsWith('c-') ? setTimeout(500, undefined) : undefined;
    expect(await push()).toMatchObject({ how: 'adopted' });
    expect([asked('GET', name), notes]).toEqual([[], []]);
  });

  it('without asking for its base’s files', async () => {
    const repository = 'kdcube-chat-proc';
    const { digest } = await push();
    fs.rmSync(path.join(ours.root, 'dist'), { recursive: true });
    const at = (kind: string) => `http://${ours.registry.host}/v2/${repository}/${kind}`;
    const headers = { 'content-type': OCI_MANIFEST };
    const { bytes, json } = await getManifest(connect(ours.registry.host), 'acme/proc', digest);
    for (const blob of [(json as ImageManifest).config, ...(json as ImageManifest).layers])
      await fetch(`${at('blobs/uploads/')}?mount=${blob.digest}&from=acme/proc`, { method: 'POST' });
    await fetch(at('manifests/large'), { method: 'PUT', headers, body: bytes });
    const file = 'pins/images/proc/pin.json';
    const pin = fs.readFileSync(path.join(ours.root, file), 'utf8');
    ours.commit({ [file]: pin.replace(/sha256:[0-9a-f]{64}/, digest), 'images/proc/x': 'x' });
    await goneBack(() => ours.commit({ 'images/proc/Dockerfile_ChatProcBundled': `${DOCKERFILE}COPY x /etc/x\n` }));
    holdKey(() => setTimeout(500));
    expect(await push()).toMatchObject({ how: 'adopted' });
    expect([asked('GET', repository), notes]).toEqual([[], []]);
  });

  it('and one that came to nothing is made in earnest', async () => {
    await push();
    ours.commit({ 'images/proc/Dockerfile_ChatProcBundled': DOCKERFILE.replace('COPY', 'COPY --chmod=750') });
    for (const each of ['layers', 'git']) fs.rmSync(cached(each), { recursive: true, force: true });
    expect(await push()).toMatchObject({ how: 'built', sent: { keptLayers: 1, sentLayers: 2 } });
    expect(repositories()).not.toEqual([]);
  });

  it('also where an old docker-build has left another image', async () => {
    await push();
    const old = path.join(ours.root, 'dist/build/proc/layout');
    fs.mkdirSync(old, { recursive: true });
    changed();
    await push();
    ours.commit({ 'bundles/here@1-0/entrypoint.py': ENTRYPOINT });
    fs.rmSync(cached('layers'), { recursive: true });
    holdKey(made);
    expect(await push()).toMatchObject({ how: 'adopted' });
    expect(layers()).toHaveLength(1);
  });
});
