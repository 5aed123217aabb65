import {
  BUNDLES_LABEL,
  type BundleContent,
  KdcubeError,
  type RegistryName,
  type ReleaseRecord,
  readBundles,
} from '@kdcube/release/internal';
import { getBlob, type Repository } from '../../../registry/blobs/blobs';
import { isImageManifest, isIndex, parseConfig, type ImageConfig } from '../../../registry/manifests/manifest-format';
import { findManifest, type Manifest } from '../../../registry/manifests/manifests';
import { formatPlatform } from '../../../registry/manifests/platform';
import { listManifests } from '../../../registry/prune/list-manifests';
import type { Log } from '../../../system/log';
import { openRepository } from '../../../workspace/registries';

/** An image as the registry has it. Its bytes have the digest: what they contain is what was pushed, but only a claim about where it comes from. */
export interface FoundImage {
  image: string;
  place: Repository;
  manifest: Manifest;
  tags: string[];
  /** Indexes that have it as a child. */
  parents: string[];
  /** The manifests that a deploy of the image may name: its own and those of its index or children. */
  related: string[];
  platforms: string[];
  /** Undefined for what is no image, such as a signature. */
  config?: ImageConfig;
}

export interface Claims {
  /** Undefined for an image that this plugin did not build. */
  key?: string;
  bundles: BundleContent[];
  platformRef?: string;
  base?: string;
}

/** Which digest a person means: a full one, the beginning of one, or a reference that ends with one. Problem `wrong-option`. */
export function parseDigestOption(text: string): string {
  const wanted = text
    .slice(text.lastIndexOf('@') + 1)
    .replace(/^sha256:/, '')
    .toLowerCase();
  if (/^[0-9a-f]{7,64}$/.test(wanted)) return `sha256:${wanted}`;
  throw new KdcubeError({
    code: 'wrong-option',
    message: `${JSON.stringify(text)} is not a digest: use sha256: and 64 hexadecimal digits, or at least the first 7 of them.`,
    hint: 'nx run release:explain --digest=sha256:0123456789ab',
  });
}

const FULL_LENGTH = 'sha256:'.length + 64;

/** Finds the image in the repositories of the workspace. Problems `image-not-found`, and `wrong-option` for a beginning that several digests have. */
export async function findImage(
  wanted: string,
  {
    registries,
    images,
    records,
  }: { registries: readonly RegistryName[]; images: readonly string[]; records: readonly ReleaseRecord[] },
  log: Log,
): Promise<FoundImage> {
  const places = registries.flatMap((name) => images.map((image) => ({ image, place: openRepository(name, image, log) })));
  const found: FoundImage[] = [];
  for (const { image, place } of places) {
    const { manifests } = await listManifests(place);
    const listed = manifests.filter(({ digest }) => digest.startsWith(wanted)).map(({ digest }) => digest);
    // A record names images whose tags have moved on.
    const recorded = records.flatMap(digestsOf).filter((digest) => digest.startsWith(wanted));
    const candidates = new Set([...listed, ...recorded, ...(wanted.length === FULL_LENGTH ? [wanted] : [])]);
    for (const digest of candidates) {
      const manifest = await findManifest(place.registry, place.repository, digest);
      if (!manifest) continue;
      const parents = manifests.filter(({ children }) => children.includes(digest)).map((parent) => parent.digest);
      const tags = manifests
        .filter((each) => each.digest === digest || parents.includes(each.digest))
        .flatMap((each) => each.tags);
      found.push({ image, place, manifest, tags, parents, ...(await contentOf(place, manifest, parents)) });
    }
  }
  const digests = [...new Set(found.map(({ manifest }) => manifest.digest))];
  if (digests.length > 1) throw ambiguous(wanted, digests);
  if (found[0]) return found[0];
  throw notFound(
    wanted,
    places.map(({ place }) => `${place.registry.host}/${place.repository}`),
    records,
  );
}

/** The images of the services, and the image that bundles run code in. */
function digestsOf({ services, exec }: ReleaseRecord): string[] {
  return [...Object.values(services), ...(exec ? [exec] : [])].map(({ digest }) => digest);
}

async function contentOf(
  place: Repository,
  { digest, json }: Manifest,
  parents: string[],
): Promise<Pick<FoundImage, 'config' | 'platforms' | 'related'>> {
  if (isIndex(json)) {
    const children = json.manifests.map((child) => child.digest);
    const platforms = json.manifests.flatMap(({ platform }) => (platform ? [formatPlatform(platform)] : []));
    const first = json.manifests.find(({ platform }) => platform !== undefined && platform.os !== 'unknown');
    const child = first && (await findManifest(place.registry, place.repository, first.digest));
    const config = child && !isIndex(child.json) ? (await contentOf(place, child, [])).config : undefined;
    return { platforms, related: [digest, ...children], ...(config && { config }) };
  }
  if (!isImageManifest(json)) return { platforms: [], related: [digest, ...parents] };
  const bytes = await getBlob(place.registry, place.repository, json.config.digest);
  const config = parseConfig(bytes, json, `${place.repository}@${digest}`);
  return { config, platforms: [formatPlatform(config)], related: [digest, ...parents] };
}

/** What the labels of an image say. Anybody who can push can write them. */
export function claimsOf(config: ImageConfig): Claims {
  const labels = config.config?.Labels ?? {};
  const key = labels['io.kdcube.content-key'];
  return {
    ...(key !== undefined && { key }),
    bundles: readBundles(labels[BUNDLES_LABEL]) ?? [],
    ...(labels['io.kdcube.platform-ref'] !== undefined && { platformRef: labels['io.kdcube.platform-ref'] }),
    ...(labels['org.opencontainers.image.base.digest'] !== undefined && { base: labels['org.opencontainers.image.base.digest'] }),
  };
}

function ambiguous(wanted: string, digests: readonly string[]): KdcubeError {
  return new KdcubeError({
    code: 'wrong-option',
    message: `${digests.length} images have a digest that starts with ${wanted}.`,
    hint: `one of ${digests.slice(0, 5).join(', ')}`,
  });
}

function notFound(wanted: string, places: readonly string[], records: readonly ReleaseRecord[]): KdcubeError {
  const recorded = records.find((record) => digestsOf(record).some((digest) => digest.startsWith(wanted)));
  const also = recorded ? ` The record of ${recorded.release} in ${recorded.environment} names it: it was deleted since.` : '';
  return new KdcubeError({
    code: 'image-not-found',
    message: `${wanted} is in none of the repositories of this workspace (${places.join(', ')}).${also}`,
    hint: 'nx run release:status    shows the digests that run; --registry=<host>/<path> reads another registry',
  });
}
