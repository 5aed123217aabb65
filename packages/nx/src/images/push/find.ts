import type { ImageTag } from '@kdcube/release/internal';
import type { TagHeads } from '../../registry/push-job';
import { settleAll } from '../../system/parallel';
import type { Destination, FindResult, PreviousImage } from './destination';

/** What the destination has, before anything is built. */
export interface RemoteState extends FindResult {
  previous: PreviousImage | undefined;
  tagHeads: TagHeads | undefined;
}

/** Reads everything at once: a push that builds needs the previous image and the tags right after it knows that there is no existing image. */
export async function readRemoteState(destination: Destination, tags: readonly ImageTag[]): Promise<RemoteState> {
  // After a failure of one, no request of the others may still be running.
  const reading = [destination.find(), destination.readPrevious(), destination.readTags(tags)] as const;
  const [found, previous, tagHeads] = await settleAll(reading);
  return { ...found, previous, tagHeads };
}
