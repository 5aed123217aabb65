import { planPrune, type PruneRules, referrerSubject, type StoredManifest } from './prune';

const DAY = 24 * 3_600_000;
const NOW = 1_800_000_000_000;
const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const key = (letter: string) => `c-${letter.repeat(64)}`;
const RULES: PruneRules = { needed: new Map(), now: NOW, minAge: 14 * DAY, removeCommitTags: false, tagPrefix: 'customer' };

function stored(letter: string, tags: string[] = [key(letter)], more: Partial<StoredManifest> = {}): StoredManifest {
  return { digest: digest(letter), tags, children: [], existsSince: NOW - 30 * DAY, ...more };
}

/** The first letters of what is removed, with what goes with it, and why the others are kept. */
function pruned(
  manifests: StoredManifest[],
  rules: Partial<PruneRules> = {},
): { remove: string[]; keep: Record<string, string> } {
  const { remove, keep } = planPrune(manifests, { ...RULES, ...rules });
  const letter = (text: string) => text['sha256:'.length]!;
  return {
    remove: remove.map((removal) => [removal.digest, ...removal.with.map((part) => part.digest)].map(letter).join('')),
    keep: Object.fromEntries(keep.map((each) => [letter(each.digest), each.reason])),
  };
}

it('removes what only a content key names, and what has no tag', () => {
  expect(pruned([stored('a'), stored('b', []), stored('c', [key('c'), key('d')])])).toEqual({
    remove: ['a', 'b', 'c'],
    keep: {},
  });
});

it.each([
  'customer-main',
  'v1',
  'latest',
  'release-1',
  'c-main',
  `c-${'a'.repeat(63)}`,
  `c-${'A'.repeat(64)}`,
  `customer-${'a'.repeat(40)}`,
])('keeps what has the tag %s, with its content key', (tag) => {
  expect(pruned([stored('a', [key('a'), tag])])).toEqual({ remove: [], keep: { a: `the tag ${tag} names it` } });
});

it('removes what only commit tags of the prefix name, if that is wanted', () => {
  const commit = 'f'.repeat(40);
  const rules = { removeCommitTags: true };
  expect(pruned([stored('a', [key('a'), `customer-${commit}`, `customer-${'0'.repeat(64)}`])], rules).remove).toEqual(['a']);
  for (const tag of [`acme-${commit}`, commit, `customer-${commit}x`, `customer-${'f'.repeat(39)}`, 'customer-main'])
    expect([tag, pruned([stored('a', [key('a'), tag])], rules).remove]).toEqual([tag, []]);
  expect(pruned([stored('a', [`acme-${commit}`])], { ...rules, tagPrefix: 'acme' }).remove).toEqual(['a']);
});

it('keeps what a record or a task names: the image, its index, or a child of it', () => {
  const manifests = [
    stored('a', [key('a')], { children: [digest('b'), digest('c')] }),
    stored('b', []),
    stored('c', []),
    stored('d'),
  ];
  for (const letter of ['a', 'b', 'c']) {
    const needed = new Map([[digest(letter), 'it runs in prod']]);
    expect(pruned(manifests, { needed })).toEqual({ remove: ['d'], keep: { a: 'it runs in prod' } });
  }
  // Also a child that the registry does not list.
  const unlisted = [stored('a', [key('a')], { children: [digest('b')] })];
  expect(pruned(unlisted, { needed: new Map([[digest('b'), 'x']]) }).remove).toEqual([]);
});

it('keeps what is younger than the minimum age, to the millisecond, and what has no known age', () => {
  const aged = (existsSince?: number) => [stored('a', [key('a')], { existsSince })];
  expect(pruned(aged(NOW - 14 * DAY)).remove).toEqual(['a']);
  expect(pruned(aged(NOW - 14 * DAY + 1)).keep).toEqual({ a: 'it is too new' });
  expect(pruned(aged(NOW + DAY)).keep).toEqual({ a: 'it is too new' });
  expect(pruned(aged(undefined)).keep).toEqual({ a: 'its age is unknown' });
  for (const time of [NOW, NOW + DAY, undefined]) expect(pruned(aged(time), { minAge: 0 }).remove).toEqual(['a']);
});

it('removes an index before its children, and no child that another index or a tag needs', () => {
  const manifests = [
    stored('a', [key('a')], { children: [digest('b'), digest('c'), digest('d')] }),
    stored('b', []),
    stored('c', []),
    stored('d', []),
    stored('e', ['v1'], { children: [digest('c')] }),
  ];
  expect(pruned(manifests)).toEqual({ remove: ['abd'], keep: { e: 'the tag v1 names it' } });
  // A tag on a child keeps the whole index.
  expect(pruned([stored('a', [key('a')], { children: [digest('b')] }), stored('b', ['v1'])]).remove).toEqual([]);
});

it('removes a child that two removed indexes share once, and indexes of indexes', () => {
  const shared = [
    stored('a', [key('a')], { children: [digest('c')] }),
    stored('b', [key('b')], { children: [digest('c')] }),
    stored('c', []),
  ];
  expect(pruned(shared).remove).toEqual(['ac', 'b']);
  const nested = [
    stored('a', [key('a')], { children: [digest('b')] }),
    stored('b', [], { children: [digest('c')] }),
    stored('c', []),
  ];
  expect(pruned(nested).remove).toEqual(['abc']);
  const circle = [stored('a', [key('a')], { children: [digest('a')] })];
  expect(pruned(circle).remove).toEqual([]);
});

describe('signatures and other referrers', () => {
  const tag = `sha256-${'a'.repeat(64)}`;
  const list = (more: Partial<StoredManifest> = {}) =>
    stored('s', [tag], { subject: digest('a'), children: [digest('t')], ...more });
  const signature = stored('t', [], { subject: digest('a') });

  it('go with their image, after it', () => {
    expect(pruned([stored('a'), list(), signature]).remove).toEqual(['ast']);
    expect(
      pruned([stored('a', [key('a')], { children: [digest('b')] }), stored('b', []), list({ subject: digest('b') }), signature])
        .remove,
    ).toEqual(['abst']);
    expect(pruned([stored('a'), signature]).remove).toEqual(['at']);
  });

  it('stay with their image', () => {
    expect(pruned([stored('a', ['v1']), list(), signature])).toEqual({ remove: [], keep: { a: 'the tag v1 names it' } });
    expect(pruned([stored('a'), list(), signature], { needed: new Map([[digest('a'), 'x']]) }).remove).toEqual([]);
  });

  it('stay if their image is not listed, whatever their age', () => {
    expect(pruned([list(), signature], { minAge: 0 }).remove).toEqual([]);
  });

  it('protect their image if they have a tag', () => {
    const tagged = stored('t', ['sbom-v1'], { subject: digest('a') });
    expect(pruned([stored('a'), tagged])).toEqual({ remove: [], keep: { a: 'the tag sbom-v1 names what refers to it' } });
  });

  it('protect their image if they are needed, or what they list is', () => {
    const needed = new Map([[digest('t'), 'it runs in prod']]);
    expect(pruned([stored('a'), signature], { needed })).toEqual({ remove: [], keep: { a: 'it runs in prod' } });
    expect(pruned([stored('a'), list(), stored('t', [])], { needed })).toEqual({ remove: [], keep: { a: 'it runs in prod' } });
  });

  it('do not take another image with them that has a tag, whatever they list', () => {
    const preserved = { remove: [], keep: { a: 'the tag v1 names what refers to it', t: 'the tag v1 names it' } };
    expect(pruned([stored('a'), list(), stored('t', [key('1'), 'v1'])])).toEqual(preserved);
    const young = stored('t', [key('1')], { existsSince: NOW });
    expect(pruned([stored('a'), list(), young])).toEqual({ remove: ['as'], keep: { t: 'it is too new' } });
  });

  it('have tags of this form', () => {
    expect(referrerSubject(tag)).toBe(digest('a'));
    expect(referrerSubject(`${tag}.sig`)).toBe(digest('a'));
    for (const other of [`${tag}a`, 'sha256-a', `x${tag}`, `${tag}.`, `${tag}.Sig`, `${tag}.sig.sig`])
      expect([other, referrerSubject(other)]).toEqual([other, undefined]);
  });
});
