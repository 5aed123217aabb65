import { emptyWorkspace, contents } from '../../testing/generators/workspace';
import type { KdcubeError } from '@kdcube/release/internal';
import bundleGenerator from './bundle/generator';
import imageGenerator from './image/generator';
import initGenerator from './init/generator';
import releaseGenerator from './release/generator';

beforeAll(() => void (process.env.NX_SKIP_FORMAT = 'true'));
afterAll(() => void delete process.env.NX_SKIP_FORMAT);

const HEAD = 'platform:\n  repo: kdcube-ai-app\n  ref: "2026.7.20.444"\n';

/** What a generator refuses, and that it changed nothing. */
async function refused(
  files: Record<string, string | Buffer>,
  run: (tree: ReturnType<typeof emptyWorkspace>) => Promise<unknown>,
) {
  const tree = emptyWorkspace();
  for (const [file, text] of Object.entries(files)) tree.write(file, text);
  const before = contents(tree);
  const error = await run(tree).catch((caught: unknown) => caught);
  expect(contents(tree)).toEqual(before);
  return (error as KdcubeError | undefined)?.problems?.map(({ code }) => code);
}

describe.each<[string, string]>([
  ['a forgotten dash', `${HEAD}bundles:\n  items:\n    id: "alpha-bot"\n`],
  ['a forgotten dash of the second one', `${HEAD}bundles:\n  items:\n    - id: "alpha-bot"\n    id: "beta-bot"\n`],
  ['a forgotten dash in one line', `${HEAD}bundles:\n  items: {id: "alpha-bot"}\n`],
  ['a text for a list', `${HEAD}bundles:\n  items: alpha-bot\n`],
  ['a text for bundles', `${HEAD}bundles: alpha-bot\n`],
  ['a number for bundles', `${HEAD}bundles: 3\n`],
  ['a list for bundles', `${HEAD}bundles:\n  - id: alpha-bot\n`],
  ['a list of texts', `${HEAD}bundles:\n  items:\n    - alpha-bot\n`],
  ['bundles of texts', `${HEAD}bundles:\n  alpha-bot: yes\n`],
  ['one bundle twice', `${HEAD}bundles:\n  items:\n    - id: a\n    - id: a\n`],
  ['one key twice', `${HEAD}bundles:\n  items:\n    - id: a\nbundles:\n  items: []\n`],
  ['a list for a platform', `platform: [1]\nbundles:\n  items: []\n`],
  ['no end', `${HEAD}bundles: {items: [{id: a}\n`],
])('release.yaml with %s', (_, text) => {
  const files = { 'release.yaml': text };
  test('is left by nx g bundle', async () => {
    expect(await refused(files, (tree) => bundleGenerator(tree, { name: 'gamma-bot', skipFormat: true } as never))).toEqual(
      expect.arrayContaining([expect.any(String)]),
    );
  });
  test('is left by nx g release', async () => {
    expect(await refused(files, (tree) => releaseGenerator(tree, { platformRef: '2026.8.1.1', name: 'v2' }))).toEqual(
      expect.arrayContaining([expect.any(String)]),
    );
  });
  test('is left by nx g image', async () => {
    expect(await refused(files, (tree) => imageGenerator(tree, { name: 'kdcube-exec-bundled' }))).toEqual(
      expect.arrayContaining([expect.any(String)]),
    );
  });
});

describe('nx.json', () => {
  test.each<[string, string]>([
    ['no JSON', '{"plugins": ['],
    ['a mapping of plugins', '{"plugins": {"@other/plugin": {}}}'],
    ['a text for plugins', '{"plugins": "@other/plugin"}'],
    ['a text for sync', '{"sync": "x"}'],
    ['a list for sync', '{"sync": []}'],
    ['a text for generators', '{"sync": {"globalGenerators": "@other/plugin:sync"}}'],
    ['a comment', '{\n  // ours\n  "plugins": []\n}'],
    ['a comment of several lines', '{"plugins": [] /* ours */}'],
  ])('with %s is left', async (_, text) => {
    expect(await refused({ 'nx.json': text }, (tree) => initGenerator(tree, { registry: 'ghcr.io/acme' }))).toEqual([
      'file-error',
    ]);
  });

  test('with a // in a text is edited', async () => {
    const tree = emptyWorkspace();
    tree.write('nx.json', '{"nxCloudUrl": "https://x // y", "plugins": ["a"]}');
    await initGenerator(tree, {});
    expect(JSON.parse(tree.read('nx.json', 'utf-8')!)).toMatchObject({
      nxCloudUrl: 'https://x // y',
      plugins: ['a', { plugin: '@kdcube/nx' }],
    });
  });
});

test.each([
  ['UTF-16', Buffer.from('\uFEFFdist\n', 'utf16le')],
  ['Latin-1', Buffer.from([0x64, 0xfc, 0x0a])],
  ['a NUL', Buffer.from('a\0b\n')],
])('.gitignore in %s is left', async (_, content) => {
  expect(await refused({ '.gitignore': content }, (tree) => initGenerator(tree, {}))).toEqual(['not-text']);
});
