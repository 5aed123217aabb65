import { checkTag, customerTags, isTag, keyTag, platformTags, tagSafe } from './tags';

const KEY = '0123456789abcdef'.repeat(4);

test.each([
  ['main', 'main'],
  ['v1.2.3', 'v1.2.3'],
  ['feature/x', 'feature-x'],
  ['prod-2026-02-22', 'prod-2026-02-22'],
])('%s becomes %s', (name, tag) => expect(tagSafe(name)).toBe(tag));

const NAMES = [
  '',
  ' ',
  'a b',
  'a_b',
  'ä',
  'ö',
  '.a',
  '-a',
  '_a',
  'a'.repeat(101),
  'a'.repeat(102),
  '漢'.repeat(200),
  '../x',
  'a:b',
  'a@b',
  keyTag(KEY),
  '\n',
  '#',
];
test('every name becomes a tag, and two changed names become two tags', () => {
  const tags = NAMES.map(tagSafe);
  expect(tags.filter((tag) => !isTag(tag))).toEqual([]);
  expect(new Set(tags).size).toBe(NAMES.length);
  expect(Math.max(...tags.map((tag) => tag.length))).toBeLessThanOrEqual(100);
});

test('a name of 100 characters is a tag as it is; a longer one is cut', () => {
  expect(tagSafe('a'.repeat(100))).toBe('a'.repeat(100));
  expect(tagSafe('a'.repeat(101))).toMatch(/^a{91}-[0-9a-f]{8}$/);
});

test('the same name gives the same tag', () => {
  expect(tagSafe('a b')).toBe(tagSafe('a b'));
  expect(tagSafe('a b')).toMatch(/^a_b-[0-9a-f]{8}$/);
});

test('no branch and no release can look like a content key', () => {
  for (const { tag } of platformTags({ branch: keyTag(KEY), version: keyTag(KEY) })) expect(tag).not.toMatch(/^c-[0-9a-f]{64}$/);
  for (const sources of [{ commit: KEY }, { branch: KEY }]) expect(() => customerTags(sources, 'c')).toThrow('unsafe-tag');
  expect(() => customerTags({ commit: 'abc' }, 'a/b')).toThrow('unsafe-tag');
});

test('the customer’s scheme', () => {
  expect(customerTags({ commit: 'abc', branch: 'feature/x' })).toEqual([
    { tag: 'customer-abc', moving: false },
    { tag: 'customer-feature-x', moving: true },
  ]);
  expect(customerTags({})).toEqual([]);
  expect(customerTags({ commit: 'abc' }, 'acme')).toEqual([{ tag: 'acme-abc', moving: false }]);
});

test('the platform’s scheme', () => {
  expect(platformTags({ commit: 'abc', branch: 'main', version: 'v1.2.3' })).toEqual([
    { tag: 'abc', moving: false },
    { tag: 'main', moving: true },
    { tag: 'v1.2.3', moving: false },
  ]);
});

test('checkTag', () => {
  expect(checkTag('v1')).toBe('v1');
  expect(checkTag(`c-${KEY.slice(1)}`)).toBe(`c-${KEY.slice(1)}`);
  for (const tag of ['', 'a/b', '-a', 'a b', 'x'.repeat(129), keyTag(KEY)]) expect(() => checkTag(tag)).toThrow('unsafe-tag');
});
