import type { ManifestHead } from '../../registry/manifests';
import { settleAll } from '../../system/parallel';
import type { ImageJob } from '../job';
import type { Destination, PreviousImage } from './destination';
import { verifyExisting } from './verify';

/** What the destination has of an image. */
export interface RemoteState {
  /** The image under the content key, verified. */
  existing: ManifestHead | undefined;
  previous: PreviousImage | undefined;
}

/** Reads both at once: a push that builds needs the previous image right after it knows that there is no existing one. */
export async function readRemoteState(job: ImageJob, destination: Destination): Promise<RemoteState> {
  // After a failure of one, no request of the other may still be running.
  const [existing, previous] = await settleAll([findExisting(job, destination), destination.readPrevious()] as const);
  return { existing, previous };
}

/** The image that the destination has under the content key, if it can be reused. */
export async function findExisting(job: ImageJob, destination: Destination): Promise<ManifestHead | undefined> {
  const found = await destination.find();
  return found && verifyExisting(job, found);
}
