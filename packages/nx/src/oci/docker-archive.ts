import * as fs from 'node:fs';
import * as path from 'node:path';
import { KdcubeError, parseImageReference } from '@kdcube/release/internal';
import { writeFileAtomic } from '../system/files/files';
import { blobFile, openBlob, readLayout, REF_NAME } from './layout';
import { tarOf, type TarEntry } from './layer/tar';
import type { Descriptor } from '../registry/manifests/manifest-format';
import { inOneChunk } from '../system/chunks';

/**
 * Writes the image of a layout as one file for `docker load` and `podman load`, under these names (`shop/chat:1`). The file is an OCI layout too: docker with the containerd image store reads only that.
 * Every blob is verified. Problem `file-error` if the layout is not complete: an engine cannot fetch missing layers.
 */
export async function writeDockerArchive(layoutDir: string, file: string, names: readonly string[]): Promise<void> {
  const { manifest, image } = await readLayout(layoutDir);
  // Foreign layers are in no layout: their content is at their owner's URL.
  const missing = image.layers.filter((layer) => !fs.existsSync(blobFile(layoutDir, layer)));
  if (missing.length > 0)
    throw new KdcubeError({
      code: 'file-error',
      message: `${layoutDir} lacks ${missing.length} of its ${image.layers.length} layers, and docker load needs all of them: ${missing[0]!.digest} is only ${'urls' in missing[0]! ? 'at the URL of its owner' : 'in a registry'}.`,
    });
  const place = ({ digest }: Descriptor): string => `blobs/sha256/${digest.slice('sha256:'.length)}`;
  const blobs = new Map([manifest, image.config, ...image.layers].map((blob) => [place(blob), blob]));
  const loading = [{ Config: place(image.config), RepoTags: names, Layers: image.layers.map(place) }];
  const entries: TarEntry[] = [
    ...['blobs', 'blobs/sha256'].map((folder) => ({ ...OWNER, path: folder, kind: 'folder' as const, mode: 0o755 })),
    ...[...blobs].map(([name, blob]) => ({
      ...OWNER,
      path: name,
      kind: 'file' as const,
      mode: 0o644,
      size: fs.statSync(blobFile(layoutDir, blob)).size,
      chunks: openBlob(layoutDir, blob),
    })),
    text('index.json', await namedIndex(path.join(layoutDir, 'index.json'), names)),
    text('manifest.json', Buffer.from(JSON.stringify(loading))),
    text('oci-layout', await fs.promises.readFile(path.join(layoutDir, 'oci-layout'))),
  ];
  entries.sort((one, other) => (one.path.replaceAll('/', '\0') < other.path.replaceAll('/', '\0') ? -1 : 1));
  await writeFileAtomic(file, tarOf(entries));
}

/** One entry for each name, as `docker save` writes them. */
async function namedIndex(file: string, names: readonly string[]): Promise<Buffer> {
  const index = JSON.parse(await fs.promises.readFile(file, 'utf8')) as { manifests: object[] };
  const manifests = names.map((name) => {
    const { host, repository, tag } = parseImageReference(name);
    return {
      ...index.manifests[0],
      annotations: { 'io.containerd.image.name': `${host}/${repository}:${tag}`, [REF_NAME]: tag },
    };
  });
  return Buffer.from(JSON.stringify({ ...index, manifests }));
}

const OWNER = { uid: 0, gid: 0 };

function text(name: string, content: Buffer): TarEntry {
  return { ...OWNER, path: name, kind: 'file', mode: 0o644, size: content.length, chunks: inOneChunk(content) };
}
