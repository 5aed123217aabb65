import { type RegistryName, customerTags, KdcubeError, shown } from '@kdcube/release/internal';
import type { Repository } from '../../registry/blobs/blobs';
import { getImage } from '../../registry/manifests/image';
import type { Log } from '../../system/log';
import { isInterrupted } from '../../system/programs/signals';
import { openRepository } from '../../workspace/registries';
import { pushReceipt } from '../receipts';
import { previousImage, type PreviousImage } from './destination';
import { branchOf, type TagOptions } from './tags';

export interface PreviousOptions extends TagOptions {
  image: string;
  platform: string;
  /** The registry that the image is pushed to. */
  target: RegistryName;
}

/** The previous image in a repository: the last one that this checkout pushed, else the one that the branch tag names. */
export async function readPreviousImage(options: PreviousOptions, log: Log): Promise<PreviousImage | undefined> {
  const { root, image, target } = options;
  const place = openRepository(target, image, log);
  const receipt = pushReceipt(root, image);
  const pushed = receipt?.repository === `${shown(target)}/${image}` ? await read(place, receipt.digest, options) : undefined;
  if (pushed) return pushed;
  const [branchTag] = customerTags({ branch: await branchOf(options) }, options.tagPrefix);
  return branchTag && read(place, branchTag.tag, options);
}

/** Undefined if it cannot be read: then all layers are created and sent, which only takes longer. */
async function read(
  { registry, repository }: Repository,
  reference: string,
  { platform }: PreviousOptions,
): Promise<PreviousImage | undefined> {
  try {
    const { manifest, config } = await getImage(registry, repository, reference, platform);
    return previousImage(manifest, config);
  } catch (error) {
    if (error instanceof KdcubeError && !isInterrupted(error)) return undefined;
    throw error;
  }
}
