// What this project does with a registry, each as its own code does it.
import { copyBlob } from '../../src/registry/blobs/blobs';
import { headManifest, getManifest } from '../../src/registry/manifests/manifests';
import { listTags } from '../../src/registry/tags/list-tags';
import { expectWrites } from '../../src/registry/tags/look-up';
import { OCI_MANIFEST } from '../../src/registry/manifests/manifest-format';
import { deleteManifest } from '../../src/registry/prune/delete-manifest';
import { listManifests } from '../../src/registry/prune/list-manifests';
import { pushImage, uploadImage } from '../../src/registry/push';
import { addReferrer, listReferrers } from '../../src/registry/referrers';
import type { Registry } from '../../src/registry/transport/connect';
import { type Asked, imageOf, named } from '../push-kit';
import { ABSENT, APP, IMMUTABLE, type Instead, type Product } from './product';

export interface Operation {
  id: string;
  /** The head of its column. */
  title: string;
  /** Undefined where the product has nothing of the kind. */
  run(stage: Stage): Promise<string> | undefined;
}

/** One product, with a client that may write. */
export interface Stage {
  product: Product;
  /** A client that knows nothing yet. */
  connect(): Registry;
  /** Faults of the network, before any habit. */
  disturb(faults: (asked: Asked) => Instead | undefined): void;
  /** The requests since the last call. */
  requests(): { method: string; kind: string; status?: number }[];
}

const key = `c-${'a'.repeat(64)}`;
const other = `c-${'b'.repeat(64)}`;
const v1 = { tag: 'customer-1', moving: false };
const main = { tag: 'customer-main', moving: true };
const ours = imageOf('base', 'bundle one');
const theirs = imageOf('base', 'bundle two');

/** A repository that the command writes to. */
function writable({ connect }: Stage, repository = APP): { registry: Registry; repository: string } {
  const place = { registry: connect(), repository };
  expectWrites(place);
  return place;
}

async function push(stage: Stage, image = ours, tagKey = key, tags = [v1, main], repository = APP) {
  const { registry } = writable(stage, repository);
  return pushImage(registry, repository, image, { key: tagKey, tags });
}

function check(isTrue: boolean, what: string): void {
  if (!isTrue) throw new Error(what);
}

export const OPERATIONS: Operation[] = [
  {
    id: 'push',
    title: 'push',
    async run(stage) {
      const { how, digest, tags } = await push(stage);
      const head = await headManifest(stage.connect(), APP, main.tag);
      check(how === 'pushed' && head?.digest === digest && tags.every((tag) => tag.how === 'set'), 'it is not there');
      return 'works';
    },
  },
  {
    id: 'absent',
    title: 'push to a repository that does not exist',
    run: (stage) =>
      stage.product.mustExist === undefined ? undefined : push(stage, ours, key, [v1, main], ABSENT).then(() => 'works'),
  },
  {
    id: 'reuse',
    title: 'push again',
    async run(stage) {
      await push(stage);
      stage.requests();
      const { how, tags } = await push(stage);
      check(how === 'there' && tags.every((tag) => tag.how === 'there'), 'it is not reused');
      const writes = stage.requests().filter(({ method, kind }) => kind !== 'token' && !['GET', 'HEAD'].includes(method));
      check(writes.length === 0, `${writes.length} requests write`);
      return 'works: nothing is sent';
    },
  },
  {
    id: 'tag',
    title: 'move the branch tag',
    async run(stage) {
      await push(stage);
      const { digest } = await push(stage, theirs, other, [main]);
      check((await headManifest(stage.connect(), APP, main.tag))?.digest === digest, 'the tag did not move');
      return 'works';
    },
  },
  {
    id: 'immutable',
    title: 'immutable tags',
    run: (stage) => (stage.product.immutable === undefined ? undefined : keepTags(stage)),
  },
  {
    id: 'mount',
    title: 'layers of another repository',
    async run(stage) {
      await push(stage);
      const [config] = [...ours.bytes.keys()];
      const layer = [...ours.bytes].find(([digest]) => digest !== config)![1];
      const to = writable(stage, 'acme/other');
      const how = await copyBlob({ registry: to.registry, repository: APP }, to, named(layer));
      return how === 'mounted' ? 'works: mounted' : 'works: streamed';
    },
  },
  {
    id: 'retry',
    title: 'after a cut, a lost answer and a 503',
    async run(stage) {
      const faults: Record<string, Instead[]> = { upload: ['cut', { status: 503 }], manifest: ['lost', { status: 503 }] };
      stage.disturb(({ method, kind }) => (['PUT', 'PATCH'].includes(method) ? faults[kind]?.shift() : undefined));
      const { digest } = await push(stage);
      check((await headManifest(stage.connect(), APP, main.tag))?.digest === digest, 'it is not there');
      return 'works';
    },
  },
  {
    id: 'tags',
    title: 'list tags',
    async run(stage) {
      await push(stage);
      const tags = await listTags(stage.connect(), APP);
      check(
        [key, v1.tag, main.tag].every((tag) => tags.includes(tag)),
        `${tags.join()} are not all`,
      );
      return 'works';
    },
  },
  { id: 'sign', title: 'signatures', run: (stage) => sign(stage, APP, 1) },
  {
    id: 'sign-immutable',
    title: 'signatures, immutable tags',
    run: (stage) => (stage.product.immutable === undefined ? undefined : sign(stage, IMMUTABLE, 2)),
  },
  {
    id: 'delete',
    title: 'delete (prune)',
    async run(stage) {
      const { digest } = await push(stage);
      const place = { registry: stage.connect(), repository: APP };
      const list = async () => (await listManifests(place)).manifests.filter((manifest) => manifest.digest === digest);
      const tags = (await list()).flatMap((manifest) => manifest.tags);
      check((await deleteManifest(place, digest, tags)) === 'deleted', 'it is not deleted');
      check((await deleteManifest(place, digest, tags)) === 'missing', 'it is deleted again');
      const left = await list();
      check(left.length === 0, 'it is still listed');
      return 'works';
    },
  },
];

/** A branch tag stays where it is, and a commit tag that names another image is a Problem. */
async function keepTags(stage: Stage): Promise<string> {
  const { digest } = await push(stage, ours, key, [v1, main], IMMUTABLE);
  const { tags } = await push(stage, theirs, other, [main], IMMUTABLE);
  check(tags[0]!.how === 'skipped', `the branch tag is ${tags[0]!.how}`);
  check((await headManifest(stage.connect(), IMMUTABLE, main.tag))?.digest === digest, 'the branch tag moved');
  const failed = await push(stage, theirs, other, [v1], IMMUTABLE).then(
    () => 'nothing',
    (error: { problems?: { code: string }[] }) => error.problems?.[0]?.code,
  );
  check(failed === 'tag-exists', `the commit tag ends in ${failed}`);
  return 'works: the branch tag stays';
}

/** Stores signatures beside an image, one after the other, and finds each of them. */
async function sign(stage: Stage, repository: string, count: number): Promise<string> {
  const { digest, size } = await push(stage, ours, key, [], repository);
  const place = writable(stage, repository);
  for (let at = 0; at < count; at += 1) {
    const bundle = imageOf(`signature ${at}`);
    const manifest = Buffer.from(
      JSON.stringify({
        ...JSON.parse(Buffer.from(bundle.manifest).toString('utf8')),
        subject: { mediaType: OCI_MANIFEST, digest, size },
      }),
    );
    const stored = { ...named(manifest), mediaType: OCI_MANIFEST };
    await uploadImage(place.registry, repository, { ...bundle, manifest });
    await addReferrer(place, digest, stored);
    const found = await listReferrers({ registry: stage.connect(), repository }, digest);
    check(
      found.some((each) => each.digest === stored.digest),
      'it is not listed',
    );
    await getManifest(stage.connect(), repository, stored.digest);
  }
  const tags = await listTags(stage.connect(), repository);
  return tags.includes(digest.replace(':', '-')) ? 'works: a tag lists them' : 'works: referrers API';
}
