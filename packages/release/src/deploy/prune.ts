import { KEY_TAG } from '../release/tags';

/** A manifest in a repository: an image, an index, one of its children, or a signature. */
export interface StoredManifest {
  digest: string;
  tags: readonly string[];
  /** Of an index. */
  children: readonly string[];
  /** The digest of the image that this signature or other referrer is about. */
  subject?: string;
  /** It existed then at the latest: when it was pushed or first deployed. Milliseconds since 1970; undefined if unknown. */
  existsSince?: number;
}

export interface PruneRules {
  /** Why a digest is needed, by digest: a record or a running task names it. */
  needed: ReadonlyMap<string, string>;
  now: number;
  /** Milliseconds. 0: images of unknown age are removed too. */
  minAge: number;
  /** Whether commit tags of this prefix do not protect an image. */
  removeCommitTags: boolean;
  tagPrefix: string;
}

/** An image that is removed, with what belongs to it and goes with it. */
export interface Removal {
  digest: string;
  tags: readonly string[];
  /** The children of an index that no other index has, then the referrers. In the order in which they are removed. */
  with: readonly StoredManifest[];
}

export interface PrunePlan {
  remove: Removal[];
  keep: { digest: string; tags: readonly string[]; reason: string }[];
}

/** The tag under which registries without the referrers API list what refers to an image: `sha256-<hex>`, and with a suffix for older tools. */
export function referrerSubject(tag: string): string | undefined {
  const hex = /^sha256-([0-9a-f]{64})(?:\.[a-z]+)?$/.exec(tag)?.[1];
  return hex === undefined ? undefined : `sha256:${hex}`;
}

/** Decides which images of a repository are removed: those that nothing needs and only content keys name. */
export function planPrune(manifests: readonly StoredManifest[], rules: PruneRules): PrunePlan {
  const byDigest = new Map(manifests.map((manifest) => [manifest.digest, manifest]));
  const children = new Set(manifests.flatMap((manifest) => childrenOf(manifest, byDigest)));
  const referrers = manifests.filter(({ subject }) => subject !== undefined);
  const referred = neededReferrers(referrers, byDigest, rules);
  const roots = manifests.filter(({ digest, subject }) => subject === undefined && !children.has(digest));
  const keep = roots.flatMap((root) => {
    const reason = keepReason(root, byDigest, referred, rules);
    return reason === undefined ? [] : [{ digest: root.digest, tags: root.tags, reason }];
  });
  const preserved = closure([...keep.map(({ digest }) => digest)], byDigest);
  const remove: Removal[] = [];
  for (const root of roots) {
    if (preserved.has(root.digest)) continue;
    const parts = [...closure([root.digest], byDigest)].slice(1).flatMap((digest) => byDigest.get(digest) ?? []);
    const removable = parts.filter(({ digest }) => !preserved.has(digest));
    for (const { digest } of removable) preserved.add(digest);
    const gone = new Set([root.digest, ...removable.map(({ digest }) => digest)]);
    const about = referrers.filter(({ subject }) => gone.has(subject!));
    const signatures = about.flatMap((referrer) => [...closure([referrer.digest], byDigest)]);
    const signatureManifests = [...new Set(signatures)]
      .filter((digest) => !preserved.has(digest))
      .flatMap((digest) => byDigest.get(digest) ?? []);
    remove.push({ digest: root.digest, tags: root.tags, with: [...removable, ...signatureManifests] });
  }
  return { remove, keep };
}

/** Anyone with write access can list an image among the referrers of another one: an image that has a tag is judged by itself. */
function childrenOf({ subject, children }: StoredManifest, byDigest: ReadonlyMap<string, StoredManifest>): readonly string[] {
  return subject === undefined ? children : children.filter((digest) => (byDigest.get(digest)?.tags ?? []).length === 0);
}

/** Digests of images whose signature or other referrer is needed, or has a tag of its own: why, by the digest of the image. */
function neededReferrers(
  referrers: readonly StoredManifest[],
  byDigest: ReadonlyMap<string, StoredManifest>,
  rules: PruneRules,
): Map<string, string> {
  const found = new Map<string, string>();
  for (const { digest: referrer, subject } of referrers)
    for (const digest of closure([referrer], byDigest)) {
      const tag = byDigest.get(digest)?.tags.find((name) => referrerSubject(name) === undefined && protects(name, rules));
      const reason = rules.needed.get(digest) ?? (tag !== undefined ? `the tag ${tag} names what refers to it` : undefined);
      if (reason !== undefined) found.set(subject!, reason);
    }
  return found;
}

function keepReason(
  root: StoredManifest,
  byDigest: ReadonlyMap<string, StoredManifest>,
  referred: ReadonlyMap<string, string>,
  rules: PruneRules,
): string | undefined {
  for (const digest of closure([root.digest], byDigest)) {
    const reason = rules.needed.get(digest) ?? referred.get(digest);
    if (reason !== undefined) return reason;
    const tag = byDigest.get(digest)?.tags.find((name) => protects(name, rules));
    if (tag !== undefined) return `the tag ${tag} names it`;
  }
  if (rules.minAge === 0) return undefined;
  if (root.existsSince === undefined) return 'its age is unknown';
  return rules.now - root.existsSince < rules.minAge ? 'it is too new' : undefined;
}

/** Whether a tag is a reason to keep an image. */
export function protects(tag: string, { removeCommitTags, tagPrefix }: PruneRules): boolean {
  if (KEY_TAG.test(tag)) return false;
  const commit = tag.startsWith(`${tagPrefix}-`) && /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(tag.slice(tagPrefix.length + 1));
  return !(removeCommitTags && commit);
}

/** These manifests and everything below them, each once, from the top to the bottom. */
function closure(digests: readonly string[], byDigest: ReadonlyMap<string, StoredManifest>): Set<string> {
  const all = new Set(digests);
  for (const digest of all) for (const child of byDigest.get(digest)?.children ?? []) all.add(child);
  return all;
}
