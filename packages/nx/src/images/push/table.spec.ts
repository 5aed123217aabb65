import type { PushReceipt } from '@kdcube/release/internal';
import { imageReferences, pushTable } from './table';

const RECEIPT: PushReceipt = {
  receipt: 'docker-push',
  version: 2,
  image: 'proc',
  key: 'a'.repeat(64),
  platform: 'linux/amd64',
  bases: {},
  bundles: [],
  repository: '127.0.0.1:5000/acme/proc',
  digest: `sha256:${'b'.repeat(64)}`,
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  size: 1,
  how: 'built',
  tags: [],
  why: ['one changed'],
  sent: { reusedLayers: 3, sentLayers: 1, bytes: 2800 },
};

test('one line for each image, also for a reused one and for one sent by an engine', () => {
  const reused = { ...RECEIPT, image: 'exec', how: 'reused' as const, why: [], sent: undefined };
  const byEngine = { ...RECEIPT, image: 'run', sent: undefined };
  expect(pushTable([RECEIPT, reused, byEngine].map((receipt) => ({ receipt, took: 700 })))).toEqual([
    'image   digest                layers reused   sent   bytes           took    why',
    'proc    sha256:bbbbbbbbbbbb   3               1      2.8 kB          0.7 s   one changed',
    'exec    sha256:bbbbbbbbbbbb   all             0      0 B             0.7 s   already in the registry: reused',
    'run     sha256:bbbbbbbbbbbb   ?               ?      by the engine   0.7 s   one changed',
  ]);
});

test('each image in a registry is named with its digest; a dry run and a layout have no reference', () => {
  const reused = { ...RECEIPT, image: 'exec', how: 'reused' as const };
  const layout = { ...RECEIPT, repository: 'oci:dist/images/proc' };
  const rows = [RECEIPT, reused, layout].map((receipt) => ({ receipt, took: 1 }));
  const reference = `127.0.0.1:5000/acme/proc@${RECEIPT.digest}`;
  expect(imageReferences([...rows, { image: 'run' }])).toEqual([`pushed     ${reference}`, `reused     ${reference}`]);
});

test('without a registry, the last line names the folder of the images', () => {
  const inFolder = { ...RECEIPT, repository: 'oci:dist/images/proc' };
  expect(pushTable([{ receipt: inFolder, took: 1 }]).at(-1)).toBe(
    'No registry is configured (KDCUBE_REGISTRY): the images are in dist/images.',
  );
});

test('a dry run prints what would be done, and why', () => {
  expect(pushTable([{ image: 'proc', why: ['one changed', 'two came'] }, { image: 'exec' }])).toEqual([
    'image   would be   why',
    'proc    pushed     one changed; two came',
    'exec    reused     already there',
  ]);
});
