import type { InventoryEntry } from '../../images/inventory/entry';
import { imageNotes, imagesTable, summaryLine } from './table';

const digest = (digit: string) => `sha256:${digit.repeat(64)}`;
const BUILT: InventoryEntry = {
  image: 'proc',
  kind: 'built',
  key: 'a'.repeat(64),
  status: 'verified',
  proof: 'content',
  digest: digest('b'),
  bases: { '${KDCUBE_PLATFORM_REGISTRY}/kdcube-chat-proc:2026.7.20.444': digest('c') },
  bundles: ['one', 'two'],
  tags: [`customer-${'d'.repeat(40)}`, 'customer-main'],
  bytes: 123_456_789,
};
const PUBLISHED: InventoryEntry = {
  image: 'kdcube-metrics',
  kind: 'published',
  ref: '2026.7.20.444',
  pinned: digest('e'),
  status: 'missing',
  bases: {},
  bundles: [],
  tags: [],
};

/** The cells of an entry's row by their headings. */
function cellsOf(entry: InventoryEntry): Record<string, string> {
  const [heads, row] = imagesTable([entry]).map((line) => line.split(/ {3,}/));
  return Object.fromEntries(heads!.map((head, index) => [head, row![index]!]));
}

it('has one row for each image', () => {
  expect(imagesTable([BUILT, PUBLISHED])).toEqual([
    'image            kind        key or pin       digest         base                             bundles   tags                                    registry             size',
    'proc             built       c-aaaaaaaaaaaa   bbbbbbbbbbbb   kdcube-chat-proc:2026.7.20.444   2         customer-dddddddddddd…, customer-main   verified (content)   123 MB',
    'kdcube-metrics   published   eeeeeeeeeeee     -              -                                -         -                                       missing              -',
  ]);
  expect(imagesTable([])).toEqual([]);
});

it.each<[string, Partial<InventoryEntry>, Record<string, string>]>([
  ['an image that is verified by a signature', { proof: 'signature' }, { registry: 'verified (signature)' }],
  ['an image that is not verified', { status: 'not-verified', proof: undefined }, { registry: 'not verified' }],
  ['another image under its key', { status: 'mismatch', proof: undefined, digest: undefined }, { registry: 'another image' }],
  ['an image with a receipt, offline', { status: 'unknown', proof: 'receipt' }, { registry: 'unknown (receipt)' }],
  ['an image without a receipt, offline', { status: 'unknown', proof: undefined }, { registry: 'unknown' }],
  ['an image without a base', { bases: {} }, { base: '-' }],
  ['a base with a digest', { bases: { [`docker.io/library/alpine:3@${digest('1')}`]: digest('1') } }, { base: 'alpine:3' }],
  ['two bases', { bases: { 'a/b:1': digest('1'), 'c/d:2': digest('2') } }, { base: 'b:1, d:2' }],
  ['a SHA-256 commit', { tags: [`customer-${'d'.repeat(64)}`] }, { tags: 'customer-dddddddddddd…' }],
  ['a branch of hexadecimal digits', { tags: ['customer-dddddddddddddd'] }, { tags: 'customer-dddddddddddddd' }],
  ['an unknown size', { bytes: undefined }, { size: '-' }],
  ['an empty image', { bytes: 0 }, { size: '0 B' }],
])('shows %s', (_, change, cells) => {
  expect(cellsOf({ ...BUILT, ...change })).toMatchObject(cells);
});

it('has a note for each image that is not verified, and none for what a Problem reports', () => {
  const notVerified: InventoryEntry = { ...BUILT, status: 'not-verified', reason: 'an engine built it' };
  const missing: InventoryEntry = { ...PUBLISHED, reason: 'its repository does not exist' };
  const denied: InventoryEntry = { ...PUBLISHED, status: 'unknown', reason: 'access denied' };
  const mismatch: InventoryEntry = { ...BUILT, status: 'mismatch', reason: 'other layers' };
  expect(imageNotes([BUILT, notVerified, missing, denied, mismatch])).toEqual([
    'proc: an engine built it',
    'kdcube-metrics: its repository does not exist',
  ]);
});

it.each<[string, InventoryEntry[], boolean, string]>([
  ['no image', [], false, 'The release has no images.'],
  ['all', [BUILT, { ...PUBLISHED, status: 'verified' }], false, 'r.example/acme has 2 of 2 images, 2 verified.'],
  ['one that is not verified', [{ ...BUILT, status: 'not-verified' }], false, 'r.example/acme has 1 of 1 image, 0 verified.'],
  [
    'one that cannot be read',
    [BUILT, { ...PUBLISHED, status: 'unknown' }],
    false,
    'r.example/acme has 1 of 2 images, 1 verified.',
  ],
  [
    'missing ones',
    [{ ...BUILT, status: 'missing' }, PUBLISHED],
    false,
    'Not in r.example/acme: proc, kdcube-metrics. To push: nx run-many -t docker-push',
  ],
  [
    'offline',
    [
      { ...BUILT, status: 'unknown', proof: 'receipt' },
      { ...PUBLISHED, status: 'unknown' },
    ],
    true,
    'r.example/acme was not contacted (--offline): digests are from pins and from the receipts of this checkout. No receipt: kdcube-metrics.',
  ],
])('ends with what is missing: %s', (_, entries, offline, line) => {
  expect(summaryLine(entries, 'r.example/acme', offline)).toBe(line);
});
