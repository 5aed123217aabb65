import * as fs from 'node:fs';
import * as path from 'node:path';
import { silentLog } from '../../src/system/log';
import { type Acme, acme } from '../acme-kit';
import { pushProc } from '../acme-push';
import { pinBase } from '../faults/stage';
import { gitSync } from '../git-kit';
import { forger, type Forged, type Forger } from './forge';

/** A workspace, and the repository of its image, to which an attacker can write. */
export interface AttackedImage {
  ours: Acme;
  repository: Forger;
}

export async function attackedImage(): Promise<AttackedImage> {
  const ours = await acme();
  await pinLayeredBase(ours);
  return { ours, repository: forger(ours.registry.host, 'acme/proc') };
}

/** Pins a base with two layers. */
async function pinLayeredBase(ours: Acme): Promise<void> {
  const base = forger(ours.registry.host, 'kdcube-chat-proc');
  const image = await base.read('2026.7.20.444');
  for (const text of ['one', 'two']) {
    const { descriptor, diffId } = await base.layer(text);
    image.manifest.layers.push(descriptor);
    image.config.rootfs.diff_ids.push(diffId);
  }
  pinBase(ours, await base.put('2026.7.20.444', image));
}

/** A fresh clone: its cache is empty, and no receipt names an image. */
export function forget({ ours }: AttackedImage): void {
  for (const place of [process.env.KDCUBE_CACHE_DIR!, path.join(ours.root, 'dist')])
    fs.rmSync(place, { recursive: true, force: true });
}

/** Replaces the bytes of the layer of `there@2-0`; the comment in the history stays. */
export async function replaceLayer(
  { repository }: AttackedImage,
  { manifest, config }: Forged,
  { honestDiffId }: { honestDiffId: boolean },
): Promise<string> {
  const at = manifest.layers.length - 1;
  const { descriptor, diffId } = await repository.layer('foreign');
  manifest.layers[at] = descriptor;
  if (!honestDiffId) config.rootfs.diff_ids[at] = diffId;
  return descriptor.digest;
}

/** Pushes the honest image elsewhere, changes it, and puts it under the honest key. Its own tags are not set. */
export async function forgeKey(
  attacked: AttackedImage,
  change: (image: Forged) => void | Promise<void>,
): Promise<{ tag: string; digest: string; forged: string }> {
  const { ours, repository } = attacked;
  const { key, digest } = await pushProc(ours, silentLog);
  const tag = `c-${key}`;
  const image = await repository.read(digest);
  for (const each of [tag, 'customer-main', `customer-${gitSync(ours.root, 'rev-parse', 'HEAD')}`]) await repository.untag(each);
  await change(image);
  const forged = await repository.put(tag, image);
  forget(attacked);
  return { tag, digest, forged };
}
