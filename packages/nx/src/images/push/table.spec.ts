import type { PushReceipt } from '@kdcube/release/internal';
import { pushTable } from './table';

const RECEIPT: PushReceipt = {
  receipt: 'docker-push',
  version: 1,
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
  sent: { keptLayers: 3, sentLayers: 1, bytes: 2800 },
};

test('one line an image, adopted ones and those of an engine too', () => {
  const adopted = { ...RECEIPT, image: 'exec', how: 'adopted' as const, why: [], sent: undefined };
  const byEngine = { ...RECEIPT, image: 'run', sent: undefined };
  expect(pushTable([RECEIPT, adopted, byEngine].map((receipt) => ({ receipt, took: 700 })))).toEqual([
    'image   digest                layers kept   sent   bytes           took    why',
    'proc    sha256:bbbbbbbbbbbb   3             1      2.8 kB          0.7 s   one changed',
    'exec    sha256:bbbbbbbbbbbb   all           0      0 B             0.7 s   its key was there: adopted',
    'run     sha256:bbbbbbbbbbbb   ?             ?      by the engine   0.7 s   one changed',
  ]);
});

test('where nobody named a registry it says where the images are', () => {
  const kept = { ...RECEIPT, repository: 'oci:dist/images/proc' };
  expect(pushTable([{ receipt: kept, took: 1 }]).at(-1)).toBe(
    'No registry is named (KDCUBE_REGISTRY): the images are in dist/images.',
  );
});

test('a dry run says what would be done, and why', () => {
  expect(pushTable([{ image: 'proc', why: ['one changed', 'two came'] }, { image: 'exec' }])).toEqual([
    'image   would be   why',
    'proc    pushed     one changed; two came',
    'exec    adopted    its key is there',
  ]);
});
