import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ReadRelease } from './release/read';
import { readRelease } from './release/read';
import type { ReleaseOptions } from './release/release';
import { planDescriptor } from './descriptor/descriptor';

/**
 * What the platform was seen to do with each input (a row of its contract), and what we do with that input: refuse it loudly where the platform fails
 * softly, else read it as the platform does.
 */
function codes({ problems }: ReadRelease): string[] {
  // Descriptors of the platform say nothing of the platform they run on; release.yaml must.
  return problems.filter(({ code, at }) => !(code === 'missing-key' && at?.path === 'platform')).map(({ code }) => code);
}

const readYaml = (text: string, options?: ReleaseOptions) => readRelease(text, 'release.yaml', options);
const readJson = (value: unknown) => readRelease(JSON.stringify(value), 'agentic-bundles.json');
const idsOf = ({ release }: ReadRelease) => release?.bundles.map(({ id }) => id);
const ENTRY = { path: '/bundles', module: 'a@1-0.entrypoint' };

describe('accepted inputs for AGENTIC_BUNDLES_JSON', () => {
  const accepted: [row: string, read: ReadRelease][] = [
    ['inline {"bundles":{id:{..}}}', readJson({ bundles: { 'a@1-0': ENTRY } })],
    ['inline flat {id:{..}}', readJson({ 'a@1-0': ENTRY })],
    // Inline it empties the registry of the seed's platform; in a file it is the form to use. We read files, and emit the map inline.
    ['inline {"bundles":{"items":[..]}}', readJson({ bundles: { items: [{ id: 'a@1-0', ...ENTRY }] } })],
    [
      'path to .yaml/.yml release.yaml',
      readYaml('bundles:\n  items:\n    - {id: a@1-0, path: /bundles, module: a@1-0.entrypoint}\n'),
    ],
    ['path to .json, incl. bundles.items', readJson({ bundles: { items: [{ id: 'a@1-0' }] } })],
  ];
  test.each(accepted)('%s: read', (_, read) => {
    expect(codes(read)).toEqual([]);
    expect(idsOf(read)).toEqual(['a@1-0']);
    expect(read.release!.defaultBundleId).toBe('a@1-0');
  });

  test('inline {"bundles":{"items":[..]}}: never emitted inline; the map form is', () => {
    const { release } = readYaml('platform: {ref: v0.3.2}\nbundles: {items: [{id: a@1-0}]}');
    const { env } = planDescriptor(release!, new Map(), { mode: 'baked', kind: 'env-json' });
    expect(JSON.parse(env.AGENTIC_BUNDLES_JSON!)).toMatchObject({
      default_bundle_id: 'a@1-0',
      bundles: { 'a@1-0': { id: 'a@1-0' } },
    });
  });

  const refused: [row: string, read: ReadRelease, codes: string[]][] = [
    ['inline [..]', readJson([{ id: 'a@1-0' }]), ['list-form']],
    ['inline {"bundles":[..]}', readJson({ bundles: [{ id: 'a@1-0' }] }), ['list-form']],
    ['path to an empty file (compose’s default /dev/null mount)', readYaml(''), ['yaml-empty']],
    [
      'git_url-style keys',
      readJson({ bundles: { 'a@1-0': { git_url: 'x', git_ref: 'v1', git_subdir: 'b', git_repo: 'r' } } }),
      ['rejected-key', 'rejected-key', 'rejected-key', 'rejected-key'],
    ],
    [
      'camelCase fields',
      readJson({ bundles: { 'a@1-0': { bundlePath: '/bundles', gitCommit: 'x' } } }),
      ['ignored-key', 'ignored-key'],
    ],
    ['item without id', readJson({ bundles: { items: [{ name: 'x' }] } }), ['missing-key']],
    ['unknown extra fields', readJson({ bundles: { 'a@1-0': { colour: 'red' } } }), ['unknown-key']],
    ['map key ≠ inner id', readJson({ bundles: { 'a@1-0': { id: 'b@1-0' } } }), ['id-mismatch']],
    ['unknown default_bundle_id', readJson({ default_bundle_id: 'c@1-0', bundles: { 'a@1-0': ENTRY } }), ['unknown-default']],
  ];
  test.each(refused)('%s: refused', (_, read, expected) => {
    expect(codes(read)).toEqual(expected);
  });

  test('map key ≠ inner id: the key wins here too', () => {
    expect(idsOf(readJson({ bundles: { 'a@1-0': { id: 'b@1-0' } } }))).toEqual(['a@1-0']);
  });

  test('{"bundles":{}}: read with a note, and no descriptor is made of it', () => {
    const read = readYaml('platform: {ref: v0.3.2}\nbundles: {}');
    expect([codes(read), read.notes.map(({ code }) => code)]).toEqual([[], ['no-bundles']]);
    expect(() => planDescriptor(read.release!, new Map(), { mode: 'baked' })).toThrow('no-bundles');
  });

  test('missing default_bundle_id: the first, and it is always emitted', () => {
    const { release } = readYaml('platform: {ref: "2026.7.20"}\nbundles: {items: [{id: b@1-0}, {id: a@1-0}]}');
    expect(release!.defaultBundleId).toBe('b@1-0');
    const { descriptor } = planDescriptor(release!, new Map(), { mode: 'baked' });
    expect(descriptor).toMatchObject({ bundles: { default_bundle_id: 'b@1-0' } });
  });

  // A path that does not exist is met where files are read; its Problem is file-missing.
});

describe('bundle entry', () => {
  const entry = (fields: Record<string, unknown>, options?: ReleaseOptions) => {
    const ref = options?.generation === '2026.4.19' ? '2026.7.20' : 'v0.3.2';
    return readYaml(JSON.stringify({ platform: { ref }, bundles: { items: [{ id: 'a@1-0', ...fields }] } }), options);
  };
  const first = (read: ReadRelease) => read.release!.bundles[0];
  const git = { repo: 'git@git.example.com:acme/a.git', ref: 'v1.0' };

  test.each([
    ['id: alternative keys (key, name) are read by the registry only', { key: 'x' }, ['ignored-key']],
    ['path: a place of its own', { path: '/opt/a' }, ['path-outside']],
    ['path: .zip or .whl', { path: '/bundles/a.zip' }, ['path-outside']],
    ['module: of another bundle', { module: 'b@1-0.entrypoint' }, ['module-mismatch']],
    ['singleton: Python truthiness', { singleton: 'false' }, ['string-boolean']],
    ['singleton: a number', { singleton: 1 }, ['wrong-type']],
    ['repo, ref, subdir: a repo without a ref', { repo: git.repo }, ['missing-ref']],
    ['repo, ref, subdir: a ref without a repo', { ref: 'v1' }, ['ref-without-repo']],
    ['repo, ref, subdir: the bundle’s own folder', { ...git, subdir: 'bundles/a@1-0' }, ['unsafe-path']],
    ['git_commit: not a full one', { ...git, git_commit: 'abc1234' }, ['unsafe-ref']],
    ['git_commit: alias bundle_commit', { ...git, bundle_commit: 'x' }, ['ignored-key']],
    ['version: lost on the Redis round trip', { version: '1.0' }, ['ignored-key']],
    ['version: alias bundle_version', { bundle_version: '1.0' }, ['ignored-key']],
    ['props and config: two names of one thing', { props: {}, config: {} }, ['ignored-key']],
    ['props: not a mapping', { props: [] }, ['wrong-type']],
  ])('%s: refused', (_, fields, expected) => {
    expect(codes(entry(fields))).toEqual(expected);
  });

  test.each([
    ['name and description: displayed only', { name: 'A', description: 'B' }, { name: 'A', description: 'B' }],
    ['path: required unless repo; here it is derived', { path: '/bundles' }, { folder: 'a@1-0' }],
    [
      'path: the bundle’s folder is taken for /bundles',
      { path: '/bundles/a@1-0', module: 'entrypoint' },
      { module: 'a@1-0.entrypoint' },
    ],
    ['module: dotted, relative to path', { module: 'a@1-0.entrypoint' }, { module: 'a@1-0.entrypoint' }],
    ['singleton: default false is left out', {}, { singleton: undefined }],
    ['repo, ref, subdir: git source', { ...git, subdir: 'bundles' }, { kind: 'pinned', ...git, subdir: 'bundles' }],
    ['git_commit: kept if given', { ...git, git_commit: '1'.repeat(40) }, { gitCommit: '1'.repeat(40) }],
    ['props', { props: { a: 1 } }, { config: { a: 1 } }],
  ])('%s: read', (_, fields, expected) => {
    const read = entry(fields);
    expect(codes(read)).toEqual([]);
    expect(first(read)).toMatchObject(expected);
  });

  test('props (M+), config (H): a note where the platform does not read them yet', () => {
    expect(entry({ props: { a: 1 } }).notes.map(({ code }) => code)).toEqual(['ignored-key']);
    expect(entry({ config: { a: 1 } }, { generation: '2026.4.19' }).notes).toEqual([]);
  });
});

describe('samples of the platform', () => {
  const sample = (file: string, options?: ReleaseOptions) =>
    readRelease(readFileSync(join(__dirname, '../fixtures/platform', file)), file, options);
  const notes = ({ notes: list }: ReadRelease) => list.map(({ code }) => code);

  test('release.example.seed.yaml is accepted at the seed', () => {
    const read = sample('release.example.seed.yaml');
    expect([read.problems, notes(read), read.release!.generation]).toEqual([[], [], '2026.3.1']);
    expect(read.release).toMatchObject({ name: 'prod-2026-02-22', frontend: { repo: 'customer-repo', ref: 'ui-v2026.02.22' } });
  });

  test.each([
    ['2026.3.3', undefined, ['reserved-id']],
    ['2026.3.3', true, ['reserved-id']],
    ['2026.4.19', undefined, []],
    ['2026.4.19', true, ['reserved-id']],
  ] as const)('release.example.seed.yaml at %s, examples %s: its react@2026-02-10-02-44', (generation, examples, expected) => {
    expect(codes(sample('release.example.seed.yaml', { generation, examples }))).toEqual(expected);
  });

  test('agentic-bundles.example.seed.json registers and cannot import: its module is rewritten', () => {
    const read = sample('agentic-bundles.example.seed.json');
    expect([codes(read), notes(read)]).toEqual([[], ['module-rewritten']]);
    expect(read.release!.bundles[0]).toMatchObject({
      id: 'my-bundle@2.0.0',
      folder: 'my_bundle_2_0_0',
      module: 'my_bundle_2_0_0.entrypoint',
    });
  });

  test('release.platform.2026-03-05.yaml names a platform and no bundles', () => {
    const read = sample('release.platform.2026-03-05.yaml');
    expect([read.problems, notes(read), read.release!.generation]).toEqual([[], ['no-bundles'], '2026.3.3']);
  });

  test('release.platform.head.yaml has a section of the platform’s own', () => {
    const read = sample('release.platform.head.yaml');
    expect([read.problems.map(({ code, at }) => `${code} ${at?.path}`), notes(read)]).toEqual([
      ['unknown-key config'],
      ['no-bundles'],
    ]);
    expect(read.release!.generation).toBe('2026.4.19');
  });

  test('bundles.head.yaml configures built-in bundles: free ids with examples off, the platform’s with examples on', () => {
    expect(codes(sample('bundles.head.yaml'))).toEqual([]);
    expect(codes(sample('bundles.head.yaml', { examples: true }))).toEqual(Array(6).fill('reserved-id'));
  });
});
