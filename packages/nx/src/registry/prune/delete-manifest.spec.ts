import { closeAfterEach, open, problemOf, serve } from '../../../testing/push-kit';
import { withJournal } from '../../system/journal';
import { OCI_MANIFEST } from '../manifests/manifest-format';
import { sha256Digest } from '../transport/connect';
import { deleteManifest } from './delete-manifest';

closeAfterEach();
const bytes = Buffer.from(
  JSON.stringify({
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: sha256Digest(Buffer.from('{}')), size: 2 },
    layers: [],
  }),
);
const digest = sha256Digest(bytes);
const other = Buffer.from(bytes.toString().replace('"size":2', '"size":3'));

interface Reply {
  status: number;
  body?: string | Buffer;
}
const found = (body: Buffer): Reply => ({ status: 200, body });
const refusal = (status: number, code = 'DENIED'): Reply => ({
  status,
  body: JSON.stringify({ errors: [{ code, message: 'no' }] }),
});

/** A registry of one function, with the requests that it got. */
async function registryOf(answer: (method: string, reference: string) => Reply): Promise<{ host: string; requests: string[] }> {
  const requests: string[] = [];
  const host = await serve((request, response) => {
    const reference = decodeURIComponent(request.url!.split('/').at(-1)!);
    requests.push(`${request.method} ${reference}`);
    const { status, body = '' } = answer(request.method!, reference);
    const stored = Buffer.isBuffer(body) && {
      'content-type': OCI_MANIFEST,
      'docker-content-digest': sha256Digest(body),
      'content-length': body.length,
    };
    response.writeHead(status, { ...stored }).end(request.method === 'HEAD' ? undefined : body);
  });
  return { host, requests };
}

const place = (host: string) => ({ registry: open(host), repository: 'x' });
const lineAfter = (host: string, tags: string[] = []) =>
  withJournal('/w', async (describeChanges) => {
    await deleteManifest(place(host), digest, tags).catch(() => undefined);
    return describeChanges();
  });

it.each<[string, Reply]>([
  ['limited', refusal(429)],
  ['answered with 500', refusal(500)],
  ['answered with the manifest', found(bytes)],
])('a deletion that was accepted is unconfirmed if the read-back is %s', async (_, reply) => {
  const { host } = await registryOf((method) => (method === 'DELETE' ? { status: 202 } : reply));
  expect(await lineAfter(host)).toBe(`Unconfirmed: deleted ${host}/x@${digest}. Nothing else was changed.`);
});

it('a deletion that was refused has changed nothing', async () => {
  const { host } = await registryOf(() => refusal(403));
  expect(await lineAfter(host)).toBe('No file, image, tag or service was changed.');
});

describe('a registry that deletes no manifest that has a tag (Google)', () => {
  const google = (tags: Map<string, Buffer>, last: Reply) =>
    registryOf((method, reference) => {
      if (method !== 'DELETE') return tags.has(reference) ? found(tags.get(reference)!) : refusal(404, 'MANIFEST_UNKNOWN');
      if (reference !== digest) return { status: tags.delete(reference) ? 202 : 404 };
      return [...tags.values()].includes(bytes) ? refusal(400, 'GOOGLE_MANIFEST_DANGLING_TAG') : last;
    });
  const tagged = () => new Map([bytes, bytes, other].map((each, index) => [`v${index}`, each]));

  it('loses the known tags first, each read right before', async () => {
    const { host, requests } = await google(tagged(), { status: 202 });
    expect(await deleteManifest(place(host), digest, ['v0', 'v1'])).toBe('deleted');
    expect(requests).toEqual([
      `DELETE ${digest}`,
      'HEAD v0',
      'DELETE v0',
      'HEAD v1',
      'DELETE v1',
      `DELETE ${digest}`,
      `GET ${digest}`,
    ]);
  });

  it('keeps a tag that was moved to another image meanwhile', async () => {
    const { host, requests } = await google(tagged(), { status: 202 });
    expect(await deleteManifest(place(host), digest, ['v0', 'v1', 'v2'])).toBe('deleted');
    expect(requests).not.toContain('DELETE v2');
  });

  it('each deleted tag is recorded if the manifest is then refused', async () => {
    const { host } = await google(tagged(), refusal(403));
    expect((await problemOf(deleteManifest(place(host), digest, ['v0', 'v1']))).code).toBe('registry-denied');
    const again = await google(tagged(), refusal(403));
    expect(await lineAfter(again.host, ['v0', 'v1'])).toBe(
      `Already done: deleted ${again.host}/x:v0; deleted ${again.host}/x:v1. Nothing else was changed.`,
    );
  });
});
