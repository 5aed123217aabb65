import { compareBundles, type CompareBundlesInput, bundlesFromLabels } from './compare-bundles';
import type { RecordedBundle } from './record';

const TREE = 'a'.repeat(40);
const OTHER_TREE = 'b'.repeat(40);
const COMMIT = 'c'.repeat(40);
const OTHER_COMMIT = 'd'.repeat(40);
const bundle: RecordedBundle = { id: 'x', folder: 'x', tree: TREE, ref: 'v1', commit: COMMIT };

function changeOf(
  previous: Partial<RecordedBundle>,
  more: Partial<Pick<CompareBundlesInput, 'mode' | 'imageChanges'>> = {},
): string {
  const input = {
    after: [bundle],
    described: new Map([['x', previous]]),
    imageChanges: true,
    mode: 'baked',
    subjects: new Map(),
  };
  return compareBundles({ ...input, ...more } as CompareBundlesInput)[0]!.change;
}

test.each<[string, Partial<RecordedBundle>, 'unchanged' | 'changed']>([
  ['the same tree at another tag and commit', { tree: TREE, ref: 'v0', commit: OTHER_COMMIT }, 'unchanged'],
  ['another tree at the same tag and commit', { tree: OTHER_TREE, ref: 'v1', commit: COMMIT }, 'changed'],
  ['an unknown tree, the same commit', { commit: COMMIT }, 'unchanged'],
  ['an unknown tree, another commit', { commit: OTHER_COMMIT }, 'changed'],
  ['an unknown tree and commit, the same tag', { ref: 'v1' }, 'changed'],
])('baked into an image that changes: %s', (_, previous, change) => expect(changeOf(previous)).toBe(change));

test('baked into an image that stays: unchanged, unless the tree shows a difference', () => {
  expect(changeOf({}, { imageChanges: false })).toBe('unchanged');
  expect(changeOf({ commit: OTHER_COMMIT }, { imageChanges: false })).toBe('unchanged');
  expect(changeOf({ tree: OTHER_TREE }, { imageChanges: false })).toBe('changed');
});

test.each<[string, Partial<RecordedBundle>, 'unchanged' | 'changed']>([
  ['the same commit, although the trees differ', { tree: OTHER_TREE, commit: COMMIT }, 'unchanged'],
  ['another commit with the same tree', { tree: TREE, commit: OTHER_COMMIT }, 'unchanged'],
  ['another commit, the tree unknown', { ref: 'v1', commit: OTHER_COMMIT }, 'changed'],
  ['no commit, the same ref', { ref: 'v1' }, 'unchanged'],
  ['no commit, another ref', { ref: 'v0' }, 'changed'],
  ['nothing known', {}, 'changed'],
])('git mode: %s', (_, previous, change) => {
  expect(changeOf(previous, { mode: 'git' })).toBe(change);
  // The platform clones: what is in the image does not count.
  expect(changeOf(previous, { mode: 'git', imageChanges: false })).toBe(change);
});

test('a workspace bundle without commit and ref is no reason to call a bundle of git mode unchanged', () => {
  const { commit, ref, ...workspaceBundle } = bundle;
  const input = { after: [workspaceBundle], described: new Map([['x', {}]]), imageChanges: false, subjects: new Map() };
  expect([commit, ref, compareBundles({ ...input, mode: 'git' })[0]!.change]).toEqual([COMMIT, 'v1', 'changed']);
});

test('the image decides which bundles there were; the descriptor adds versions only', () => {
  const before = [{ id: 'x', folder: 'x', tree: OTHER_TREE }];
  const described = new Map([
    ['x', { commit: OTHER_COMMIT }],
    ['y', { commit: OTHER_COMMIT }],
  ]);
  const subjects = new Map([[COMMIT, 'Answer faster']]);
  const input: CompareBundlesInput = { after: [bundle], before, described, imageChanges: true, mode: 'baked', subjects };
  expect(compareBundles(input)).toEqual([
    {
      id: 'x',
      change: 'changed',
      before: { id: 'x', folder: 'x', tree: OTHER_TREE, commit: OTHER_COMMIT },
      after: bundle,
      subject: 'Answer faster',
    },
  ]);
  const { before: _, ...withoutLabel } = input;
  expect(compareBundles(withoutLabel).map(({ id, change }) => [id, change])).toEqual([
    ['x', 'changed'],
    ['y', 'removed'],
  ]);
});

test('added and removed bundles, by id; what is unknown of a removed one is left out', () => {
  const before = [{ id: 'z', folder: 'z', tree: TREE }];
  const changes = compareBundles({
    after: [bundle, { ...bundle, id: 'a' }],
    before,
    described: new Map(),
    imageChanges: true,
    mode: 'baked',
    subjects: new Map(),
  });
  expect(changes).toEqual([
    { id: 'a', change: 'added', after: { ...bundle, id: 'a' } },
    { id: 'x', change: 'added', after: bundle },
    { id: 'z', change: 'removed', before: before[0] },
  ]);
});

test('labels: bundles, none in an image of ours, unknown in any other', () => {
  const labels = { 'io.kdcube.bundles': JSON.stringify({ x: { folder: 'x', tree: TREE } }), 'io.kdcube.content-key': 'k' };
  expect(bundlesFromLabels(labels)?.map(({ id }) => id)).toEqual(['x']);
  expect(bundlesFromLabels({ 'io.kdcube.content-key': 'k' })).toEqual([]);
  expect(bundlesFromLabels({ maintainer: 'x' })).toBeUndefined();
});
