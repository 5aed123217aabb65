import * as fc from 'fast-check';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const FIXTURES = join(__dirname, '../../fixtures');

/** Every release.yaml and descriptor among the fixtures, right and wrong. */
export function releaseTexts(): string[] {
  const texts = ['valid', 'broken', 'platform', 'descriptors'].flatMap((folder) =>
    readdirSync(join(FIXTURES, folder))
      .filter((file) => /\.(?:yaml|json)$/.test(file) && !file.includes('golden') && !file.startsWith('gateway'))
      .map((file) => readFileSync(join(FIXTURES, folder, file), 'utf8')),
  );
  return texts.filter((text) => text.length < 20_000);
}

const ID = fc.constantFrom(
  'atlas@1-0',
  'billing@2.0.1',
  'crm',
  'Dune_7',
  'echo+x@1',
  'fox-bot@2026.03.01',
  '0a',
  'no',
  'null',
  '1e3',
  'y',
);
const TEXT = fc.oneof(
  fc.constantFrom(
    'yes',
    '1.0',
    '~',
    '# no comment',
    'a: b',
    "it's",
    '"',
    '',
    ' x ',
    '- a',
    '{',
    '*a',
    '&b',
    'Ünïcode \u{1f680}',
    'two words',
  ),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
);
const SETTINGS = fc.dictionary(
  fc.constantFrom('stations', 'open', 'limit', '7', 'on', 'a b', 'é'),
  fc.oneof(TEXT, fc.integer(), fc.boolean(), fc.constant(null), fc.array(TEXT, { maxLength: 2 })),
  {
    maxKeys: 3,
    noNullPrototype: true,
  },
);
const PINNED = {
  repo: fc.constantFrom('lifts', 'git@git.example.com:a/b.git', 'https://git.example.com/a/c.git'),
  ref: fc.constantFrom('v1.4.0', '1.10', '2026.02.22', '0'.repeat(40), 'release/7-x'),
};
const BUNDLE = {
  name: TEXT,
  description: TEXT,
  singleton: fc.boolean(),
  config: SETTINGS,
  subdir: fc.constantFrom('apps', './service//bundles/', 'a b/é'),
};

export interface WrittenBundleFuzz {
  id: string;
  ref?: string;
  [key: string]: unknown;
}

const bundle = fc
  .tuple(
    ID,
    fc.record(BUNDLE, { requiredKeys: [], noNullPrototype: true }),
    fc.option(fc.record(PINNED, { noNullPrototype: true })),
  )
  .map(([id, more, pinned]): WrittenBundleFuzz => ({ id, ...more, ...pinned }));

/** What a release.yaml says, before it is written down: always right, but for what looks like a secret by chance. */
export const release = fc.record(
  {
    release_name: fc.constantFrom('winter-2026', 'a.b'),
    platform: fc.record({ ref: fc.constantFrom('2026.07.20.444', '2026.3.1') }, { noNullPrototype: true }),
    repos: fc.constant({ lifts: 'https://git.example.com/alps/lifts.git' }),
    bundles: fc.record(
      { items: fc.uniqueArray(bundle, { selector: ({ id }) => id.toLowerCase().replace(/[^a-z0-9]/g, '_'), maxLength: 5 }) },
      { noNullPrototype: true },
    ),
  },
  { noNullPrototype: true },
);
