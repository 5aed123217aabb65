import { KdcubeError, isDigest, quoted } from '@kdcube/release/internal';
import { readSettings, withoutNulls } from './image-settings';
import { invalidResponse } from '../transport/problems';
import type { Platform } from './platform';

export const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';
export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
export const OCI_LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip';
export const DOCKER_LIST = 'application/vnd.docker.distribution.manifest.list.v2+json';
export const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';
const KNOWN = [OCI_INDEX, OCI_MANIFEST, DOCKER_LIST, DOCKER_MANIFEST];
const CONFIGS = ['application/vnd.oci.image.config.v1+json', 'application/vnd.docker.container.image.v1+json'];

/** The accepted media types. Schema 1 is not accepted: registries that still have such a manifest send it all the same, and it is refused by name. */
export const ACCEPT = KNOWN.join(', ');

export interface Descriptor {
  mediaType: string;
  digest: string;
  /** Bytes. */
  size: number;
  platform?: Platform;
  annotations?: Record<string, string>;
}

export interface ImageManifest {
  schemaVersion: 2;
  mediaType?: string;
  config: Descriptor;
  layers: Descriptor[];
  annotations?: Record<string, string>;
}

export interface ImageIndex {
  schemaVersion: 2;
  mediaType?: string;
  manifests: Descriptor[];
  annotations?: Record<string, string>;
}

/** The config blob of an image. `config` is unchanged. */
export interface ImageConfig extends Platform {
  created?: string;
  config?: Record<string, unknown> & { Labels?: Record<string, string> | null };
  rootfs: { type: string; diff_ids: string[] };
  history?: unknown[];
}

/** The media type without its parameters, checked: undefined if the header is missing or generic. `from` is the subject of the message. */
export function parseMediaType(header: string | undefined, from: string): string | undefined {
  const type = (header ?? '').split(';')[0]!.trim().toLowerCase();
  if (KNOWN.includes(type)) return type;
  if (/^application\/vnd\.docker\.distribution\.manifest\.v1\+/.test(type)) throw unsupportedSchema1(from);
  if (['', 'application/json', 'application/octet-stream', 'text/plain'].includes(type)) return undefined;
  throw invalidResponse(`${from} has the media type ${quoted(type)}, which is not an image manifest.`);
}

/** Reads a manifest or an index. Everything that is used later is checked here; more keys are left as they are. */
export function parseManifest(
  bytes: Buffer,
  header: string | undefined,
  from: string,
): { mediaType: string; json: ImageManifest | ImageIndex } {
  const named = parseMediaType(header, from);
  const read = parse(bytes);
  if (!isRecord(read)) throw invalidResponse(`${from} is not a manifest: it is not a JSON object.`);
  // Go prints a list without anything in it as null.
  const lists = { ...(read.layers === null && { layers: [] }), ...(read.manifests === null && { manifests: [] }) };
  const json = withoutNulls({ ...read, ...lists }) as Record<string, unknown>;
  if (json.schemaVersion === 1) throw unsupportedSchema1(from);
  const isIndex = Array.isArray(json.manifests);
  if (Array.isArray(json.manifests)) json.manifests = json.manifests.map(withoutEmptyPlatform);
  const inside = json.mediaType;
  const mediaType = named ?? (typeof inside === 'string' ? inside : isIndex ? OCI_INDEX : OCI_MANIFEST);
  // One document that reads as an image and as an index, or under two types, would mean different things to different readers.
  const consistent =
    KNOWN.includes(mediaType) && (inside === undefined || inside === mediaType) && isIndex === isIndexType(mediaType);
  const shape = isIndex
    ? json.config === undefined && json.layers === undefined && (json.manifests as unknown[]).every(isDescriptor)
    : isDescriptor(json.config) && Array.isArray(json.layers) && json.layers.every(isDescriptor);
  if (json.schemaVersion !== 2 || !consistent || !shape)
    throw invalidResponse(`${from} is not a valid manifest: its fields contradict each other.`);
  return { mediaType, json: json as unknown as ImageManifest | ImageIndex };
}

export function isIndexType(mediaType: string): boolean {
  return mediaType === OCI_INDEX || mediaType === DOCKER_LIST;
}

export function isIndex(json: ImageManifest | ImageIndex): json is ImageIndex {
  return 'manifests' in json;
}

/** Reads the config of an image, and checks it against its manifest. */
export function parseConfig(bytes: Buffer, manifest: ImageManifest, from: string): ImageConfig {
  const read = parse(bytes);
  const invalid = (why: string) => invalidResponse(`The config of ${from} ${why}.`);
  const { config, ...json } = isRecord(read) ? read : {};
  const { rootfs, history, ...rest } = withoutNulls(json) as Record<string, unknown>;
  if (typeof rest.os !== 'string' || typeof rest.architecture !== 'string') throw invalid('is not a valid image config');
  // Go prints a list without anything in it as null.
  const ids = isRecord(rootfs) ? (rootfs.diff_ids ?? []) : rootfs === undefined ? [] : undefined;
  const areDigests = Array.isArray(ids) && ids.every((id) => typeof id === 'string' && isDigest(id));
  if (!areDigests || ids.length !== manifest.layers.length) throw invalid('does not list as many layers as its manifest');
  const isSound = isAbsent(config) || isRecord(config);
  if (!isSound || !(isAbsent(history) || Array.isArray(history))) throw invalid('is not a valid image config');
  const { settings, wrong } = isRecord(config) ? readSettings(config) : { wrong: [] };
  if (wrong.length > 0) throw invalid(`has a value of another type than an image can have in ${wrong.join(', ')}`);
  return { ...rest, config: settings, rootfs: { type: 'layers', diff_ids: ids }, history } as unknown as ImageConfig;
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}

/** Helm charts, signatures and attestations are manifests too, but nothing that runs. */
export function isImageManifest(manifest: ImageManifest): boolean {
  return CONFIGS.includes(manifest.config.mediaType);
}

function unsupportedSchema1(from: string): KdcubeError {
  return invalidResponse(
    `${from} is in Docker's manifest schema 1 format, which is not supported.`,
    'pull it with a Docker release from 2017 to 2023 and push it again: the registry then stores it as schema 2',
  );
}

/** Whether a value names a blob soundly: a digest, a size, a type. */
export function isDescriptor(value: unknown): value is Descriptor {
  if (!isRecord(value)) return false;
  const { mediaType, digest, size, platform } = value;
  const sound = typeof digest === 'string' && isDigest(digest) && Number.isSafeInteger(size) && (size as number) >= 0;
  return sound && typeof mediaType === 'string' && (platform === undefined || isPlatform(platform));
}

/** A platform without its parts counts as none: some builders write `{}` or empty strings. */
function withoutEmptyPlatform(entry: unknown): unknown {
  if (!isRecord(entry) || !isRecord(entry.platform)) return entry;
  const { platform, ...rest } = entry;
  const { os = '', architecture = '' } = platform as Record<string, unknown>;
  return os === '' && architecture === '' ? rest : entry;
}

function isPlatform(value: unknown): value is Platform {
  if (!isRecord(value)) return false;
  const { os, architecture, variant } = value;
  return typeof os === 'string' && typeof architecture === 'string' && (variant === undefined || typeof variant === 'string');
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
