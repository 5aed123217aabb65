import { createHash } from 'node:crypto';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import { getManifest, type Manifest } from '../src/registry/manifests/manifests';
import type { Registry } from '../src/registry/transport/connect';

/** What these tests use of tools/registry. */
export interface Asked {
  method: string;
  kind: string;
  name?: string;
  reference?: string;
  digest?: string;
}

export interface Double {
  host: string;
  journal: (Asked & { status: number })[];
  faults?: (request: Asked) => unknown;
  close(): Promise<void>;
}

/** An OCI registry in this process; its options are those of tools/registry. */
export async function registryDouble(options: object = {}): Promise<Double> {
  const tool = pathToFileURL(path.join(__dirname, '../../../tools/registry/registry.mjs')).href;
  const { start } = (await import(tool)) as { start(options: object): Promise<Double> };
  return start(options);
}

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

/** Puts an image without layers: `what` tells it from others. Returns its digest. */
export async function putImage(
  host: string,
  name: string,
  tag: string,
  what: string,
  created?: string,
  history?: readonly { created_by: string }[],
  env: readonly unknown[] = [],
): Promise<string> {
  const config = Buffer.from(
    JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      created,
      config: { Labels: { what }, ...(env.length > 0 && { Env: env }) },
      rootfs: { type: 'layers', diff_ids: [] },
      history,
    }),
  );
  const begun = await fetch(`http://${host}/v2/${name}/blobs/uploads/`, { method: 'POST' });
  const place = new URL(begun.headers.get('location')!, `http://${host}`);
  place.searchParams.set('digest', digestOf(config));
  await fetch(place, { method: 'PUT', body: config });
  const body = JSON.stringify({
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: digestOf(config), size: config.length },
    layers: [],
  });
  const address = `http://${host}/v2/${name}/manifests/${tag}`;
  const answer = await fetch(address, { method: 'PUT', headers: { 'content-type': MANIFEST }, body });
  if (!answer.ok) throw new Error(`${address}: ${answer.status} ${await answer.text()}`);
  return digestOf(Buffer.from(body));
}

export function manifestOf(registry: Registry, name: string, tag: string): Promise<Manifest> {
  return getManifest(registry, name, tag);
}

function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
