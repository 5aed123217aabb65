import { OCI_MANIFEST } from '../src/registry/manifests/manifest-format';
import { sha256Digest } from '../src/registry/transport/connect';
import { double, open, serve } from './push-kit';

export interface Reply {
  status?: number;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

/** A registry of one function, for responses that the double would never send. */
export function serveReplies(script: (method: string, path: string) => Reply): Promise<string> {
  return serve((request, response) => {
    request.resume();
    request.on('end', () => {
      const { status = 200, headers, body = '' } = script(request.method!, request.url!);
      response.writeHead(status, headers).end(request.method === 'HEAD' ? undefined : body);
    });
  });
}

export function descriptor(mediaType: string, bytes: Buffer, more: object = {}) {
  return { mediaType, digest: sha256Digest(bytes), size: bytes.length, ...more };
}

export const layer = Buffer.from('a layer');

/** The config of an image for an architecture. */
export function config(architecture: string, variant?: string): Buffer {
  return Buffer.from(
    JSON.stringify({
      os: 'linux',
      architecture,
      variant,
      config: { Labels: { a: 'b' } },
      rootfs: { type: 'layers', diff_ids: [sha256Digest(layer)] },
    }),
  );
}

/** The manifest of an image with this config. */
export function manifestOf(bytes: Buffer, type = 'application/vnd.oci.image.config.v1+json'): Buffer {
  return Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config: descriptor(type, bytes),
      layers: [descriptor('application/vnd.oci.image.layer.v1.tar+gzip', layer)],
    }),
  );
}

/** Uploads a blob without the code under test. */
export async function upload(url: string, repository: string, bytes: Buffer): Promise<void> {
  const begun = await fetch(`${url}/v2/${repository}/blobs/uploads/`, { method: 'POST' });
  const to = new URL(begun.headers.get('location')!, url);
  to.searchParams.set('digest', sha256Digest(bytes));
  const done = await fetch(to, {
    method: 'PUT',
    body: new Uint8Array(bytes),
    headers: { 'content-type': 'application/octet-stream' },
  });
  expect(done.status).toBe(201);
}

/** A registry that has the blobs of an image, and not its manifest. */
export async function withImage(options: object = {}) {
  const registry = await double(options);
  const bytes = manifestOf(config('amd64'));
  await upload(registry.url, 'a/x', layer);
  await upload(registry.url, 'a/x', config('amd64'));
  return { registry, client: open(registry.host), bytes, digest: sha256Digest(bytes) };
}
