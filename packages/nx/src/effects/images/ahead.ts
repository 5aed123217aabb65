import type { PushReceipt, RegistryName } from '@kdcube/release';
import { customerTags, KdcubeError, repositoryOf, shown } from '@kdcube/release';
import type { Log } from '../log';
import type { Place } from '../registry/blobs';
import type { ImageConfig, ImageManifest } from '../registry/manifest';
import { askTags, type AskedTags } from '../registry/push';
import { imageConfig } from '../registry/registry';
import { branchOf, peopleTags, type PeopleOptions } from './people';
import { pushReceipt } from './receipts';
import { openRegistry } from './registries';

/** An image that a repository has. */
export interface Existing {
  manifest: ImageManifest;
  config: ImageConfig;
}

/** A repository that an image will go to, and what it had before: asked for while the image is planned. */
export interface Ahead {
  place: Place;
  /** As people type it, without a tag. */
  shownName: string;
  before: Promise<Existing | undefined>;
  /** What this checkout pushed there last. */
  last?: PushReceipt;
  /** What people's tags stand for, where git says which ones they will be; undefined where it does not, or where something is not committed. */
  people: Promise<AskedTags | undefined>;
}

export interface Coming {
  image: string;
  platform: string;
  registry: RegistryName;
}

/** Begins to ask for the image before: what this checkout pushed last, else what the branch's tag names. Whatever goes wrong here only costs time later: then there is none. */
export function lookAhead({ image, platform, registry: name }: Coming, options: PeopleOptions, log: Log): Ahead {
  const place = { registry: openRegistry(name.host, log), repository: repositoryOf(name, image) };
  const shownName = `${shown(name)}/${image}`;
  const last = lastPush(options.root, image, shownName);
  const before = existing(place, platform, [
    async () => last?.digest,
    async () => customerTags({ branch: await branchOf(options) }, options.tagPrefix)[0]?.tag,
  ]);
  // Said to whoever asks for it.
  before.catch(() => undefined);
  return { place, shownName, before, last, people: askPeople(place, options).catch(() => undefined) };
}

/** Each question opens a connection of its own, which the push will need anyway. */
async function askPeople({ registry, repository }: Place, options: PeopleOptions): Promise<AskedTags | undefined> {
  const state = await options.look?.state;
  if (!state || state.isChanged) return undefined;
  const tags = await peopleTags(options);
  return askTags(
    registry,
    repository,
    tags.map(({ tag }) => tag),
  );
}

async function existing(
  { registry, repository }: Place,
  platform: string,
  references: readonly (() => Promise<string | undefined>)[],
): Promise<Existing | undefined> {
  for (const reference of references) {
    const named = await reference();
    if (named === undefined) continue;
    const found = await imageConfig(registry, repository, named, platform).catch((error: unknown) => {
      if (error instanceof KdcubeError) return undefined;
      throw error;
    });
    if (found) return found;
  }
  return undefined;
}

/** What this checkout pushed last, if it went to the same place. */
function lastPush(root: string, image: string, repository: string): PushReceipt | undefined {
  const receipt = pushReceipt(root, image);
  return receipt?.repository === repository ? receipt : undefined;
}
