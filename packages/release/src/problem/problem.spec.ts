import { formatProblem, formatProblems, KdcubeError, printable, quoted } from './problem';
import { PROBLEMS } from './codes';
import type { Problem } from './problem';

const PROBLEM: Problem = {
  code: 'mutable-ref',
  message: '"main" is a branch.\nIt moves.',
  hint: 'ref: "v1"\nor a commit',
  at: { file: 'release.yaml', line: 14, col: 12, path: 'bundles.items[1].ref' },
};

test('place, message and hint, and how many there are as the last line', () => {
  expect(formatProblems([PROBLEM, { code: 'disk-full', message: 'The disk is full.' }])).toBe(
    [
      'release.yaml:14:12  bundles.items[1].ref  [mutable-ref]',
      '  "main" is a branch.',
      '  It moves.',
      '  hint  ref: "v1"',
      '  or a commit',
      '[disk-full]',
      '  The disk is full.',
      '2 problems.',
    ].join('\n'),
  );
});

test.each([
  [{ file: 'a' }, 'a  [disk-full]'],
  [{ file: 'a', line: 3 }, 'a:3  [disk-full]'],
  [{ file: 'a', line: 3, col: 4, path: 'b' }, 'a:3:4  b  [disk-full]'],
])('the place %j', (at, head) => {
  expect(formatProblem({ code: 'disk-full', message: 'x', at }).split('\n')[0]).toBe(head);
});

test('the error carries its problems, its cause and what was changed, and prints no stack', () => {
  const cause = new Error('inner');
  const error = new KdcubeError(PROBLEM, { cause, changed: 'The pins were written.' });
  expect(error.problems).toEqual([PROBLEM]);
  expect(error.cause).toBe(cause);
  expect(error.message.split('\n').pop()).toBe('1 problem. The pins were written.');
  expect(error.stack).toBe(error.message);
});

test.each([
  ['a\u001b[31mb', 'a\\x1b[31mb'],
  ['a\0b\r\n\t', 'a\\x00b\\x0d\\x0a\\x09'],
  ['\u202eabc\u2066', '\\u202eabc\\u2066'],
  ['\u009b1m', '\\x9b1m'],
  ['grün 漢 😀', 'grün 漢 😀'],
])('%j is printed as %j', (text, shown) => {
  expect(printable(text)).toBe(shown);
  expect(formatProblem({ code: 'disk-full', message: text, hint: text, at: { file: text } })).not.toMatch(
    /[\u001b\u202e\u0000\u009b]/,
  );
});

test('quoted words are cut, and anything can be quoted', () => {
  expect(quoted('x'.repeat(300))).toHaveLength(80);
  expect([quoted('a'), quoted(3), quoted(null), quoted(undefined), quoted({ a: 1 })]).toEqual([
    '"a"',
    '"3"',
    '"null"',
    '"undefined"',
    '"{"a":1}"',
  ]);
});

test('codes are words, and each says in a sentence what it means', () => {
  for (const [code, meaning] of Object.entries(PROBLEMS)) {
    expect(code).toMatch(/^[a-z]+(?:-[a-z]+)*$/);
    expect(meaning).toMatch(/^(?:[A-Z]|default_bundle_id).*\.$/);
  }
});
