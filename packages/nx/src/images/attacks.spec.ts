// What somebody can do who may write to the image repository, to the cache or to dist/, but not to git; and what each attempt ends in.
import * as fs from 'node:fs';
import * as path from 'node:path';
import { type Acme, acme, ENTRYPOINT } from '../../testing/acme-kit';
import { pushProc } from '../../testing/acme-push';
import { forger, type Forged, type Forger } from '../../testing/attacks/forge';
import { silentLog } from '../system/log';

jest.setTimeout(120_000);

let ours: Acme;
let repository: Forger;

beforeEach(async () => {
  ours = await acme();
  repository = forger(ours.registry.host, 'acme/proc');
});
afterEach(() => ours.end());

const push = () => pushProc(ours, silentLog);
/** A fresh clone: nothing is cached, and no receipt names an image. */
const forget = () => {
  for (const place of [process.env.KDCUBE_CACHE_DIR!, path.join(ours.root, 'dist')])
    fs.rmSync(place, { recursive: true, force: true });
};
const changeBundle = () => ours.commit({ 'bundles/here@1-0/entrypoint.py': `${ENTRYPOINT}# changed\n` });

/** Replaces the bytes of the layer of `there@2-0`; the comment in the history stays. */
async function replaceLayer({ manifest, config }: Forged, { honestDiffId }: { honestDiffId: boolean }): Promise<string> {
  const at = manifest.layers.length - 1;
  const { descriptor, diffId } = await repository.layer('foreign');
  manifest.layers[at] = descriptor;
  if (!honestDiffId) config.rootfs.diff_ids[at] = diffId;
  return descriptor.digest;
}

describe('the tag of a branch, moved to an image with a foreign layer whose history names our layer key', () => {
  it('gives nothing to the next image', async () => {
    const honest = await push();
    const image = await repository.read('customer-main');
    const foreign = await replaceLayer(image, { honestDiffId: false });
    await repository.put('customer-main', image);
    forget();
    changeBundle();
    const { digest } = await push();
    const { manifest, config } = await repository.read(digest);
    expect(manifest.layers.map((layer) => layer.digest)).not.toContain(foreign);
    const before = await repository.read(honest.digest);
    expect(manifest.layers.at(-1)).toEqual(before.manifest.layers.at(-1));
    expect(config.rootfs.diff_ids.at(-1)).toBe(before.config.rootfs.diff_ids.at(-1));
  });
});
