import { cacheDir } from '../../system/files/files';
import { readSealedJson, writeSealedJson } from '../../system/files/sealed-file';
import type { ImageJob } from '../job';

/** Engine builds cannot be recomputed. So this machine stores the digests of the images that its own engine exported or pushed, by content key. */
export async function rememberEngineDigest({ plan }: Pick<ImageJob, 'plan'>, digest: string): Promise<void> {
  const digests = new Set([...engineDigests(plan.key), digest]);
  await writeSealedJson(fileOf(plan.key), nameOf(plan.key), [...digests]);
}

/** Whether this machine's engine built the image with this digest, for this content key. */
export function isOwnEngineDigest({ plan }: Pick<ImageJob, 'plan'>, digest: string): boolean {
  return engineDigests(plan.key).includes(digest);
}

function engineDigests(key: string): string[] {
  return readSealedJson<string[]>(fileOf(key), nameOf(key)) ?? [];
}

function fileOf(key: string): string {
  return cacheDir('engine-digests', key);
}

function nameOf(key: string): string {
  return `engine digests ${key}`;
}
