import { type Double, registryDouble, putImage } from '../../testing/registry-kit';
import { problemOf } from '../../testing/git-kit';
import { forger, sha256 } from '../../testing/attacks/forge';
import type { Repository } from './blobs/blobs';
import { addReferrer, listReferrers, referrersTag, type Referrer } from './referrers';
import { connect } from './transport/connect';

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const INDEX = 'application/vnd.oci.image.index.v1+json';

let double: Double;
let place: Repository;
let subject: string;

async function start(options: object = {}): Promise<void> {
  double = await registryDouble(options);
  const registry = connect(double.host, { credentials: async () => undefined, sleep: async () => undefined });
  place = { registry, repository: 'acme/proc' };
  subject = await putImage(double.host, 'acme/proc', 'v1', 'subject');
}
afterEach(() => double.close());

/** Puts a manifest whose subject is the image. */
async function refer(what: string, of = subject): Promise<Referrer> {
  const { blob, putRaw } = forger(double.host, 'acme/proc');
  const config = { mediaType: 'application/vnd.oci.empty.v1+json', ...(await blob(Buffer.from('{}'))) };
  const body = {
    schemaVersion: 2,
    mediaType: MANIFEST,
    artifactType: 'application/x',
    config,
    layers: [],
    subject: { mediaType: MANIFEST, digest: of, size: 1 },
    annotations: { what },
  };
  const digest = await putRaw(`tag-${what}`, MANIFEST, body);
  return { mediaType: MANIFEST, digest, size: JSON.stringify(body).length, artifactType: 'application/x' };
}
const listed = async () => (await listReferrers(place, subject)).map(({ digest }) => digest).sort();
const digests = (list: Referrer[]) => list.map(({ digest }) => digest).sort();

describe('with the referrers API', () => {
  it('lists every page, and writes no tag', async () => {
    await start({ referrers: true });
    expect(await listed()).toEqual([]);
    const all = [];
    for (const what of ['a', 'b', 'c', 'd', 'e']) {
      all.push(await refer(what));
      await addReferrer(place, subject, all.at(-1)!);
    }
    await refer('other', `sha256:${'0'.repeat(64)}`);
    expect(await listed()).toEqual(digests(all));
    expect(await forger(double.host, 'acme/proc').digestOf(referrersTag(subject))).toBeUndefined();
  });

  it('does not follow pages for ever', async () => {
    await start({ referrers: true });
    let pages = 0;
    double.faults = ({ kind }) =>
      kind === 'referrers'
        ? {
            status: 200,
            headers: { 'content-type': INDEX, link: `</v2/acme/proc/referrers/${subject}?from=${(pages += 1)}>; rel="next"` },
            body: JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests: [] }),
          }
        : undefined;
    expect(await listed()).toEqual([]);
    expect(pages).toBe(20);
  });
});

describe('without it', () => {
  it('keeps an index under the tag of the digest, as OCI 1.1 says', async () => {
    await start();
    expect(await listed()).toEqual([]);
    const [a, b] = [await refer('a'), await refer('b')];
    await addReferrer(place, subject, a);
    await addReferrer(place, subject, b);
    await addReferrer(place, subject, b);
    expect(await listed()).toEqual(digests([a, b]));
    expect(referrersTag(subject)).toBe(subject.replace(':', '-'));
    expect(await (await fetch(`http://${double.host}/v2/acme/proc/manifests/${referrersTag(subject)}`)).json()).toEqual({
      schemaVersion: 2,
      mediaType: INDEX,
      manifests: [a, b],
    });
  });

  it.each([405, 501])('an answer %s says that there is no such API', async (status) => {
    await start();
    double.faults = ({ kind }) => (kind === 'referrers' ? { status } : undefined);
    const a = await refer('a');
    await addReferrer(place, subject, a);
    expect(await listed()).toEqual([a.digest]);
  });

  /** The registry accepts an index and then has one of these, as after a concurrent write. */
  function forget(times: number, list: Referrer[]): void {
    const index = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests: list }));
    let writes = 0;
    double.faults = ({ method, reference }) =>
      method === 'PUT' && reference === referrersTag(subject) && (writes += 1) <= times
        ? { status: 201, headers: { 'docker-content-digest': sha256(index) } }
        : undefined;
  }

  it('writes the tag again after a concurrent write', async () => {
    await start();
    const [ours, theirs] = [await refer('a'), await refer('b')];
    await addReferrer(place, subject, theirs);
    forget(2, [theirs, ours]);
    await addReferrer(place, subject, ours);
    expect(await listed()).toEqual(digests([ours, theirs]));
  });

  it('refuses a tag that is no index, and leaves it', async () => {
    await start();
    const a = await refer('a');
    const digest = await putImage(double.host, 'acme/proc', referrersTag(subject), 'no index');
    expect(await problemOf(addReferrer(place, subject, a))).toMatchObject({
      code: 'registry-response',
      message: expect.stringContaining('is not an index of referrers'),
    });
    expect(await forger(double.host, 'acme/proc').digestOf(referrersTag(subject))).toBe(digest);
  });

  it('says how to except the tag where tags are immutable', async () => {
    await start({ immutable: true });
    await addReferrer(place, subject, await refer('a'));
    const problem = await problemOf(addReferrer(place, subject, await refer('b')));
    expect(problem).toMatchObject({ code: 'tag-exists', hint: expect.stringContaining('except sha256-*') });
  });

  it('says when the registry does not keep the index', async () => {
    await start();
    const a = await refer('a');
    forget(100, [a]);
    const { code, message } = await problemOf(addReferrer(place, subject, a));
    expect([code, message]).toEqual(['registry-response', expect.stringMatching(/does not list sha256:/)]);
  });
});
