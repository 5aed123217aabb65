import { type ImageSettings, type Refusal, KdcubeError, quoted, SCRATCH } from '@kdcube/release/internal';
import {
  type Descriptor,
  type ImageConfig,
  type ImageManifest,
  DOCKER_MANIFEST,
  OCI_MANIFEST,
} from '../registry/manifests/manifest-format';
import { parsePlatform, formatPlatform, matchesPlatform } from '../registry/manifests/platform';

/** The base image of a build, as a registry or a layout describes it. */
export interface Base {
  /** Its name in messages. */
  reference: string;
  mediaType: string;
  manifest: ImageManifest;
  config: ImageConfig;
}

/** Docker's limit, imposed on its storage drivers by the kernel. */
export const MAX_LAYERS = 125;

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

/** Throws if the base cannot be used. Problems: `image-not-found` for another platform, `registry-response` for schema 1 and for a manifest that contradicts its config. */
export function requireBase({ reference, mediaType, manifest, config }: Base, platform: string): void {
  if (!matchesPlatform(config, parsePlatform(platform)))
    throw new KdcubeError({
      code: 'image-not-found',
      message: `${reference} is for ${formatPlatform(config)}, and the build is for ${platform}.`,
    });
  if (mediaType !== OCI_MANIFEST && mediaType !== DOCKER_MANIFEST)
    throw new KdcubeError({
      code: 'registry-response',
      message: `${reference} has the media type ${quoted(mediaType)}: it is neither an OCI image nor a Docker image of schema 2.`,
      hint: /v1\+/.test(mediaType)
        ? 'pull it with a docker version of 2017 to 2023 and push it again: this converts it to schema 2'
        : undefined,
    });
  if (manifest.layers.length !== config.rootfs.diff_ids.length)
    throw new KdcubeError({
      code: 'registry-response',
      message: `${reference} has ${manifest.layers.length} layers, but its config lists ${config.rootfs.diff_ids.length}.`,
    });
}

/** The refusal if the image would have too many layers. An engine may still build it: it creates one layer for each COPY. */
export function tooManyLayers({ reference, manifest }: Base, own: number, line: number): Refusal | undefined {
  const most = MAX_LAYERS - manifest.layers.length;
  if (own <= most) return undefined;
  return {
    line,
    instruction: 'FROM',
    why: `${reference} has ${manifest.layers.length} layers and the build adds ${own}: more than the ${MAX_LAYERS} that an image can have`,
  };
}

/** The base's layers with OCI media types and unchanged digests. Unknown media types are not changed. */
export function baseLayers({ manifest }: Base): Descriptor[] {
  return manifest.layers.map((layer) => ({ ...layer, mediaType: OCI_TYPES[layer.mediaType] ?? layer.mediaType }));
}

export function settingsOf({ config }: Base): ImageSettings {
  return (config.config ?? {}) as ImageSettings;
}

/** The base's history if it matches the base's layers, else one entry for each layer. */
export function historyOf({ config, manifest }: Base): object[] {
  const history = (config.history ?? []).filter((entry) => typeof entry === 'object' && entry !== null);
  const described = history.filter((entry) => !(entry as { empty_layer?: boolean }).empty_layer).length;
  return described === manifest.layers.length
    ? history
    : manifest.layers.map(() => ({ created: config.created, created_by: 'base' }));
}
