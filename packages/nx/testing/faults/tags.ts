// Tags that are there already, and files that change under our hands.
import * as fs from 'node:fs';
import * as path from 'node:path';
import { makeBase, putBase, putManifest } from './base';
import { holds } from './kit';
import { faulty, MANIFEST_PUT, type Row, errorResponse, type Stage, UPLOAD } from './row';

const OTHER = () => makeBase({ layers: 1 });

/** Puts another image under a tag of the image's repository. */
async function occupy({ registry }: Stage, tag: string): Promise<void> {
  const other = await OTHER();
  await putBase(registry.host, 'acme/proc', other);
  await putManifest(registry.host, 'acme/proc', other.manifest, tag);
}

/** What the run put into the image's repository. */
function writes({ registry }: Stage): string[] {
  const put = registry.journal.filter(({ method, status }) => method === 'PUT' && status === 201);
  const count = (kind: string): number => put.filter((each) => each.kind === kind).length;
  return [`Written: ${put.length === 0 ? 'nothing' : `${count('upload')} blobs, ${count('manifest')} manifests`}.`];
}

const removeTag = ({ registry }: Stage, tag: string): void =>
  fs.rmSync(path.join(registry.dir, 'repositories/acme/proc/_tags', tag));

/** Changes a byte of every layer that was built before. */
function spoil(folder: string): void {
  const files = fs.readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('layer.tar.gz'));
  if (files.length === 0) throw new Error(`no layer was built before: ${fs.readdirSync(path.dirname(folder)).join()}`);
  for (const file of files) {
    const bytes = fs.readFileSync(path.join(folder, file));
    bytes[bytes.length - 1]! ^= 1;
    fs.writeFileSync(path.join(folder, file), bytes);
  }
}

export const TAGS: Row[] = [
  {
    what: 'an immutable tag of people’s that names another image',
    ends: 'tag-exists',
    registry: { immutable: true },
    arrange: async (stage) => occupy(stage, `customer-${stage.commit}`),
    after: writes,
    stays: true,
  },
  {
    what: 'the same where tags may move: it is not moved either',
    ends: 'tag-exists',
    arrange: async (stage) => occupy(stage, `customer-${stage.commit}`),
    after: writes,
    stays: true,
  },
  {
    what: 'an immutable tag of people’s that names this image: the key’s tag is all that is written',
    ends: 'pushed',
    registry: { immutable: true },
    arrange: async (stage) => {
      await stage.push();
      const key = Object.keys(holds(stage.registry.dir, 'acme/proc').tags).find((tag) => tag.startsWith('c-'))!;
      removeTag(stage, key);
    },
    after: writes,
  },
  {
    what: 'everything is there: nothing is sent',
    ends: 'reused',
    registry: { immutable: true },
    arrange: async (stage) => void (await stage.push()),
    after: writes,
  },
  {
    what: 'a moving tag that names another image, where tags are immutable: it stays, and that is said',
    ends: 'pushed',
    registry: { immutable: true },
    arrange: async (stage) => occupy(stage, 'customer-main'),
  },
  {
    what: 'a `c-<key>` that names another image: it is neither reused nor replaced',
    ends: 'image-mismatch',
    arrange: async (stage) => occupy(stage, stage.key),
    after: writes,
    stays: true,
  },
  {
    what: 'a `c-<key>` that another client puts there while this image is sent, until that tag is deleted',
    ends: 'image-mismatch',
    registry: { immutable: true },
    after(stage) {
      removeTag(stage, stage.key);
      return writes(stage);
    },
    arrange: async (stage) => {
      const other = await OTHER();
      await putBase(stage.registry.host, 'acme/proc', other);
      const place = path.join(stage.registry.dir, 'repositories/acme/proc/_tags');
      const takeIt = (): void => {
        fs.mkdirSync(place, { recursive: true });
        fs.writeFileSync(path.join(place, stage.key), other.manifest.digest);
      };
      stage.registry.faults = faulty(MANIFEST_PUT, takeIt, 1);
    },
  },
  {
    what: 'a registry that forbids the tag in words of its own',
    ends: 'registry-denied',
    arrange: ({ registry }) =>
      void (registry.faults = faulty(MANIFEST_PUT, errorResponse(403, 'DENIED', 'a policy forbids tags that begin with c'))),
  },
];

export const FILES: Row[] = [
  {
    what: 'a bundle’s file that changes after the push began: the image has what was there',
    ends: 'pushed',
    arrange: ({ registry, root }) => {
      const file = path.join(root, 'bundles/here@1-0/entrypoint.py');
      const before = fs.readFileSync(file, 'utf8');
      registry.faults = (asked) => {
        fs.writeFileSync(file, asked.kind === 'manifest' && asked.method === 'PUT' ? before : 'changed = True\n');
      };
    },
  },
  {
    what: 'a layer in the cache folder that was damaged before',
    ends: 'pushed',
    arrange: async (stage) => {
      await stage.push();
      fs.rmSync(path.join(stage.registry.dir, 'repositories'), { recursive: true });
      spoil(path.join(stage.cache, 'layers'));
    },
  },
  {
    what: 'a line that goes dead in the middle of every upload',
    ends: 'registry-unreachable',
    arrange: ({ registry }) => void (registry.faults = faulty(UPLOAD, { cutBody: 1 })),
  },
];
