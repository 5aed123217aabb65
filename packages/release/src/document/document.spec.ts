import { LIMITS } from '../problem/limits';
import { readDocument, shownPath } from './document';

const MAX_DOCUMENT = LIMITS.documentBytes.max;
const MAX_DEPTH = LIMITS.documentDepth.max;

const read = (content: string | Uint8Array, file = 'release.yaml') => readDocument(content, file);
const codes = (content: string | Uint8Array) => read(content).problems.map(({ code }) => code);

describe('texts that are refused', () => {
  test.each<[string, string | Uint8Array, string]>([
    ['empty', '', 'yaml-empty'],
    ['a byte order mark only', '\uFEFF', 'yaml-empty'],
    ['white space', ' \n\n', 'yaml-empty'],
    ['comments', '# a\n# b\n', 'yaml-empty'],
    ['a start mark', '---\n', 'yaml-empty'],
    ['UTF-16 with a mark', Buffer.from('\uFEFFa: 1', 'utf16le'), 'not-text'],
    ['UTF-16, big end first', Buffer.from([0xfe, 0xff, 0, 0x61]), 'not-text'],
    ['UTF-16 without a mark', Buffer.from('a: 1', 'utf16le'), 'not-text'],
    ['bytes that are no characters', Buffer.from([0x61, 0xff, 0xfe]), 'not-text'],
    ['an image', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a]), 'not-text'],
    ['a NUL', 'a: "x\0"', 'not-text'],
    ['ten megabytes', 'a'.repeat(10 * 1024 * 1024), 'file-too-large'],
    ['too many bytes in few characters', '漢'.repeat(MAX_DOCUMENT / 2), 'file-too-large'],
    ['tabs', 'a:\n\tb: 1\n', 'yaml-syntax'],
    ['a list as a key', '? [a]\n: b\n', 'yaml-syntax'],
    ['a tag', 'a: !!python/object x\n', 'yaml-syntax'],
    ['YAML 1.1', '%YAML 1.1\n---\na: yes\n', 'yaml-syntax'],
    ['an anchor', 'a: &x 1\n', 'yaml-alias'],
    ['an anchor on a list', 'a: &x [1]\n', 'yaml-alias'],
    ['a merge key', 'a:\n  <<: {b: 1}\n', 'yaml-alias'],
    ['two keys of one name', 'a: 1\na: 2\n', 'yaml-duplicate-key'],
    ['two documents', 'a: 1\n---\nb: 2\n', 'yaml-many-documents'],
  ])('%s', (_, content, code) => {
    expect(codes(content)).toEqual([code]);
    expect(read(content).value).toBeUndefined();
  });

  test('a bomb of aliases', () => {
    const bomb = ['a0: &a0 [x]', ...Array.from({ length: 20 }, (_, n) => `a${n + 1}: &a${n + 1} [${`*a${n},`.repeat(9)}]`)].join(
      '\n',
    );
    expect(new Set(codes(bomb))).toEqual(new Set(['yaml-alias']));
  });

  test.each([
    ['flow lists', (depth: number) => `a: ${'['.repeat(depth)}${']'.repeat(depth)}`],
    ['flow lists that never end', (depth: number) => `a: ${'['.repeat(depth)}`],
    ['flow maps', (depth: number) => `a: ${'{a: '.repeat(depth)}`],
    ['dashes', (depth: number) => `${'- '.repeat(depth)}x`],
    ['questions', (depth: number) => `${'? '.repeat(depth)}x`],
    ['indentation', (depth: number) => Array.from({ length: Math.min(depth, 1000) }, (_, n) => `${' '.repeat(n)}a:`).join('\n')],
  ])('nesting by %s, at any depth', (_, text) => {
    for (const depth of [150, 1_000, 5_000, 50_000, 200_000]) {
      const { problems } = read(text(depth));
      expect(problems).toEqual([
        expect.objectContaining({ code: 'yaml-syntax', message: expect.stringContaining(`${MAX_DEPTH} levels`) }),
      ]);
    }
  });

  test('no message quotes what may be a secret', () => {
    const secret = 's3cr3t-w0rd';
    const pieces = [
      `token: ${secret}`,
      `"${secret}\\q"`,
      `{a: ${secret}`,
      `[${secret}`,
      `- ${secret}\nb: ${secret}`,
      `a: b: ${secret}`,
      `!${secret} x`,
    ];
    pieces.push(
      `%${secret}`,
      `a: |${secret}\n  x`,
      `a: '${secret}`,
      `${secret}\n  a: 1`,
      `a: 1 ${secret}: 2\n b: 3`,
      `*${secret} : x: y`,
      `@${secret}`,
    );
    const texts = pieces.flatMap((piece) => [
      piece,
      `x: 1\n${piece}`,
      `x:\n  ${piece}`,
      `${piece}\n]`,
      `"${piece}`,
      `x: ${piece}`,
    ]);
    let refused = 0;
    for (const text of texts) {
      for (const { message, hint, code } of read(text).problems) {
        refused += 1;
        // The name of an alias is shown: it is a name.
        if (code !== 'yaml-alias') expect(`${message} ${hint ?? ''}`).not.toContain(secret);
      }
    }
    expect(refused).toBeGreaterThan(40);
  });
});

describe('texts that are read', () => {
  test.each([
    ['a byte order mark', '\uFEFFa: 1\n', { a: 1 }],
    ['windows line ends', 'a: 1\r\nb:\r\n  - c\r\n', { a: 1, b: ['c'] }],
    ['JSON', '{"a": [1, "b", null]}', { a: [1, 'b', null] }],
    ['an end mark', 'a: 1\n...\n', { a: 1 }],
    ['words of YAML 1.1 are texts', 'a: "yes"\n', { a: 'yes' }],
    ['a string tag', 'a: !!str 12\n', { a: '12' }],
  ])('%s', (_, text, value) => {
    expect(read(text)).toMatchObject({ value, problems: [] });
  });

  test('keys of prototypes are keys', () => {
    const value = read('__proto__: {x: 1}\nconstructor: 2\n').value as object;
    expect(Object.keys(value)).toEqual(['__proto__', 'constructor']);
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });

  test('ninety levels are no bomb', () => {
    expect(codes(`a: ${'['.repeat(90)}${']'.repeat(90)}`)).toEqual([]);
  });
});

describe('places', () => {
  const text = 'platform:\n  ref: "x" # c\nbundles:\n  items:\n    - id: a\n      name: b\n    - {id: c}\n';
  const { place, source } = read(text);
  test.each([
    [['platform', 'ref'], undefined, { line: 2, col: 8, path: 'platform.ref' }],
    [['platform', 'ref'], 'key', { line: 2, col: 3, path: 'platform.ref' }],
    [['bundles', 'items', 0, 'id'], undefined, { line: 5, col: 11, path: 'bundles.items[0].id' }],
    [['bundles', 'items', 1, 'id'], undefined, { line: 7, col: 12, path: 'bundles.items[1].id' }],
    [['bundles', 'items', 0, 'ref'], undefined, { line: 5, col: 7, path: 'bundles.items[0].ref' }],
    [['platform', 'repo'], undefined, { line: 1, col: 1, path: 'platform.repo' }],
    [['frontend'], undefined, { line: 1, col: 1, path: 'frontend' }],
    [[], undefined, { line: 1, col: 1 }],
  ] as const)('%j %s', (path, which, expected) => {
    expect(place(path, which)).toEqual({ file: 'release.yaml', ...expected });
  });

  test('the source of a scalar is what stands there', () => {
    expect(read('a: 0123\nb: "x"\n').source(['a'])).toBe('0123');
    expect(source(['platform', 'ref'])).toBe('x');
    expect(source(['platform'])).toBeUndefined();
  });

  test('paths are shown as people write them', () => {
    expect(shownPath(['bundles', 'a@1-0', 'ref', 2])).toBe('bundles.a@1-0.ref[2]');
    expect(shownPath(['a b', 'c.d'])).toBe('"a b"."c.d"');
  });
});

describe('values that YAML 1.1 and 1.2 read differently', () => {
  test('are found wherever they stand, keys too, with their path', () => {
    const { ambiguous } = read('a: {on: 1}\nb:\n  - x\n  - [y, 2026-02-22]\nc: "yes"\n');
    expect(ambiguous.map(({ code, at }) => `${code} ${at!.line}:${at!.col} ${at!.path}`)).toEqual([
      'unquoted-value 1:5 a.on',
      'unquoted-value 4:9 b[1][1]',
    ]);
  });

  test('JSON has one meaning', () => {
    expect(read('{"a": 1e3}', 'x.json').ambiguous).toEqual([]);
  });
});
