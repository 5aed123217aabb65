// A registry that answers something else than it should.
import type { Asked } from '../registry-kit';
import type { Base } from './base';
import {
  faulty,
  GIVE_BLOB,
  GIVE_MANIFEST,
  MANIFEST_PUT,
  QUESTION,
  type Row,
  errorResponse,
  type Stage,
  UPLOAD,
  WEB_PAGE,
} from './row';

const SLOW_DOWN = { status: 429, headers: { 'retry-after': '3' }, body: 'slow down' };

/** What another host was asked. Fails where a password came along. */
function asked({ other }: Stage): string[] {
  if (other.asked.some(({ authorization }) => authorization !== undefined)) throw new Error('a password went to another host');
  const methods = [...new Set(other.asked.map(({ method }) => method))].join(', ') || 'nothing';
  return [`other.example was asked: ${methods}; with a password: never.`];
}

/** The first layer of the base, given. */
function layerOf({ layers }: Base): (asked: Asked) => boolean {
  return ({ method, digest }) => method === 'GET' && digest === layers[0]!.digest;
}

/** A layer of the base, with one bit turned. */
function turned({ base }: Stage): object {
  const body = Buffer.from(base.layers[0]!.bytes);
  body[20]! ^= 1;
  return { status: 200, headers: { 'content-type': 'application/octet-stream' }, body };
}

export const ANSWERS: Row[] = [
  {
    what: '429 with `Retry-After: 3`, once, to the first question',
    ends: 'pushed',
    arrange: ({ registry }) => void (registry.faults = faulty(QUESTION, SLOW_DOWN, 1)),
  },
  {
    what: '429 with `Retry-After: 3`, for ever, to the manifest: it was certainly not tagged',
    ends: 'registry-response',
    arrange: ({ registry }) => void (registry.faults = faulty(MANIFEST_PUT, SLOW_DOWN)),
  },
  {
    what: '429 with `Retry-After: 600`',
    ends: 'registry-response',
    arrange: ({ registry }) =>
      void (registry.faults = faulty(QUESTION, { status: 429, headers: { 'retry-after': '600' }, body: 'slow down' })),
  },
  {
    what: '500, once, to the manifest',
    ends: 'pushed',
    arrange: ({ registry }) =>
      void (registry.faults = faulty(MANIFEST_PUT, errorResponse(500, 'UNKNOWN', 'database is locked'), 1)),
  },
  {
    what: '500, for ever, to the manifest',
    ends: 'registry-response',
    arrange: ({ registry }) => void (registry.faults = faulty(MANIFEST_PUT, errorResponse(500, 'UNKNOWN', 'database is locked'))),
  },
  {
    what: '502 with a web page, to every upload',
    ends: 'registry-response',
    arrange: ({ registry }) => void (registry.faults = faulty(UPLOAD, WEB_PAGE)),
  },
  {
    what: 'a web page with status 200, where a manifest should be',
    ends: 'registry-response',
    arrange: ({ platform }) =>
      void (platform.faults = faulty(GIVE_MANIFEST, {
        status: 200,
        headers: { 'content-type': 'text/html' },
        body: '<html>Log in</html>',
      })),
  },
  {
    what: 'half a body of the base’s config, once',
    ends: 'pushed',
    arrange: ({ platform }) => void (platform.faults = faulty(GIVE_BLOB, { cutAfter: 40 }, 1)),
  },
  {
    what: 'half a body of the base’s config, for ever',
    ends: 'registry-response',
    arrange: ({ platform }) => void (platform.faults = faulty(GIVE_BLOB, { cutAfter: 40 })),
  },
  {
    what: 'a layer of the base that is cut after 40 bytes, every time: it is taken up again where it ended',
    ends: 'pushed',
    arrange: ({ platform, base }) => void (platform.faults = faulty(layerOf(base), { cutAfter: 40 })),
  },
  {
    what: 'a layer of the base of which not a byte comes',
    ends: 'registry-response',
    partly: true,
    arrange: ({ platform, base }) => void (platform.faults = faulty(layerOf(base), { cutAfter: 0 })),
  },
  {
    what: 'a layer of the base with a bit turned (a wrong digest)',
    ends: 'registry-response',
    partly: true,
    arrange: (stage) => void (stage.platform.faults = faulty(layerOf(stage.base), turned(stage))),
  },
  {
    what: 'a manifest of the base with another digest',
    ends: 'registry-response',
    arrange: ({ platform, base }) => {
      const body = Buffer.from(base.manifest.bytes.toString('utf8').replace('"schemaVersion":2', '"schemaVersion":2 '));
      platform.faults = faulty(GIVE_MANIFEST, { status: 200, headers: { 'content-type': base.manifest.mediaType }, body });
    },
  },
  {
    what: 'a registry that says it took another manifest than it was sent',
    ends: 'registry-response',
    arrange: ({ registry }) =>
      void (registry.faults = faulty(MANIFEST_PUT, {
        status: 201,
        headers: { 'docker-content-digest': `sha256:${'0'.repeat(64)}` },
      })),
  },
  {
    what: 'a registry that says it took an image, and does not have it',
    ends: 'registry-response',
    arrange: ({ registry }) => void (registry.faults = faulty(MANIFEST_PUT, { status: 201 })),
  },
  {
    what: 'a layer of the base that is a byte too long (a wrong length)',
    ends: 'registry-response',
    partly: true,
    arrange: (stage) =>
      void (stage.platform.faults = faulty(layerOf(stage.base), {
        status: 200,
        headers: { 'content-type': 'application/octet-stream' },
        body: Buffer.concat([stage.base.layers[0]!.bytes, Buffer.from('x')]),
      })),
  },
  {
    what: 'a blob that is there with another length than it should have',
    ends: 'registry-response',
    arrange: ({ registry }) =>
      void (registry.faults = faulty({ method: 'HEAD', kind: 'blob' }, { status: 200, headers: { 'content-length': '7' } })),
  },
  {
    what: 'an endless manifest',
    ends: 'registry-response',
    arrange: ({ platform, base }) =>
      void (platform.faults = faulty(GIVE_MANIFEST, {
        endless: Buffer.alloc(1_000_000, ' '),
        headers: { 'content-type': base.manifest.mediaType },
      })),
  },
  {
    what: 'an endless layer of the base',
    ends: 'registry-response',
    partly: true,
    arrange: ({ platform, base }) => void (platform.faults = faulty(layerOf(base), { endless: Buffer.alloc(100_000) })),
  },
  {
    what: 'an endless answer to an upload',
    ends: 'registry-response',
    arrange: ({ registry }) => void (registry.faults = faulty(UPLOAD, { endless: Buffer.alloc(1_000_000) })),
  },
  {
    what: 'a redirect of a layer of the base to another host, as storage does it (the password stays here)',
    ends: 'pushed',
    login: true,
    platform: { auth: { type: 'basic', users: { ann: 'her-password' } } },
    arrange: (stage) => {
      const [layer] = stage.base.layers;
      stage.other.body = layer!.bytes;
      stage.platform.faults = faulty(layerOf(stage.base), {
        status: 307,
        headers: { location: `http://${stage.other.host}/store` },
      });
    },
    after: asked,
  },
  {
    what: 'a redirect of what is written to another host: it is not followed',
    ends: 'registry-response',
    login: true,
    registry: { auth: { type: 'basic', users: { ann: 'her-password' } } },
    arrange: (stage) =>
      void (stage.registry.faults = faulty(MANIFEST_PUT, {
        status: 307,
        headers: { location: `http://${stage.other.host}/store` },
      })),
    after: asked,
  },
  {
    what: 'an upload whose place is on another host, which loses it',
    ends: 'registry-response',
    login: true,
    registry: { auth: { type: 'basic', users: { ann: 'her-password' } } },
    arrange: (stage) =>
      void (stage.registry.faults = faulty(
        { method: 'POST', kind: 'uploads' },
        { status: 202, headers: { location: `http://${stage.other.host}/store` } },
      )),
    after: asked,
  },
  {
    what: 'a redirect to a host over plain http that is not this machine',
    ends: 'registry-response',
    arrange: ({ platform }) =>
      void (platform.faults = faulty(GIVE_BLOB, { status: 307, headers: { location: 'http://storage.example/blob' } })),
  },
];
