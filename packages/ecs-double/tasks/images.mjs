// Which digest an image reference is, as the platform's registry would say.
// What a task reports is "the container image manifest digest": https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Container.html

import { createHash } from 'node:crypto';

/** @import { ImageEntry, World } from '../state/types.d.ts' */

const ACCEPT = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

/**
 * { digest, index?, bundles? } or { missing: reason }. `table` is the scenario's `images`: reference or digest → "sha256:…", or
 * { digest } | { index, platforms: { "linux/amd64": digest } } | { missing: true }, with `bundles` (folders in /bundles) where that matters.
 * @param {World} world
 * @param {string} reference
 * @param {string} [platform]
 */
export async function resolveImage(world, reference, platform = 'linux/amd64') {
  const pinned = /@(sha256:[0-9a-f]{64})$/.exec(reference)?.[1];
  const entry = world.images[reference] ?? (pinned ? world.images[pinned] : undefined);
  if (entry !== undefined) return fromTable(entry, reference, platform);
  if (world.registryUrl) return fromRegistry(world.registryUrl, reference, platform);
  if (world.strictImages) return { missing: notFound(reference) };
  return { digest: pinned ?? `sha256:${createHash('sha256').update(reference).digest('hex')}` };
}

/**
 * @param {ImageEntry} entry
 * @param {string} reference
 * @param {string} platform
 */
function fromTable(entry, reference, platform) {
  if (typeof entry === 'string') return { digest: entry };
  if (entry.missing) return { missing: notFound(reference) };
  if (!entry.platforms) return { digest: entry.digest, bundles: entry.bundles };
  const child = entry.platforms[platform];
  return child ? { digest: child, index: entry.index, bundles: entry.bundles } : { missing: noPlatform(platform) };
}

/**
 * @param {string} base
 * @param {string} reference
 * @param {string} platform
 */
async function fromRegistry(base, reference, platform) {
  const [, name, tag, pinned] = /^(?:[^/]+\/)?(.+?)(?::([\w][\w.-]*))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(reference) ?? [];
  const url = new URL(`/v2/${name}/manifests/${pinned ?? tag ?? 'latest'}`, base);
  const response = await fetch(url, { headers: { accept: ACCEPT } });
  if (response.status !== 200) return { missing: notFound(reference) };
  const bytes = Buffer.from(await response.arrayBuffer());
  const digest = response.headers.get('docker-content-digest') ?? `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  const { manifests } = JSON.parse(bytes.toString());
  if (!manifests) return { digest };
  const child = manifests.find(
    (/** @type {{ platform?: { os: string, architecture: string } }} */ one) =>
      `${one.platform?.os}/${one.platform?.architecture}` === platform,
  );
  return child ? { digest: child.digest, index: digest } : { missing: noPlatform(platform) };
}

// Both texts: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_cannot_pull_image.html
/** @param {string} reference */
function notFound(reference) {
  return `CannotPullContainerError: pull image manifest has been retried 7 time(s): failed to resolve ref ${reference}: ${reference}: not found`;
}

/** @param {string} platform */
function noPlatform(platform) {
  return `CannotPullContainerError: pull image manifest has been retried 7 time(s): image Manifest does not contain descriptor matching platform '${platform}'`;
}
