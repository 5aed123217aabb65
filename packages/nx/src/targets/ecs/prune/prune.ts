import {
  type Environment,
  manifestName,
  parseImageReference,
  planPrune,
  protects,
  type PrunePlan,
  type PruneRules,
  type RegistryName,
  type ReleaseRecord,
  type Removal,
  type StoredManifest,
} from '@kdcube/release/internal';
import { listTags } from '../../../registry/tags/list-tags';
import type { Repository } from '../../../registry/blobs/blobs';
import { findManifest } from '../../../registry/manifests/manifests';
import { deleteManifest } from '../../../registry/prune/delete-manifest';
import { listReferrers } from '../../../registry/referrers';
import { childrenOf, listManifests, readTagManifests } from '../../../registry/prune/list-manifests';
import type { Log } from '../../../system/log';
import { uniqueRegistries, openRepository } from '../../../workspace/registries';
import { readAllRecords, recordsOf } from '../../records/records';
import { firstDeployed, imagesOfRecords, imagesThatRun, type NeededImages, recordsInWindow } from './needed-images';

interface PruneOptions {
  /** Every environment whose images may not be removed, with the registry of its images. */
  environments: readonly { environment: Environment; registry: RegistryName }[];
  /** The repositories to remove images from, by registry. */
  registries: readonly RegistryName[];
  images: readonly string[];
  /** Successful deployments of each environment. */
  keep: number;
  /** Milliseconds. */
  minAge: number;
  removeCommitTags: boolean;
  tagPrefix: string;
}

/** What is removed from one repository. */
export interface RepositoryPrune extends PrunePlan {
  place: Repository;
  rules: PruneRules;
  manifests: readonly StoredManifest[];
  hasUntagged: boolean;
}

/** Reads all that may need an image, then decides. Changes nothing; a list that cannot be read is a Problem. */
export async function findGarbage(options: PruneOptions, now: number, log: Log): Promise<RepositoryPrune[]> {
  const { records, needed } = await readNeeded(options, now, log);
  const deployed = firstDeployed(records);
  const result: RepositoryPrune[] = [];
  for (const name of options.registries)
    for (const image of options.images) {
      const place = openRepository(name, image, log);
      const { manifests, hasUntagged } = await listManifests(place);
      const rules: PruneRules = {
        ...options,
        now,
        needed: new Map([...needed.digests, ...(await resolveTags(needed.references, place))]),
      };
      const dated = manifests.map((manifest) => withAge(manifest, deployed));
      const plan = planPrune(dated, rules);
      const remove: Removal[] = [];
      for (const removal of plan.remove) remove.push(await withReferrers(place, removal, dated, rules));
      result.push({ place, rules, manifests: dated, hasUntagged, keep: plan.keep, remove });
    }
  return result;
}

async function readNeeded(
  { environments, registries, keep, minAge }: PruneOptions,
  now: number,
  log: Log,
): Promise<{ records: ReleaseRecord[]; needed: NeededImages }> {
  const names = uniqueRegistries([...registries, ...environments.map(({ registry }) => registry)]);
  const records: ReleaseRecord[] = [];
  for (const name of names) records.push(...(await readAllRecords(recordsOf(name, log))));
  records.sort((a, b) => (a.endedAt < b.endedAt ? 1 : -1));
  const inWindow = recordsInWindow(records, { keep, since: now - minAge });
  const needed: NeededImages = { digests: imagesOfRecords(inWindow), references: new Map() };
  for (const { environment } of environments) {
    const isOwn = (record: ReleaseRecord) => record.environment === environment.name;
    const running = await imagesThatRun(environment, records.filter(isOwn), inWindow.filter(isOwn));
    for (const [digest, why] of running.digests) needed.digests.set(digest, why);
    for (const [reference, why] of running.references) needed.references.set(reference, why);
  }
  return { records, needed };
}

/** What the tags that task definitions name stand for in this repository. */
async function resolveTags(
  references: ReadonlyMap<string, string>,
  { registry, repository }: Repository,
): Promise<Map<string, string>> {
  const digests = new Map<string, string>();
  for (const [reference, why] of references) {
    const image = parseImageReference(reference);
    if (image.host !== registry.host || image.repository !== repository) continue;
    const manifest = await findManifest(registry, repository, manifestName(image));
    if (manifest) digests.set(manifest.digest, why);
  }
  return digests;
}

/** A registry that reports no push time: the first deployment of the image, its index or one of its children is the latest time at which it was pushed. */
function withAge(manifest: StoredManifest, deployed: ReadonlyMap<string, number>): StoredManifest {
  const times = [manifest.digest, ...manifest.children].flatMap((digest) => deployed.get(digest) ?? []);
  return manifest.existsSince !== undefined || times.length === 0 ? manifest : { ...manifest, existsSince: Math.min(...times) };
}

/** Adds what only the referrers API lists, unless it is needed itself. */
async function withReferrers(
  place: Repository,
  removal: Removal,
  manifests: readonly StoredManifest[],
  { needed }: PruneRules,
): Promise<Removal> {
  const listed = new Set(manifests.map(({ digest }) => digest));
  const extra: StoredManifest[] = [];
  for (const digest of [removal.digest, ...removal.with.map((part) => part.digest)])
    for (const { digest: referrer } of await listReferrers(place, digest))
      if (!listed.has(referrer) && !needed.has(referrer))
        extra.push({ digest: referrer, tags: [], children: [], subject: digest });
  return extra.length === 0 ? removal : { ...removal, with: [...removal.with, ...extra] };
}

type PruneResult = { result: 'deleted'; deleted: string[] } | { result: 'missing' } | { result: 'kept'; reason: string };

/** Removes one image, and then what belongs to it, unless it was tagged since it was listed. */
export async function pruneImage({ place, rules, manifests }: RepositoryPrune, removal: Removal): Promise<PruneResult> {
  const reason = await taggedSince(place, rules, manifests, removal);
  if (reason !== undefined) return { result: 'kept', reason };
  const tagsOf = new Map(manifests.map(({ digest, tags }) => [digest, tags]));
  const deleted: string[] = [];
  for (const digest of [removal.digest, ...removal.with.map((part) => part.digest)])
    if ((await deleteManifest(place, digest, tagsOf.get(digest) ?? [])) === 'deleted') deleted.push(digest);
  return deleted.length === 0 ? { result: 'missing' } : { result: 'deleted', deleted };
}

/** A push that reuses the image may have tagged it: new tags are read, and those that can move. */
async function taggedSince(
  place: Repository,
  rules: PruneRules,
  manifests: readonly StoredManifest[],
  removal: Removal,
): Promise<string | undefined> {
  const before = new Map(manifests.flatMap(({ digest, tags }) => tags.map((tag) => [tag, digest] as const)));
  const names = await listTags(place.registry, place.repository);
  const changeable = names.filter((tag) => !before.has(tag) || protects(tag, rules));
  const parts = new Set([removal.digest, ...removal.with.map(({ digest }) => digest)]);
  for (const [tag, { digest, json }] of await readTagManifests(place, changeable))
    if (before.get(tag) !== digest && [digest, ...childrenOf(json)].some((each) => parts.has(each)))
      return `the tag ${tag} was set on it meanwhile`;
  return undefined;
}
