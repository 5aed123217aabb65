import { createHash } from 'node:crypto';
import { KdcubeError, quoted } from '../problem/problem';

/** A tag that registries allow: [A-Za-z0-9_][A-Za-z0-9._-]{0,127}. */
export function isTag(text: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/.test(text);
}

/**
 * Converts a name (of a branch or a release) to a tag: `/` becomes `-`, other characters `_`. If characters other than `/` are replaced, or
 * the name is too long or looks like a content key, eight characters of its hash are appended. (`feature/x` and `feature-x` give the same
 * tag: users expect that name.)
 */
export function tagSafe(name: string): string {
  const dashed = name.replace(/\//g, '-');
  const safe = dashed.replace(/[^A-Za-z0-9._-]/g, '_').replace(/^[.-]/, '_');
  if (safe === dashed && safe.length <= 100 && safe !== '' && !isKeyTag(safe)) return safe;
  return `${safe.slice(0, 91) || '_'}-${createHash('sha256').update(name).digest('hex').slice(0, 8)}`;
}

/** A branch, commit or release tag of an image. Moving tags are for people only: nothing here deploys by a tag. */
export interface ImageTag {
  tag: string;
  moving: boolean;
}

export interface TagSources {
  /** The workspace's own commit, if everything in the image is committed. */
  commit?: string;
  branch?: string;
}

/** The prefix of the customer's tags, unless the plugin's options have another one. */
export const DEFAULT_TAG_PREFIX = 'customer';

/** The customer's tags: `customer-<sha>` and the moving `customer-<branch>`. The prefix distinguishes them from keys and versions. */
export function customerTags({ commit, branch }: TagSources, prefix = DEFAULT_TAG_PREFIX): ImageTag[] {
  const tags: ImageTag[] = [];
  // The user chooses the prefix: with `c`, a SHA-256 commit would look like a content key.
  if (commit) tags.push({ tag: checkTag(`${prefix}-${commit}`), moving: false });
  if (branch) tags.push({ tag: checkTag(`${prefix}-${tagSafe(branch)}`), moving: true });
  return tags;
}

/** The platform's tags, for images built from the platform's own repository: the sha, the moving branch, and vX.Y.Z of a release. */
export function platformTags({ commit, branch, version }: TagSources & { version?: string }): ImageTag[] {
  const tags: ImageTag[] = [];
  if (commit) tags.push({ tag: commit, moving: false });
  if (branch) tags.push({ tag: tagSafe(branch), moving: true });
  if (version) tags.push({ tag: tagSafe(version), moving: false });
  return tags;
}

/** The tag under which an image's content key is looked up. */
export function keyTag(key: string): string {
  return `c-${key}`;
}

/** The form of a content key's tag. */
export const KEY_TAG = /^c-[0-9a-f]{64}$/;

function isKeyTag(tag: string): boolean {
  return KEY_TAG.test(tag);
}

/** Rejects tags that users must not set: invalid tags, and those that look like a content key. */
export function checkTag(tag: string): string {
  if (!isTag(tag)) throw new KdcubeError({ code: 'unsafe-tag', message: `${quoted(tag)} cannot be a tag.`, hint: tagSafe(tag) });
  if (isKeyTag(tag))
    throw new KdcubeError({
      code: 'unsafe-tag',
      message: `${quoted(tag)} has the form of a content key, which only a build may set.`,
    });
  return tag;
}
