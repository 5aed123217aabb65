import { KdcubeError, quoted } from '@kdcube/release/internal';
import { getBlob } from './blobs/blobs';
import { getManifest, MAX_MANIFEST_BYTES, notFound, type Manifest } from './manifests';
import { formatPlatform, listPlatforms, matchesPlatform, parsePlatform, selectPlatform, type Platform } from './platform';
import { referenceName, type Registry } from './transport/connect';
import * as manifests from './manifest-format';
import { invalidResponse } from './transport/problems';

/** An image for one platform: its manifest and its config, also as the registry has them. */
export interface RegistryImage {
  digest: string;
  mediaType: string;
  manifest: manifests.ImageManifest;
  config: manifests.ImageConfig;
  bytes: { manifest: Buffer; config: Buffer };
}

/** The manifest and the config of an image for one platform (`linux/amd64`): of an index, the child that fits. Throws `image-not-found`, naming what is there. */
export async function getImage(
  registry: Registry,
  repository: string,
  reference: string,
  platform: string,
): Promise<RegistryImage> {
  const wanted = parsePlatform(platform);
  const from = referenceName(registry, repository, reference);
  const top = await getManifest(registry, repository, reference);
  const chosen = manifests.isIndex(top.json) ? await getPlatformManifest(registry, repository, top.json, wanted, from) : top;
  const manifest = chosen.json as manifests.ImageManifest;
  if (manifests.isIndex(chosen.json)) throw invalidResponse(`${from} is an index of indexes, which is not supported.`);
  if (!manifests.isImageManifest(manifest))
    throw notFound(`${from} is not an image: its config has the media type ${quoted(manifest.config.mediaType)}.`);
  const { digest, size } = manifest.config;
  if (size > MAX_MANIFEST_BYTES)
    throw invalidResponse(`The config of ${from} is too large: ${size} bytes, at most ${MAX_MANIFEST_BYTES}.`);
  const bytes = await getBlob(registry, repository, digest, { maxBytes: size });
  const config = manifests.parseConfig(bytes, manifest, from);
  if (!matchesPlatform(config, wanted)) throw wrongPlatform(from, platform, [formatPlatform(config)]);
  return {
    digest: chosen.digest,
    mediaType: chosen.mediaType,
    manifest,
    config,
    bytes: { manifest: chosen.bytes, config: bytes },
  };
}

async function getPlatformManifest(
  registry: Registry,
  repository: string,
  index: manifests.ImageIndex,
  wanted: Platform,
  from: string,
): Promise<Manifest> {
  const child = selectPlatform(index, wanted);
  if (!child) throw wrongPlatform(from, formatPlatform(wanted), listPlatforms(index));
  return getManifest(registry, repository, child.digest);
}

function wrongPlatform(from: string, platform: string, available: string[]): KdcubeError {
  return notFound(`${from} has no image for ${platform}, only for ${available.join(', ') || 'no platform'}.`);
}
