import { readDocument } from './document';
import { layered } from './layers';

const doc = (upper: string, lower: string) => layered(readDocument(upper, 'up.yaml'), readDocument(lower, 'low.yaml'));

test('mappings are merged, all else is replaced; extends and abstract are a file’s own', () => {
  const { value } = doc('a: { b: 1, l: [3] }\nextends: low', 'abstract: true\na: { b: 2, c: 3, l: [1, 2], m: { x: 1 } }\nd: 4');
  expect(value).toEqual({ a: { b: 1, c: 3, l: [3], m: { x: 1 } }, d: 4, extends: 'low' });
});

test('every place is in the file that says it; a missing key is asked of the upper one', () => {
  const both = doc('a:\n  b: 1\n', 'a:\n  c: 2\nd:\n  e: 1\n');
  const at = (...path: string[]) => `${both.place(path).file}:${both.place(path).line}`;
  expect([at('a', 'b'), at('a', 'c'), at('d', 'e'), at('d', 'f'), at('x'), at('a', 'x')]).toEqual([
    'up.yaml:2',
    'low.yaml:2',
    'low.yaml:4',
    'low.yaml:3',
    'up.yaml:1',
    'up.yaml:1',
  ]);
  expect(both.source(['d', 'e'])).toBe('1');
});

test('names of prototypes are names', () => {
  const { value } = doc('__proto__: { a: 1 }\nconstructor: 2', 'toString: 3');
  expect(Object.keys(value as object).sort()).toEqual(['__proto__', 'constructor', 'toString']);
  expect(({} as { a?: number }).a).toBeUndefined();
});
