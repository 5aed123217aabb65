import type { PeopleTag } from '@kdcube/release/internal';
import type { OciBuild } from '../../oci/build';
import type { ManifestHead } from '../../registry/registry';
import type { Source } from '../build/source';

/** The image that a destination had before: what it is compared with, and what of it need not be made or sent again. */
export interface Before {
  labels: Readonly<Record<string, string>>;
  known: NonNullable<OciBuild['known']>;
}

/** What became of an image that was brought somewhere. */
export interface Taken {
  head: ManifestHead;
  /** Somebody else brought the same key in the meantime: theirs is what counts. */
  adopted: boolean;
  /** People's tags that it has now. */
  tags: string[];
  /** What went over the line; undefined where an engine sent it and does not say. */
  sent?: { keptLayers: number; sentLayers: number; bytes: number };
}

/** Where a push goes: a registry, or a folder where nobody named one. */
export interface Destination {
  /** As people type it, without a tag. */
  shownName: string;
  /**
   * Told that an image may have to come, before anybody knows whether it is there. Where it will very likely have to, what it needs is asked for now; returned is what this machine knows of
   * the image before it, from which it can be made meanwhile.
   */
  foresee?(): Pick<Before, 'known'> | undefined;
  /** What it has under the image's content key. */
  find(): Promise<ManifestHead | undefined>;
  /** Whatever goes wrong here only costs time later: then there is none. */
  before(): Promise<Before | undefined>;
  /** Told that an image with these tags will come: whatever must be asked for that is asked now, while the image is built. */
  expect?(tags: readonly PeopleTag[]): void;
  take(source: Source, tags: readonly PeopleTag[]): Promise<Taken>;
  /** When nothing more will come, whether or not something came. */
  leave?(): Promise<void>;
}
