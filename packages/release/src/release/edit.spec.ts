import { parse } from 'yaml';
import { KdcubeError } from '../problem/problem';
import { addBundle, setText } from './edit';
import { readRelease } from './read';

const FILE = 'release.yaml';
const BUNDLE = { id: 'billing@1-0', name: 'Billing "beta"' };
const HEAD = 'platform:\n  ref: "2026.7.20" # as published\n';

/** The new text must be the old one with one insertion, and no other change. */
function added(before: string, after: string): string {
  let start = 0;
  while (start < before.length && before[start] === after[start]) start += 1;
  let end = 0;
  while (end < before.length - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end += 1;
  expect(before.length - start - end).toBe(0);
  return after.slice(start, after.length - end);
}

function ids(text: string): string[] {
  const { release } = readRelease(text, FILE);
  return release!.bundles.map(({ id }) => id);
}

const LISTS: [string, string][] = [
  ['dashes deeper than their parent', 'bundles:\n  items:\n    - id: atlas@1-0\n      name: Atlas\n'],
  ['dashes at their parent', 'bundles:\n  items:\n  - id: atlas@1-0\n    name: Atlas\n'],
  ['a key after the list', 'bundles:\n  items:\n    - id: atlas@1-0\n  default_bundle_id: atlas@1-0\n'],
  ['a section after the list', 'bundles:\n  items:\n    - id: atlas@1-0\n\n# the rest\nrepos: {}\n'],
  ['a trailing comment on the last line', 'bundles:\n  items:\n    - id: atlas@1-0 # the first - and only\n'],
  ['comments after the last item', 'bundles:\n  items:\n    - id: atlas@1-0\n      # ref: v1\n\n# end of file\n'],
  ['a comment between dash and keys', 'bundles:\n  items:\n    - # a-b: c\n      id: atlas@1-0\n'],
  [
    'a literal block as the last value',
    'bundles:\n  items:\n    - id: atlas@1-0\n      description: |\n        one\n\n        two\nrepos: {}\n',
  ],
  [
    'a stripped block as the last value',
    'bundles:\n  items:\n    - id: atlas@1-0\n      description: >-\n        one\n        two\n\n\n',
  ],
  [
    'a kept block as the last value',
    'bundles:\n  items:\n    - id: atlas@1-0\n      description: |+\n        one\n\n\nrepos: {}\n',
  ],
  ['a block without a final newline', 'bundles:\n  items:\n    - id: atlas@1-0\n      description: |\n        one'],
  ['a plain text over two lines', 'bundles:\n  items:\n    - id: atlas@1-0\n      description: one\n        two\n'],
  ['no final newline', 'bundles:\n  items:\n    - id: atlas@1-0'],
  [
    'a nested map last',
    'bundles:\n  items:\n    - id: atlas@1-0\n      config:\n        deep:\n          - a\n          - b: c\n',
  ],
  ['a flow map as the last item', 'bundles:\n  items:\n    - {id: atlas@1-0, name: Atlas}\n'],
  ['a flow list', 'bundles:\n  items: [{id: atlas@1-0}] # one line\n'],
  ['a flow list with a trailing comma', 'bundles:\n  items: [{id: atlas@1-0},]\n'],
  ['a flow list over lines', 'bundles:\n  items: [\n    {id: atlas@1-0}, # first\n  ]\n'],
  ['bundles as a flow map', 'bundles: {items: [{id: atlas@1-0}]}\n'],
  ['JSON', '{\n  "bundles": {\n    "items": [\n      {"id": "atlas@1-0"}\n    ]\n  }\n}\n'],
  ['bare items', 'items:\n- id: atlas@1-0\n'],
];

const MAPS: [string, string][] = [
  ['a map', 'bundles:\n  atlas@1-0:\n    name: Atlas\n'],
  ['a map with a default', 'bundles:\n  default_bundle_id: atlas@1-0\n  atlas@1-0:\n    name: Atlas # old\n  # end\n'],
  ['a flow map', 'bundles: {atlas@1-0: {name: Atlas}}\n'],
  ['a map in JSON', '{"bundles": {"atlas@1-0": {"name": "Atlas"}}}'],
  ['a flat map', 'atlas@1-0:\n  name: Atlas\n'],
];

describe('addBundle', () => {
  for (const [name, bundles] of [...LISTS, ...MAPS]) {
    const bare = name === 'JSON' || name === 'a map in JSON' || name === 'a flat map' || name === 'bare items';
    const unix = bare ? bundles : HEAD + bundles;
    for (const [eol, text] of [
      ['', unix],
      [', CRLF', unix.replace(/\n/g, '\r\n')],
      [', after a byte order mark', `\uFEFF${unix}`],
    ] as const) {
      test(`${name}${eol}: one bundle more, every other byte as it was`, () => {
        const result = addBundle(text, FILE, BUNDLE);
        const insert = added(text, result);
        expect(ids(result)).toEqual(['atlas@1-0', 'billing@1-0']);
        if (eol === ', CRLF') expect(insert.replace(/\r\n/g, '')).not.toMatch(/[\r\n]/);
        if (name.endsWith('JSON')) expect(() => JSON.parse(result.replace('\uFEFF', ''))).not.toThrow();
        expect(addBundle(result, FILE, BUNDLE)).toBe(result);
        expect(ids(addBundle(result, FILE, { id: 'crm@2-0' }))).toEqual(['atlas@1-0', 'billing@1-0', 'crm@2-0']);
      });
    }
  }

  test('a file that YAML rejects is not edited, although its data can be read', () => {
    expect(() => addBundle('a: 1\na: 2\nbundles:\n  items: []\n', FILE, BUNDLE)).toThrow();
  });

  const EMPTY: [string, string, string][] = [
    ['items without a value', 'bundles:\n  items:\n', 'bundles:\n  items:\n    - id: "billing@1-0"\n'],
    ['items: []', 'bundles:\n  items: []  # none\n', 'bundles:\n  items:  # none\n    - id: "billing@1-0"\n'],
    ['items: null', 'bundles:\n  items: null # none\n', 'bundles:\n  items: # none\n    - id: "billing@1-0"\n'],
    [
      'items: ~ before another key',
      'bundles:\n  items: ~\n  version: "1"\n',
      'bundles:\n  items:\n    - id: "billing@1-0"\n  version: "1"\n',
    ],
    [
      'a comment where the items go',
      'bundles:\n  items:\n    # - id: x\n',
      'bundles:\n  items:\n    - id: "billing@1-0"\n    # - id: x\n',
    ],
    [
      'a comment between brackets',
      'bundles:\n  items: [ # none\n  ]\n',
      'bundles:\n  items: [{"id": "billing@1-0"} # none\n  ]\n',
    ],
    ['bare items in JSON', '{"items": []}', '{"items": [{"id": "billing@1-0"}]}'],
    ['flow bundles', 'bundles: {items: []}\n', 'bundles: {items: [{"id": "billing@1-0"}]}\n'],
    [
      'only a default',
      'bundles:\n  default_bundle_id: x\n',
      'bundles:\n  default_bundle_id: x\n  items:\n    - id: "billing@1-0"\n',
    ],
    ['only a default, in flow', 'bundles: {version: "1"}\n', 'bundles: {version: "1", "items": [{"id": "billing@1-0"}]}\n'],
    ['bundles without a value', 'bundles:\nrepos: {}\n', 'bundles:\n  items:\n    - id: "billing@1-0"\nrepos: {}\n'],
    ['bundles: {}', 'bundles: {} # soon\n', 'bundles: # soon\n  items:\n    - id: "billing@1-0"\n'],
    ['no bundles', '# mine\nplatform: {ref: x}', '# mine\nplatform: {ref: x}\nbundles:\n  items:\n    - id: "billing@1-0"\n'],
    [
      'no bundles, in JSON',
      '{"platform": {"ref": "x"}}',
      '{"platform": {"ref": "x"}, "bundles": {"items": [{"id": "billing@1-0"}]}}',
    ],
    ['an end mark', 'platform: {ref: x}\n...\n', 'platform: {ref: x}\nbundles:\n  items:\n    - id: "billing@1-0"\n...\n'],
    ['a start mark', '---\nplatform: {ref: x}\n', '---\nplatform: {ref: x}\nbundles:\n  items:\n    - id: "billing@1-0"\n'],
    ['an empty text', '', 'bundles:\n  items:\n    - id: "billing@1-0"\n'],
    ['comments only', '# mine\n', '# mine\nbundles:\n  items:\n    - id: "billing@1-0"\n'],
  ];
  test.each(EMPTY)('%s', (_, before, after) => {
    expect(addBundle(before, FILE, { id: 'billing@1-0' })).toBe(after);
    expect(addBundle(before.replace(/\n/g, '\r\n'), FILE, { id: 'billing@1-0' })).toBe(
      before.includes('\n') ? after.replace(/\n/g, '\r\n') : after,
    );
  });

  test('comments that belong to the last item stay with it', () => {
    const text = 'bundles:\n  items:\n    - id: a\n      # subdir: x\n    # another\n';
    expect(addBundle(text, FILE, { id: 'b' })).toBe(
      'bundles:\n  items:\n    - id: a\n      # subdir: x\n    - id: "b"\n    # another\n',
    );
  });

  test('every field is written in order, quoted so that each parser reads it as text', () => {
    const bundle = { id: 'b', name: 'yes', description: 'two\nlines: "x"', repo: 'git@h:o/r.git', ref: '1e3', subdir: '' };
    const after = addBundle('bundles:\n  items:\n  - id: a\n', FILE, bundle);
    expect((parse(after, { version: '1.1' }) as { bundles: { items: unknown[] } }).bundles.items[1]).toEqual(bundle);
    expect(
      after
        .split('\n')
        .slice(3, 9)
        .map((line) => line.trim().split(':')[0]),
    ).toEqual(['- id', 'name', 'description', 'repo', 'ref', 'subdir']);
  });

  test.each([
    ['a text that is not YAML', 'bundles: [', 'yaml-syntax'],
    ['an alias', 'x: &a 1\ny: *a\n', 'yaml-alias'],
    ['a number', '7\n', 'wrong-type'],
    ['a text', 'bundles\n', 'wrong-type'],
    ['true', 'true', 'wrong-type'],
    ['a bare list', '- id: a\n', 'wrong-type'],
    ['bundles that are a text', 'bundles: later\n', 'wrong-type'],
    ['bundles that are a bare list', 'bundles:\n- id: a\n', 'wrong-type'],
    ['items that are a text', 'bundles:\n  items: later\n', 'wrong-type'],
  ])('%s is rejected and nothing is returned', (_, text, code) => {
    expect(codeOf(() => addBundle(text, FILE, BUNDLE))).toBe(code);
  });
});

describe('setText', () => {
  test.each([
    ['double quotes', 'a:\n  ref: "v1" # tag\nb: 1\n', 'a:\n  ref: "v2" # tag\nb: 1\n'],
    ['single quotes', "a:\n  ref: 'v1' # tag\n", "a:\n  ref: 'v2' # tag\n"],
    ['no quotes', 'a:\n  ref: v1 # tag\n', 'a:\n  ref: v2 # tag\n'],
    ['flow', '{"a": {"ref": "v1"}}', '{"a": {"ref": "v2"}}'],
    ['no value', 'a:\n  ref:\nb: 1\n', 'a:\n  ref: "v2"\nb: 1\n'],
    ['a number', 'a:\n  ref: 2026.10\n', 'a:\n  ref: v2\n'],
    ['a block', 'a:\n  ref: |\n    v1\nb: 1\n', 'a:\n  ref: "v2"\nb: 1\n'],
    ['windows line ends', 'a:\r\n  ref: |\r\n    v1\r\nb: 1\r\n', 'a:\r\n  ref: "v2"\r\nb: 1\r\n'],
  ])('keeps %s', (_, before, after) => {
    expect(setText(before, FILE, ['a', 'ref'], 'v2')).toBe(after);
    expect(setText(after, FILE, ['a', 'ref'], 'v2')).toBe(after);
  });

  test.each([
    '1e3',
    '2026.10',
    '2026-02-22',
    'yes',
    'null',
    '~',
    '0123',
    'a b',
    'a: b',
    '#x',
    "it's",
    'tab\there',
    'ü',
    '',
    'a"b\\c',
  ])('%j is written so that both parsers restore it', (value) => {
    for (const quoting of ['v1', "'v1'", '"v1"']) {
      const text = setText(`a:\n  ref: ${quoting} # c\nb: 1\n`, FILE, ['a', 'ref'], value);
      for (const version of ['1.1', '1.2'] as const) expect(parse(text, { version })).toEqual({ a: { ref: value }, b: 1 });
      expect(text).toContain(' # c\nb: 1\n');
    }
  });

  test('a missing path is a Problem', () => {
    expect(codeOf(() => setText('a: 1\n', FILE, ['b', 'ref'], 'x'))).toBe('missing-key');
    expect(codeOf(() => setText('a: {}\n', FILE, ['a'], 'x'))).toBe('missing-key');
  });
});

function codeOf(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (error instanceof KdcubeError) return error.problems[0]!.code;
    throw error;
  }
}
