import { customerTags, KdcubeError } from '@kdcube/release/internal';
import type { Repository } from '../../registry/blobs';
import { getImage } from '../../registry/registry';
import { isInterrupted } from '../../system/signals';
import { pushReceipt } from '../receipts';
import { previousImage, type PreviousImage } from './destination';
import { branchOf, type TagOptions } from './tags';

export interface PreviousOptions extends TagOptions {
  image: string;
  platform: string;
  /** The destination's name: a receipt counts only if the image went there. */
  name: string;
}

/** The image before this one in a repository: the last one that this checkout pushed, else the one that the branch's tag names. */
export async function readPreviousImage(place: Repository, options: PreviousOptions): Promise<PreviousImage | undefined> {
  const receipt = pushReceipt(options.root, options.image);
  const pushed = receipt?.repository === options.name ? await read(place, receipt.digest, options) : undefined;
  if (pushed) return pushed;
  const [branchTag] = customerTags({ branch: await branchOf(options) }, options.tagPrefix);
  return branchTag && read(place, branchTag.tag, options);
}

/** Undefined if it cannot be read: then all layers are made and sent, which only takes longer. */
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
