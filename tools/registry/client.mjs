// A registry client for specs, one function for each request.
import http from 'node:http';
import { digestOf } from './protocol.mjs';

export const IMAGE = 'application/vnd.oci.image.manifest.v1+json';
export const INDEX = 'application/vnd.oci.image.index.v1+json';

/** Sends one request; a connection that closes early rejects. */
export function call(base, method, path, { headers = {}, body } = {}) {
  const url = new URL(path, base);
  return new Promise((resolve, reject) => {
    const request = http.request(
      url,
      { method, headers: { ...(body ? { 'content-length': body.length } : {}), ...headers }, agent: false },
      (response) => {
        const answer = (body) => resolve({ status: response.statusCode, headers: response.headers, body });
        // Debian's registry sends a 416 with a wrong content-length, so that body is not read.
        if (response.statusCode === 416) return answer(Buffer.alloc(0)) ?? response.destroy();
        const chunks = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => answer(Buffer.concat(chunks)));
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

export function withQuery(location, key, value) {
  return `${location}${location.includes('?') ? '&' : '?'}${key}=${encodeURIComponent(value)}`;
}

/** Pushes a blob as docker does: POST, PATCH, PUT. */
export async function pushBlob(base, name, bytes, headers = {}) {
  const opened = await call(base, 'POST', `/v2/${name}/blobs/uploads/`, { headers });
  const sent = await call(base, 'PATCH', opened.headers.location, { headers, body: bytes });
  const done = await call(base, 'PUT', withQuery(sent.headers.location, 'digest', digestOf(bytes)), { headers });
  return { opened, sent, done };
}

/** Pushes an image of one config and one layer; returns { manifest: Buffer, digest }. */
export async function pushImage(base, name, tag, text, headers = {}) {
  const config = Buffer.from('{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}');
  const layer = Buffer.from(text);
  await pushBlob(base, name, config, headers);
  await pushBlob(base, name, layer, headers);
  const manifest = imageManifest(config, [layer]);
  const put = await call(base, 'PUT', `/v2/${name}/manifests/${tag}`, {
    headers: { 'content-type': IMAGE, ...headers },
    body: manifest,
  });
  return { manifest, digest: digestOf(manifest), put };
}

export function imageManifest(config, layers) {
  const entry = (mediaType, bytes) => ({ mediaType, size: bytes.length, digest: digestOf(bytes) });
  return Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: IMAGE,
      config: entry('application/vnd.oci.image.config.v1+json', config),
      layers: layers.map((layer) => entry('application/vnd.oci.image.layer.v1.tar+gzip', layer)),
    }),
  );
}

export function errorCode({ body }) {
  try {
    return JSON.parse(body.toString()).errors?.[0]?.code;
  } catch {
    return undefined;
  }
}
