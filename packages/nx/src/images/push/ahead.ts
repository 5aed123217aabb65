import type { PushReceipt, RegistryName } from '@kdcube/release/internal';
import { customerTags, KdcubeError, repositoryOf, shown } from '@kdcube/release/internal';
import type { Log } from '../../system/log';
import type { Repository } from '../../registry/blobs';
import { askTags, type AskedTags } from '../../registry/push';
import { headManifest, getImage } from '../../registry/registry';
import { isInterrupted } from '../../system/signals';
import { readKept, type KeptImage } from '../build/kept';
import { branchOf, peopleTags, type PeopleOptions } from './people';
import { pushReceipt } from '../receipts';
import { openRegistry } from '../../workspace/registries';

/** An image that a repository has. */
export type Existing = Pick<KeptImage, 'manifest' | 'config'>;

/** A repository that an image will go to, and what it had before: asked for while the image is planned. */
export interface Ahead {
  place: Repository;
  /** As people type it, without a tag. */
  shownName: string;
  before: Promise<Existing | undefined>;
  /** What this checkout pushed there last. */
  last?: PushReceipt;
  /** What that image said of itself, as it is kept on this machine: the repository may have lost it since. */
  kept?: Existing;
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
  const kept = last && readKept('pushed', keptName(shownName, platform), last.digest);
  const before = existing(place, platform, { last, kept }, options);
  // Said to whoever asks for it.
  before.catch(() => undefined);
  return { place, shownName, before, last, kept, people: askPeople(place, options).catch(() => undefined) };
}

/** Under which name what is pushed to a place is kept. */
export function keptName(shownName: string, platform: string): string {
  return `${shownName} ${platform}`;
}

/** Where none is idle, each question opens a connection, which the push will need anyway. */
async function askPeople({ registry, repository }: Repository, options: PeopleOptions): Promise<AskedTags | undefined> {
  const state = await options.look?.state;
  if (!state || state.isChanged) return undefined;
  const tags = await peopleTags(options);
  return askTags(
    registry,
    repository,
    tags.map(({ tag }) => tag),
  );
}

/** What was pushed last is only asked for, where this machine knows what it says. */
async function existing(
  { registry, repository }: Repository,
  platform: string,
  { last, kept }: Pick<Ahead, 'last' | 'kept'>,
  options: PeopleOptions,
): Promise<Existing | undefined> {
  const read = (reference: string) => unlessProblem(getImage(registry, repository, reference, platform));
  const found =
    last && (kept ? (await unlessProblem(headManifest(registry, repository, last.digest))) && kept : await read(last.digest));
  if (found) return found;
  const [named] = customerTags({ branch: await branchOf(options) }, options.tagPrefix);
  return named && read(named.tag);
}

async function unlessProblem<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof KdcubeError && !isInterrupted(error)) return undefined;
    throw error;
  }
}

/** What this checkout pushed last, if it went to the same place. */
function lastPush(root: string, image: string, repository: string): PushReceipt | undefined {
  const receipt = pushReceipt(root, image);
  return receipt?.repository === repository ? receipt : undefined;
}
