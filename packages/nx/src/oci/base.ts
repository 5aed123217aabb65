import { type ImageSettings, type Refusal, KdcubeError, quoted, SCRATCH } from '@kdcube/release/internal';
import {
  type Descriptor,
  type ImageConfig,
  type ImageManifest,
  DOCKER_MANIFEST,
  OCI_MANIFEST,
} from '../registry/manifest-format';
import { parsePlatform, formatPlatform, matchesPlatform } from '../registry/platform';

/** An image that another one is built on: what a registry or a layout says of it. */
export interface Base {
  /** How messages call it. */
  reference: string;
  mediaType: string;
  manifest: ImageManifest;
  config: ImageConfig;
}

/** Docker's limit, which its storage drivers have from the kernel. */
export const MOST_LAYERS = 125;

const OCI_TYPES: Record<string, string> = {
  'application/vnd.docker.image.rootfs.diff.tar.gzip': 'application/vnd.oci.image.layer.v1.tar+gzip',
  'application/vnd.docker.image.rootfs.diff.tar': 'application/vnd.oci.image.layer.v1.tar',
  'application/vnd.docker.image.rootfs.diff.tar.zstd': 'application/vnd.oci.image.layer.v1.tar+zstd',
  'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip': 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip',
  'application/vnd.docker.image.rootfs.foreign.diff.tar': 'application/vnd.oci.image.layer.nondistributable.v1.tar',
};

/** `FROM scratch` for a platform. */
export function scratch(platform: string): Base {
  const config = {
    ...parsePlatform(platform),
    config: { ...SCRATCH } as ImageConfig['config'],
    rootfs: { type: 'layers', diff_ids: [] },
  };
  const manifest: ImageManifest = { schemaVersion: 2, config: { mediaType: '', digest: '', size: 0 }, layers: [] };
  return { reference: 'scratch', mediaType: OCI_MANIFEST, manifest, config };
}

/** Throws where nothing can stand on this base. Problems: `image-not-found` for another platform, `registry-response` for schema 1 and for parts that do not fit together. */
export function requireBase({ reference, mediaType, manifest, config }: Base, platform: string): void {
  if (!matchesPlatform(config, parsePlatform(platform)))
    throw new KdcubeError({
      code: 'image-not-found',
      message: `${reference} is for ${formatPlatform(config)}, the image is to be for ${platform}.`,
    });
  if (mediaType !== OCI_MANIFEST && mediaType !== DOCKER_MANIFEST)
    throw new KdcubeError({
      code: 'registry-response',
      message: `${reference} is in the format ${quoted(mediaType)}: neither an OCI image nor one of docker's schema 2.`,
      hint: /v1\+/.test(mediaType)
        ? 'pull it with a docker of 2017 to 2023 and push it again; registries keep it as schema 2 then'
        : undefined,
    });
  if (manifest.layers.length !== config.rootfs.diff_ids.length)
    throw new KdcubeError({
      code: 'registry-response',
      message: `${reference} has ${manifest.layers.length} layers, and its config names ${config.rootfs.diff_ids.length}.`,
    });
}

/** Why so many layers do not fit; undefined where they do. The build could still be an engine's, which lays all files of a COPY into one. */
export function tooManyLayers({ reference, manifest }: Base, own: number, line: number): Refusal | undefined {
  const most = MOST_LAYERS - manifest.layers.length;
  if (own <= most) return undefined;
  return {
    line,
    instruction: 'FROM',
    why: `${reference} has ${manifest.layers.length} layers and ${own} come on top, more than the ${MOST_LAYERS} that an image can have`,
  };
}

/** The base's layers as an OCI manifest names them: the same bytes, known by the same digests. zstd, foreign and unknown layers stay what they are. */
export function baseLayers({ manifest }: Base): Descriptor[] {
  return manifest.layers.map((layer) => ({ ...layer, mediaType: OCI_TYPES[layer.mediaType] ?? layer.mediaType }));
}

export function settingsOf({ config }: Base): ImageSettings {
  return (config.config ?? {}) as ImageSettings;
}

/** The base's history, where it tells of as many layers as there are; else one entry a layer. */
export function historyOf({ config, manifest }: Base): object[] {
  const history = (config.history ?? []).filter((entry) => typeof entry === 'object' && entry !== null);
  const told = history.filter((entry) => !(entry as { empty_layer?: boolean }).empty_layer).length;
  return told === manifest.layers.length ? history : manifest.layers.map(() => ({ created: config.created, created_by: 'base' }));
}
