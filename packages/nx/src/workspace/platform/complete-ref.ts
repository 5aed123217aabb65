import { type BuiltPlatformImage, KdcubeError, newerTags } from '@kdcube/release/internal';
import { listRefs } from '../../git/mirror/fetch';
import { fetchCommit } from '../../git/mirror/fetch-commit';
import { remoteOf } from '../../git/mirror/resolve-ref';
import type { RepoSource } from '../../git/mirror/source';
import type { Log } from '../../system/log';
import { isInterrupted } from '../../system/programs/signals';
import { missingFiles, readPlatformContext } from './context';

/** How many tags are fetched: each is a request, for a hint. */
const MAX_TRIED = 4;

/** A newer tag at which the image's Dockerfile has all of its sources: the next one, else the newest; undefined if none of those that were tried has. */
export async function findCompleteRef(
  source: RepoSource,
  image: BuiltPlatformImage,
  platform: string,
  log: Log,
): Promise<string | undefined> {
  try {
    const refs = await listRefs(await remoteOf(source));
    const tags = [...refs.keys()].flatMap((name) => /^refs\/tags\/(.*?)(?:\^\{\})?$/.exec(name)?.[1] ?? []);
    // A commit has no version: any release may do.
    const newer = newerTags(image.ref, tags);
    const candidates = newer.length > 0 ? newer : newerTags('0.0', tags);
    for (const ref of new Set([...candidates.slice(1 - MAX_TRIED).reverse(), ...candidates.slice(0, 1)]))
      if (
        await isComplete(
          source,
          { ...image, ref },
          refs.get(`refs/tags/${ref}^{}`) ?? refs.get(`refs/tags/${ref}`)!,
          platform,
          log,
        )
      )
        return ref;
    return undefined;
  } catch (error) {
    if (!(error instanceof KdcubeError) || isInterrupted(error)) throw error;
    // Offline, say: the Problem itself is what matters.
    return undefined;
  }
}

async function isComplete(
  source: RepoSource,
  image: BuiltPlatformImage,
  commit: string,
  platform: string,
  log: Log,
): Promise<boolean> {
  try {
    const store = await fetchCommit(source, commit, { ref: image.ref, log });
    return missingFiles(await readPlatformContext(store, commit, image, log), image.args, platform).length === 0;
  } catch (error) {
    if (error instanceof KdcubeError && error.problems[0]!.code === 'dockerfile-missing') return false;
    throw error;
  }
}
