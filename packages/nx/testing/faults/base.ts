import { createHash } from 'node:crypto';
import * as zlib from 'node:zlib';
import { tarOf } from '../../src/oci/layer/tar';

/** Bytes under the name that a registry gives them. */
export interface NamedBytes {
  mediaType: string;
  digest: string;
  size: number;
  bytes: Buffer;
  urls?: string[];
}

export interface BaseOptions {
  /** How many. Default 2. */
  layers?: number;
  /** How the layers are packed. Default gzip. `foreign`: the last one lies at an address of its owner's, in no registry. */
  packed?: 'gzip' | 'zstd' | 'foreign';
  platform?: { os: string; architecture: string };
  /** Default: as many as there are layers. */
  diffIds?: number;
}

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const INDEX = 'application/vnd.oci.image.index.v1+json';
const LAYER = 'application/vnd.oci.image.layer';

export interface Base {
  manifest: NamedBytes;
  config: NamedBytes;
  layers: NamedBytes[];
}

/** An image as the platform's would be: layers of one file each. The same options, the same bytes. */
export async function makeBase({ layers = 2, packed = 'gzip', diffIds = layers, ...options }: BaseOptions = {}): Promise<Base> {
  const { os, architecture } = options.platform ?? { os: 'linux', architecture: 'amd64' };
  const tars = await Promise.all(Array.from({ length: layers }, (_, index) => tarWith(`layer-${index}`)));
  const parts = tars.map((tar, index) => packedLayer(tar, packed === 'foreign' && index < layers - 1 ? 'gzip' : packed));
  const rootfs = { type: 'layers', diff_ids: tars.slice(0, diffIds).map(digestOf) };
  const config = named(
    'application/vnd.oci.image.config.v1+json',
    json({ os, architecture, created: '2026-01-02T03:04:05Z', config: { Env: ['BASE=1'] }, rootfs }),
  );
  const text = json({ schemaVersion: 2, mediaType: MANIFEST, config: entry(config), layers: parts.map(entry) });
  return { manifest: named(MANIFEST, text), config, layers: parts };
}

/** An index of images, each with the platform that its config says. */
export function indexOf(...bases: Base[]): NamedBytes {
  const manifests = bases.map(({ manifest, config }) => {
    const { os, architecture } = JSON.parse(config.bytes.toString('utf8')) as { os: string; architecture: string };
    return { ...entry(manifest), platform: { os, architecture } };
  });
  return named(INDEX, json({ schemaVersion: 2, mediaType: INDEX, manifests }));
}

/** Puts an image into a registry, under its digest. */
export async function putBase(host: string, name: string, { manifest, config, layers }: Base): Promise<void> {
  const blobs = [config, ...layers].filter(({ urls }) => urls === undefined);
  await Promise.all(blobs.map((blob) => putBlob(host, name, blob)));
  await putManifest(host, name, manifest);
}

export async function putManifest(
  host: string,
  name: string,
  { mediaType, digest, bytes }: NamedBytes,
  tag = digest,
): Promise<void> {
  const address = `http://${host}/v2/${name}/manifests/${tag}`;
  await done(fetch(address, { method: 'PUT', headers: { 'content-type': mediaType }, body: new Uint8Array(bytes) }));
}

async function putBlob(host: string, name: string, { digest, bytes }: NamedBytes): Promise<void> {
  await done(fetch(`http://${host}/v2/${name}/blobs/uploads/?digest=${digest}`, { method: 'POST', body: new Uint8Array(bytes) }));
}

async function done(asked: Promise<Response>): Promise<void> {
  const answer = await asked;
  if (!answer.ok) throw new Error(`${answer.url}: ${answer.status} ${await answer.text()}`);
}

export function named(mediaType: string, bytes: Buffer): NamedBytes {
  return { mediaType, digest: digestOf(bytes), size: bytes.length, bytes };
}

function packedLayer(tar: Buffer, packed: NonNullable<BaseOptions['packed']>): NamedBytes {
  if (packed === 'zstd') return named(`${LAYER}.v1.tar+zstd`, zstd(tar));
  const layer = named(`${LAYER}.v1.tar+gzip`, zlib.gzipSync(tar));
  if (packed === 'gzip') return layer;
  return { ...layer, mediaType: `${LAYER}.nondistributable.v1.tar+gzip`, urls: ['https://owner.example/layer'] };
}

/** zstd by hand, since not every Node can: a frame of blocks that are not compressed. */
function zstd(content: Buffer): Buffer {
  const header = Buffer.from('28b52ffda000000000', 'hex');
  header.writeUInt32LE(content.length, 5);
  const block = Buffer.alloc(3);
  block.writeUIntLE((content.length << 3) | 1, 0, 3);
  return Buffer.concat([header, block, content]);
}

async function tarWith(name: string): Promise<Buffer> {
  const content = Buffer.from(`${name}\n`.repeat(2000));
  const file = { kind: 'file' as const, path: name, mode: 0o644, uid: 0, gid: 0, size: content.length, chunks: once(content) };
  const all: Uint8Array[] = [];
  for await (const chunk of tarOf([file])) all.push(Buffer.from(chunk));
  return Buffer.concat(all);
}

async function* once(content: Buffer): AsyncGenerator<Buffer> {
  yield content;
}

function entry({ mediaType, digest, size, urls }: NamedBytes): object {
  return { mediaType, digest, size, ...(urls && { urls }) };
}

function json(value: object): Buffer {
  return Buffer.from(JSON.stringify(value));
}

export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
