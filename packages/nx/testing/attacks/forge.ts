import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { Descriptor, ImageConfig, ImageManifest } from '../../src/registry/manifests/manifest-format';

/** An image as an attacker with write access to the repository handles it. */
export interface Forged {
  manifest: ImageManifest;
  config: ImageConfig & { config: { Labels: Record<string, string> } & Record<string, unknown> };
}

/** What a person with write access to a repository of the registry can do. */
export interface Forger {
  read(reference: string): Promise<Forged>;
  /** Puts a blob. Returns its descriptor without a media type. */
  blob(bytes: Uint8Array): Promise<Pick<Descriptor, 'digest' | 'size'>>;
  /** Puts a layer with this text. Returns it, and what it unpacks to. */
  layer(text: string): Promise<{ descriptor: Descriptor; diffId: string }>;
  /** Puts the config and then the manifest under a tag. Returns the digest. */
  put(tag: string, image: Forged): Promise<string>;
  /** Puts any manifest under a tag. */
  putRaw(tag: string, mediaType: string, body: object): Promise<string>;
  untag(tag: string): Promise<void>;
  bytesOf(digest: string): Promise<Buffer>;
  deleteBlob(digest: string): Promise<void>;
  /** The digest that a tag names now; undefined without that tag. */
  digestOf(tag: string): Promise<string | undefined>;
}

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const ANY = `${MANIFEST}, application/vnd.oci.image.index.v1+json`;

export function forger(host: string, name: string): Forger {
  const base = `http://${host}/v2/${name}`;
  const json = async <T>(place: string): Promise<T> =>
    (await (await fetch(`${base}/${place}`, { headers: { accept: ANY } })).json()) as T;
  const blob: Forger['blob'] = async (bytes) => {
    const started = await fetch(`${base}/blobs/uploads/`, { method: 'POST' });
    const place = new URL(started.headers.get('location')!, `http://${host}`);
    place.searchParams.set('digest', sha256(bytes));
    const response = await fetch(place, { method: 'PUT', body: Buffer.from(bytes) });
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    return { digest: sha256(bytes), size: bytes.length };
  };
  const putRaw: Forger['putRaw'] = async (tag, mediaType, body) => {
    const text = JSON.stringify(body);
    const headers = { 'content-type': mediaType };
    const response = await fetch(`${base}/manifests/${tag}`, { method: 'PUT', headers, body: text });
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    return sha256(Buffer.from(text));
  };
  return {
    blob,
    putRaw,
    async read(reference) {
      const manifest = await json<ImageManifest>(`manifests/${reference}`);
      return { manifest, config: await json(`blobs/${manifest.config.digest}`) };
    },
    async layer(text) {
      const tar = Buffer.alloc(2048);
      tar.write(text);
      const mediaType = 'application/vnd.oci.image.layer.v1.tar+gzip';
      return { descriptor: { mediaType, ...(await blob(gzipSync(tar))) }, diffId: sha256(tar) };
    },
    async put(tag, { manifest, config }) {
      const part = { mediaType: manifest.config.mediaType, ...(await blob(Buffer.from(JSON.stringify(config)))) };
      return putRaw(tag, MANIFEST, { ...manifest, config: part });
    },
    async untag(tag) {
      const response = await fetch(`${base}/manifests/${tag}`, { method: 'DELETE' });
      if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    },
    async deleteBlob(digest) {
      const response = await fetch(`${base}/blobs/${digest}`, { method: 'DELETE' });
      if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    },
    bytesOf: async (digest) => Buffer.from(await (await fetch(`${base}/blobs/${digest}`)).arrayBuffer()),
    async digestOf(tag) {
      const response = await fetch(`${base}/manifests/${tag}`, { method: 'HEAD', headers: { accept: ANY } });
      return response.ok ? response.headers.get('docker-content-digest')! : undefined;
    },
  };
}

export function sha256(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
