import type { ImageTag } from '@kdcube/release/internal';
import type { TagHeads } from '../../registry/push-job';
import { settleAll } from '../../system/parallel';
import type { Destination, FindResult, PreviousImage } from './destination';

/** The state of the destination before the build. */
export interface RemoteState extends FindResult {
  previous: PreviousImage | undefined;
  tagHeads: TagHeads | undefined;
}

/** Reads everything at once: if there is no existing image, the build needs the previous image and the tags immediately. */
export async function readRemoteState(destination: Destination, tags: readonly ImageTag[]): Promise<RemoteState> {
  // If one request fails, wait for the others before throwing.
  const reading = [destination.find(), destination.readPrevious(), destination.readTags(tags)] as const;
  const [found, previous, tagHeads] = await settleAll(reading);
  return { ...found, previous, tagHeads };
}
