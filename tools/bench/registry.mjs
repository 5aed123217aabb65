// What the bench says to a registry itself: puts bases there, and looks at what a candidate left.
import crypto from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import { pipeline } from 'node:stream/promises';

export const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
export const CONFIG = 'application/vnd.oci.image.config.v1+json';
export const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip';
const ACCEPT = `${MANIFEST}, application/vnd.docker.distribution.manifest.v2+json`;

export function digestOf(bytes) {
  return `sha256:${crypto.createHash('sha256').update(bytes).digest('hex')}`;
}

/** The manifest of a tag or a digest: { digest, mediaType, json }; undefined when there is none. */
export async function getManifest(host, repository, reference) {
  const answer = await call(host, 'GET', `/v2/${repository}/manifests/${reference}`, { headers: { accept: ACCEPT } });
  if (answer.status === 404) return undefined;
  expectStatus(answer, [200], `${repository}:${reference}`);
  return { digest: digestOf(answer.body), mediaType: answer.headers['content-type'], json: JSON.parse(answer.body) };
}

/** A blob, which must be what its digest says. */
export async function getBlob(host, repository, digest) {
  const answer = await call(host, 'GET', `/v2/${repository}/blobs/${digest}`);
  expectStatus(answer, [200], `the blob ${digest} of ${repository}`);
  if (digestOf(answer.body) !== digest) throw new Error(`The blob ${digest} of ${repository} is another one.`);
  return answer.body;
}

export async function hasBlob(host, repository, digest) {
  return (await call(host, 'HEAD', `/v2/${repository}/blobs/${digest}`)).status === 200;
}

/** Sends a blob: bytes, or the name of a file. */
export async function putBlob(host, repository, digest, source) {
  const opened = await call(host, 'POST', `/v2/${repository}/blobs/uploads/`);
  expectStatus(opened, [202], `an upload for ${repository}`);
  const place = new URL(opened.headers.location, `http://${host}`);
  place.searchParams.set('digest', digest);
  const headers = { 'content-type': 'application/octet-stream' };
  expectStatus(
    await call(host, 'PUT', `${place.pathname}${place.search}`, { headers, body: source }),
    [201],
    `the blob ${digest}`,
  );
}

export async function mountBlob(host, repository, digest, from) {
  const answer = await call(host, 'POST', `/v2/${repository}/blobs/uploads/?mount=${digest}&from=${encodeURIComponent(from)}`);
  expectStatus(answer, [201], `the mount of ${digest}`);
}

export async function putManifest(host, repository, tag, manifest) {
  const body = Buffer.from(JSON.stringify(manifest));
  const answer = await call(host, 'PUT', `/v2/${repository}/manifests/${tag}`, { headers: { 'content-type': MANIFEST }, body });
  expectStatus(answer, [201], `${repository}:${tag}`);
  return digestOf(body);
}

function expectStatus({ status, body }, expected, what) {
  if (!expected.includes(status))
    throw new Error(`The registry answered ${status} for ${what}: ${body.toString('utf8', 0, 300)}`);
}

const agent = new http.Agent({ keepAlive: true });

function call(host, method, path, { headers = {}, body } = {}) {
  const length = typeof body === 'string' ? fs.statSync(body).size : body?.length;
  const all = length === undefined ? headers : { ...headers, 'content-length': length };
  return new Promise((resolve, reject) => {
    const request = http.request(`http://${host}${path}`, { method, headers: all, agent }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) }));
    });
    request.on('error', reject);
    if (typeof body === 'string') pipeline(fs.createReadStream(body), request).catch(reject);
    else request.end(body);
  });
}
