// Bases that are not there, or are hard to build on.
import * as fs from 'node:fs';
import * as path from 'node:path';
import { indexOf, makeBase, named } from './base';
import type { Ended } from './kit';
import { faulty, GIVE_MANIFEST, type Row, type Stage } from './row';

const SCHEMA_1 = named(
  'application/vnd.docker.distribution.manifest.v1+prettyjws',
  Buffer.from('{"schemaVersion":1,"name":"kdcube-chat-proc","tag":"1","fsLayers":[],"history":[]}'),
);
const HEAD_OF_DOCKERFILE =
  'ARG KDCUBE_PLATFORM_REGISTRY\nARG KDCUBE_PLATFORM_REF\nFROM ${KDCUBE_PLATFORM_REGISTRY}/kdcube-chat-proc:${KDCUBE_PLATFORM_REF}\n';
const ARM = { os: 'linux', architecture: 'arm64' };

/** What became of the base's layers in the image that the registry has. */
function layersOf({ registry }: Stage, { receipt }: Ended): string[] {
  const file = path.join(registry.dir, 'repositories/acme/proc/_manifests', receipt!.digest.replace(':', '/'));
  const { layers } = JSON.parse(fs.readFileSync(file, 'utf8')) as { layers: { mediaType: string; urls?: string[] }[] };
  const kinds = layers.map(({ mediaType, urls }) => `${mediaType.replace(/^.*layer\./, '')}${urls ? ` at ${urls[0]}` : ''}`);
  const counts = [...new Set(kinds)].map((kind) => `${kinds.filter((each) => each === kind).length} × ${kind}`);
  return [`The image has ${layers.length} layers: ${counts.join(', ')}.`];
}

export const BASES: Row[] = [
  {
    what: 'a base that does not exist',
    ends: 'image-not-found',
    arrange: ({ platform, base }) => {
      fs.rmSync(path.join(platform.dir, 'repositories/kdcube-chat-proc/_manifests', base.manifest.digest.replace(':', '/')));
    },
    stays: true,
  },
  {
    what: 'a base whose config is gone from the registry',
    ends: 'image-not-found',
    arrange: ({ platform, base }) => {
      fs.rmSync(path.join(platform.dir, 'repositories/kdcube-chat-proc/_blobs', base.config.digest.replace(':', '/')));
    },
    stays: true,
  },
  {
    what: 'a base for another platform',
    ends: 'image-not-found',
    base: () => makeBase({ platform: ARM }),
    stays: true,
  },
  {
    what: 'a base for other platforms only, as an index says',
    ends: 'image-not-found',
    base: () => makeBase({ platform: ARM }),
    pinned: (base) => indexOf(base),
    stays: true,
  },
  { what: 'a base with 120 layers', ends: 'pushed', base: () => makeBase({ layers: 120 }), after: layersOf },
  {
    what: 'a base with 125 layers, which is all that an image can have',
    ends: 'needs-engine',
    base: () => makeBase({ layers: 125 }),
    stays: true,
  },
  {
    what: 'a base with a foreign layer: it stays where it is',
    ends: 'pushed',
    base: () => makeBase({ packed: 'foreign' }),
    after: layersOf,
  },
  {
    what: 'a base with a foreign layer, and a line that depends on what is in it',
    ends: 'needs-engine',
    base: () => makeBase({ packed: 'foreign' }),
    dockerfile: `${HEAD_OF_DOCKERFILE}COPY ./bundles /bundles\nCOPY Dockerfile_ChatProcBundled /etc\n`,
    stays: true,
  },
  {
    what: 'a base with zstd layers: they stay what they are',
    ends: 'pushed',
    base: () => makeBase({ packed: 'zstd' }),
    after: layersOf,
  },
  {
    what: 'a base in docker’s schema 1',
    ends: 'registry-response',
    pinned: () => SCHEMA_1,
    arrange: ({ platform }) =>
      void (platform.faults = faulty(GIVE_MANIFEST, {
        status: 200,
        headers: { 'content-type': SCHEMA_1.mediaType, 'docker-content-digest': SCHEMA_1.digest },
        body: SCHEMA_1.bytes,
      })),
    stays: true,
  },
  {
    what: 'a base whose config names fewer layers than its manifest',
    ends: 'registry-response',
    base: () => makeBase({ layers: 3, diffIds: 2 }),
    stays: true,
  },
];
