import * as fs from 'node:fs';
import * as path from 'node:path';
import { gunzipSync, inflateSync } from 'node:zlib';
import type { Double } from '../registry-kit';

/** A secret that looks like one, and nothing like anything else. */
export const CANARY = 'cAnArY9x7Q2mZ4kW8pL1vB3nTd';

/** As it is, and in base64 at each of its three offsets, without the ends that depend on what stands beside. What a URL or JSON makes of letters and digits is the same. */
export const FORMS: readonly string[] = [
  CANARY,
  ...[0, 1, 2].map((shift) =>
    Buffer.from(`${'x'.repeat(shift)}${CANARY}`)
      .toString('base64')
      .slice(shift === 0 ? 0 : 4, -4),
  ),
];

/** The files below a folder that have one of the forms in them, by their paths from there. */
export function filesWithCanary(root: string): string[] {
  const entries = fs.readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return entries
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) => {
      const bytes = fs.readFileSync(file);
      return FORMS.some((form) => file.includes(form) || bytes.includes(form));
    })
    .map((file) => path.relative(root, file))
    .sort();
}

/** Everything that a client pushed to a registry: manifests, and their blobs, each as it is and decompressed. */
export async function pushedText({ host, journal }: Double): Promise<string> {
  const get = async (place: string) => {
    const headers = { accept: 'application/vnd.oci.image.manifest.v1+json' };
    return Buffer.from(await (await fetch(`http://${host}/v2/${place}`, { headers })).arrayBuffer());
  };
  const pushed = journal.filter(({ method, kind, status }) => method === 'PUT' && kind === 'manifest' && status < 300);
  const places = new Set(pushed.map(({ name, reference }) => [name, reference].join('/manifests/')));
  const texts = await Promise.all(
    [...places].map(async (place) => {
      const manifest = (await get(place)).toString('utf8');
      const digests = new Set(manifest.match(/sha256:[0-9a-f]{64}/g));
      const blobs = await Promise.all([...digests].map((digest) => get(place.replace(/manifests.*/, `blobs/${digest}`))));
      return [place, manifest, ...blobs.map(decompressed)].join('\n');
    }),
  );
  return texts.join('\n');
}

/** The files below a folder that have one of the forms in them once they are decompressed: layers, objects of git. */
export function compressedWithCanary(root: string): string[] {
  if (!fs.existsSync(root)) return [];
  const entries = fs.readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return entries
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) => {
      const text = decompressed(fs.readFileSync(file));
      return FORMS.some((form) => text.includes(form));
    })
    .map((file) => path.relative(root, file));
}

function decompressed(bytes: Buffer): string {
  for (const unpack of [gunzipSync, inflateSync]) {
    try {
      return `${bytes.toString('latin1')}\n${unpack(bytes).toString('latin1')}`;
    } catch {
      // Compressed in another way, or not at all.
    }
  }
  return bytes.toString('latin1');
}

/** Everything that a repository of a registry holds, as text. */
export async function repositoryText(host: string, name: string): Promise<string> {
  const get = async (what: string) => (await fetch(`http://${host}/v2/${name}/${what}`)).text();
  const { tags = [] } = JSON.parse(await get('tags/list')) as { tags?: string[] };
  const texts = await Promise.all(
    tags.map(async (tag) => {
      const answer = await fetch(`http://${host}/v2/${name}/manifests/${tag}`, {
        headers: { accept: 'application/vnd.oci.image.manifest.v1+json' },
      });
      const manifest = await answer.text();
      const digests = [...new Set(manifest.match(/sha256:[0-9a-f]{64}/g) ?? [])];
      return [tag, manifest, ...(await Promise.all(digests.map((digest) => get(`blobs/${digest}`))))].join('\n');
    }),
  );
  return texts.join('\n');
}
