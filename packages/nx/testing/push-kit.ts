import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import { KdcubeError, type Problem } from '@kdcube/release/internal';
import { connect, type ConnectOptions, type Registry, sha256Digest } from '../src/registry/transport/connect';
import { OCI_MANIFEST } from '../src/registry/manifests/manifest-format';
import type { PushImage } from '../src/registry/push-job';
import type { PushBlob } from '../src/registry/blobs/upload-blobs';

/** A request as tools/registry describes it. */
export interface Asked {
  method: string;
  kind: string;
  name?: string;
  reference?: string;
  digest?: string;
  headers: Record<string, string | undefined>;
  status?: number;
  received?: number;
}

/** What these tests use of tools/registry. */
export interface Double {
  host: string;
  url: string;
  journal: Asked[];
  faults?: (request: Asked) => unknown;
  revoke(): void;
  close(): Promise<void>;
}

const closing: (() => unknown)[] = [];

/** Call it in each suite: closes what the functions below opened. */
export function closeAfterEach(): void {
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });
}

/** Something more to close. */
export function onClose(close: () => unknown): void {
  closing.push(close);
}

export async function double(options: object = {}): Promise<Double> {
  const tool = pathToFileURL(path.join(__dirname, '../../../tools/registry/registry.mjs')).href;
  const { start } = (await import(tool)) as { start(options: object): Promise<Double> };
  const registry = await start(options);
  closing.push(() => registry.close());
  return registry;
}

/** A server of one function, for what the double would never do. Returns its host. */
export async function serve(
  handler: (request: http.IncomingMessage, response: http.ServerResponse, host: string) => void,
): Promise<string> {
  const server = http.createServer((request, response) => handler(request, response, host));
  closing.push(() => server.close().closeAllConnections());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return host;
}

/** A client that asks without credentials and does not really wait. */
export function open(host: string, options: ConnectOptions = {}): Registry {
  return connect(host, { credentials: async () => undefined, sleep: async () => undefined, ...options });
}

export async function problemOf(work: Promise<unknown>): Promise<Problem> {
  return (await errorOf(work)).problems[0]!;
}

export async function errorOf(work: Promise<unknown>): Promise<KdcubeError> {
  const error = await work.then(
    () => undefined,
    (reason) => reason,
  );
  if (error instanceof KdcubeError) return error;
  throw error ?? new Error('nothing was refused');
}

/** The bytes in pieces, and how often they were asked for. */
export function source(bytes: Uint8Array, piece = 7) {
  const counter = {
    opened: 0,
    open: async function* () {
      counter.opened += 1;
      for (let at = 0; at < bytes.length; at += piece) yield bytes.subarray(at, at + piece);
    },
  };
  return counter;
}

export function named(bytes: Uint8Array): { digest: string; size: number } {
  return { digest: sha256Digest(bytes), size: bytes.length };
}

/** An image of these layers, with its bytes on this machine. */
export function imageOf(...layers: string[]): PushImage & { digest: string; bytes: Map<string, Buffer> } {
  const contents = layers.map((text) => Buffer.from(text));
  const config = Buffer.from(
    JSON.stringify({ os: 'linux', architecture: 'amd64', rootfs: { type: 'layers', diff_ids: contents.map(sha256Digest) } }),
  );
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...named(config) },
      layers: contents.map((bytes) => ({ mediaType: 'application/vnd.oci.image.layer.v1.tar', ...named(bytes) })),
    }),
  );
  const all = [config, ...contents];
  const blobs: PushBlob[] = all.map((bytes) => ({ ...named(bytes), open: source(bytes).open }));
  const bytes = new Map(all.map((content) => [sha256Digest(content), content]));
  return { manifest, mediaType: OCI_MANIFEST, blobs, digest: sha256Digest(manifest), bytes };
}
