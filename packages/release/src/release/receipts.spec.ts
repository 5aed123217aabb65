import { BuildReceipt, DescriptorReceipt, OUT, printReceipt, PushReceipt, readReceipt, StageReceipt } from './receipts';

const TREE = 'a'.repeat(40);
const DIGEST = `sha256:${'b'.repeat(64)}`;
const CONTENT = {
  image: 'web',
  key: 'c'.repeat(64),
  platform: 'linux/amd64',
  bases: { 'x:1': DIGEST },
  bundles: [{ id: 'a', folder: 'a', tree: TREE }],
};
const STAGE: StageReceipt = { receipt: 'stage', version: 1, id: 'a', folder: 'a', tree: TREE, files: 1, bytes: 2 };
const PINNED = { ...STAGE, pinned: { repo: 'r', ref: 'v1', commit: TREE, subdir: '' } };
const DESCRIPTOR: DescriptorReceipt = {
  ...{ receipt: 'descriptor', version: 1, kind: 'env-json', mode: 'baked', generation: '2026.3.1' },
  ...{
    files: ['x'],
    bundles: [
      { id: 'a', folder: 'a', commit: TREE },
      { id: 'b', folder: 'b' },
    ],
  },
};
const BUILD: BuildReceipt = { receipt: 'docker-build', version: 1, ...CONTENT, engine: 'docker', local: 'x' };
const PUSH: PushReceipt = {
  ...{ receipt: 'docker-push', version: 2, ...CONTENT, repository: 'h/x', digest: DIGEST, mediaType: 'm', size: 1 },
  ...{ how: 'built', tags: ['t'], commit: TREE, why: ['a changed'], sent: { reusedLayers: 3, sentLayers: 1, bytes: 5 } },
};

test.each([
  [StageReceipt, STAGE],
  [StageReceipt, PINNED],
  [DescriptorReceipt, DESCRIPTOR],
  [BuildReceipt, BUILD],
  [PushReceipt, PUSH],
] as const)('%# is parsed as it was printed', (schema, receipt) => {
  expect(readReceipt<unknown>(schema, printReceipt(receipt))).toEqual(receipt);
});

test.each<[string, string | undefined]>([
  ['no file', undefined],
  ['half a file', printReceipt(STAGE).slice(0, 20)],
  ['another receipt', printReceipt(BUILD)],
  ['a newer one', printReceipt({ ...STAGE, version: 2 as 1 })],
  ['an older one', printReceipt({ ...STAGE, version: 0 as 1 })],
  ['one with an unknown key', printReceipt({ ...STAGE, when: 'now' } as StageReceipt)],
  ['a tree that is none', printReceipt({ ...STAGE, tree: 'x' })],
])('%s is not a valid receipt: the step runs again', (_, text) => {
  expect(readReceipt(StageReceipt, text)).toBeUndefined();
});

test('the receipt of a cached step has no field that can change while inputs do not', () => {
  for (const schema of [StageReceipt, DescriptorReceipt, BuildReceipt])
    expect(Object.keys(schema.shape).filter((key) => /time|date|sha$|^commit|branch|release|host|user/i.test(key))).toEqual([]);
});

test('every step has its own folder in dist', () => {
  const places = [OUT.stage('a'), OUT.build('a'), OUT.push('a'), OUT.release];
  expect(new Set(places).size).toBe(places.length);
  expect(places.every((place) => place.startsWith('dist/'))).toBe(true);
});
