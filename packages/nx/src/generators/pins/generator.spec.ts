import type { Tree } from '@nx/devkit';
import { createTree } from '@nx/devkit/testing';
import { KdcubeError, platformImages } from '@kdcube/release/internal';
import { contents } from '../../../testing/generators/workspace';
import pins from './generator';

const RELEASE = `platform: {repo: kdcube-ai-app, ref: "2026.7.20.444"}
frontend: {repo: "https://example.com/org/ui.git", ref: "ui-v1"}
bundles:
  items:
    - id: "here@1-0"
    - {id: "there@2-0", repo: "https://example.com/org/bundles.git", ref: "v2", subdir: "service/bundles"}
`;
const BASE = '${KDCUBE_PLATFORM_REGISTRY}/kdcube-chat-proc:2026.7.20.444';
const DOCKERFILE =
  'ARG KDCUBE_PLATFORM_REGISTRY\nARG KDCUBE_PLATFORM_REF\nFROM ${KDCUBE_PLATFORM_REGISTRY}/kdcube-chat-proc:${KDCUBE_PLATFORM_REF}\nCOPY ./bundles /bundles\n';
const DIGEST = `sha256:${'a'.repeat(64)}`;

const bundlePin = (ref = 'v2') => ({
  pin: 1,
  repo: 'https://example.com/org/bundles.git',
  ref,
  subdir: 'service/bundles',
  commit: 'c'.repeat(40),
  path: 'service/bundles/there@2-0',
  tree: 'd'.repeat(40),
});
const uiPin = { pin: 1, repo: 'https://example.com/org/ui.git', ref: 'ui-v1', commit: 'c'.repeat(40), tree: 'd'.repeat(40) };
const imagePin = (bundles = ['here@1-0', 'there@2-0'], salt?: string) => ({
  pin: 1,
  platform: '2026.7.20.444',
  bundles,
  bases: { [BASE]: DIGEST },
  ...(salt && { salt }),
});
const text = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;

const SYNCED = {
  'nx.json': '{}',
  'release.yaml': RELEASE,
  'images/proc/Dockerfile_ChatProcBundled': DOCKERFILE,
  'pins/bundles/there@2-0/pin.json': text(bundlePin()),
  'pins/frontend/pin.json': text(uiPin),
  'pins/images/proc/pin.json': text(imagePin()),
};

function publishedPin(name: string, ref = '2026.7.20.444'): string {
  return text({ pin: 1, ref, source: `docker.io/kdcube/${name}`, digest: DIGEST, manifests: [] });
}

function publishedPins(): Record<string, string> {
  return Object.fromEntries(
    platformImages('2026.7.20.444').map((name) => [`pins/platform/${name}/pin.json`, publishedPin(name)]),
  );
}

function treeOf(files: Record<string, string>): Tree {
  const tree = createTree();
  // The only thing in Nx's empty tree.
  tree.delete('.prettierrc');
  for (const [file, content] of Object.entries(files)) tree.write(file, content);
  return tree;
}

async function details(tree: Tree): Promise<string[]> {
  const result = await pins(tree);
  return result ? result.outOfSyncDetails : [];
}

beforeAll(() => {
  // Nx asks this part at every command: whatever it sends would hang a laptop on a train.
  jest.spyOn(globalThis, 'fetch').mockRejectedValue(new Error('no network here'));
});
afterAll(() => jest.restoreAllMocks());

it('says nothing and changes nothing where every pin answers what release.yaml asks', async () => {
  const tree = treeOf(SYNCED);
  expect(await pins(tree)).toBeUndefined();
  expect(contents(tree)).toEqual(SYNCED);
});

it.each([
  ['nothing', {}, 'nx g @kdcube/nx:release'],
  ['pins', { 'pins/bundles/x/pin.json': '{}' }, 'nx g @kdcube/nx:release'],
  ['one in another folder', { 'ops/release.yaml': RELEASE }, 'git mv ops/release.yaml release.yaml'],
  ['a folder of this name', { 'release.yaml/x': '' }, 'nx g @kdcube/nx:release'],
])('says that there is no release.yaml at the root, and changes nothing: %s', async (_, files, hint) => {
  const tree = treeOf(files as Record<string, string>);
  const error = await pins(tree).catch((caught: unknown) => caught);
  expect((error as KdcubeError).problems).toEqual([
    expect.objectContaining({ code: 'file-missing', message: expect.stringContaining('at the root'), hint }),
  ]);
  expect(contents(tree)).toEqual(files);
});

it('throws the problems of a release.yaml that cannot be read, and leaves the pins', async () => {
  const tree = treeOf({ ...SYNCED, 'release.yaml': 'platform: [\n' });
  await expect(pins(tree)).rejects.toThrow(KdcubeError);
  expect(tree.read('pins/images/proc/pin.json', 'utf-8')).toBe(SYNCED['pins/images/proc/pin.json']);
});

it('does not care for release_name, comments, order and spelling', async () => {
  const reordered = `# hello\nrelease_name: next\n${RELEASE.replace('    - id: "here@1-0"\n', '')}    - id: here@1-0\n`;
  expect(await details(treeOf({ ...SYNCED, 'release.yaml': reordered }))).toEqual([]);
});

const STALE: [string, Record<string, string>, string[]][] = [
  ['a ref that was bumped', { 'release.yaml': RELEASE.replace('"v2"', '"v3"') }, ['there@2-0: release.yaml changed']],
  ['another frontend', { 'release.yaml': RELEASE.replace('ui-v1', 'ui-v2') }, ['frontend: release.yaml changed']],
  ['another platform', { 'release.yaml': RELEASE.replace('444', '555') }, ['proc: release.yaml or the Dockerfile changed']],
  [
    'a new bundle of this workspace',
    { 'release.yaml': `${RELEASE}    - id: "new"\n` },
    ['proc: release.yaml or the Dockerfile changed'],
  ],
  [
    'a git_commit that is not the pinned one',
    { 'release.yaml': RELEASE.replace('ref: "v2"', `ref: "v2", git_commit: "${'e'.repeat(40)}"`) },
    ['there@2-0: release.yaml changed'],
  ],
  [
    'a base that the Dockerfile did not have',
    { 'images/proc/Dockerfile_ChatProcBundled': `${DOCKERFILE}COPY --from=python:3.12 /x /x\n` },
    ['proc: release.yaml or the Dockerfile changed'],
  ],
  [
    'an image of the platform under another ref',
    {
      'release.yaml': RELEASE.replace('ref: "2026.7.20.444"', 'ref: "2026.7.20.444", registry: "docker.io/kdcube"'),
      ...publishedPins(),
      'pins/platform/kdcube-metrics/pin.json': publishedPin('kdcube-metrics', '2026.7.20.443'),
    },
    ['kdcube-metrics: release.yaml changed'],
  ],
  ['a pin that is empty', { 'pins/images/proc/pin.json': '' }, ['proc: not pinned yet']],
  ['a pin with the marks of a merge', { 'pins/images/proc/pin.json': '<<<<<<< ours\n{}\n' }, ['proc: not pinned yet']],
  ['a pin of a later version', { 'pins/frontend/pin.json': text({ ...uiPin, pin: 2 }) }, ['frontend: not pinned yet']],
];
it.each(STALE)('marks what is stale, and nothing else: %s', async (_, change, expected) => {
  const files = { ...SYNCED, ...change };
  const tree = treeOf(files);
  expect(await details(tree)).toEqual(expected);
  const after = contents(tree);
  const changed = Object.keys(after).filter((file) => after[file] !== (files as Record<string, string>)[file]);
  expect(changed).toHaveLength(1);
  expect(JSON.parse(after[changed[0]!]!)).toMatchObject({ pin: 0, stale: 'nx sync' });
});

it('marks a pin that was deleted', async () => {
  const tree = treeOf(SYNCED);
  tree.delete('pins/images/proc/pin.json');
  expect(await details(tree)).toEqual(['proc: not pinned yet']);
  expect(JSON.parse(tree.read('pins/images/proc/pin.json', 'utf-8')!)).not.toHaveProperty('was');
});

it('removes the pins of what the release no longer has, and only files that are pins', async () => {
  const files = {
    ...SYNCED,
    'pins/bundles/gone/pin.json': text(bundlePin()),
    'pins/bundles/gone/notes.md': '',
    'pins/README.md': '',
  };
  const tree = treeOf(files);
  expect(await details(tree)).toEqual(['pins/bundles/gone/pin.json: no longer in the release']);
  expect(Object.keys(contents(tree))).not.toContain('pins/bundles/gone/pin.json');
  expect(Object.keys(contents(tree))).toEqual(expect.arrayContaining(['pins/bundles/gone/notes.md', 'pins/README.md']));
});

describe('over a half pin that a killed nx sync left', () => {
  it('never writes the same bytes: Nx would take the workspace for synced, for good', async () => {
    const first = treeOf({ ...SYNCED, 'release.yaml': RELEASE.replace('"v2"', '"v3"') });
    await pins(first);
    const seen = [contents(first)['pins/bundles/there@2-0/pin.json']];
    for (let round = 1; round <= 3; round += 1) {
      const tree = treeOf({ ...SYNCED, ...contents(first), 'pins/bundles/there@2-0/pin.json': seen.at(-1)! });
      expect(await details(tree)).toHaveLength(1);
      seen.push(contents(tree)['pins/bundles/there@2-0/pin.json']);
      expect(seen.at(-1)).not.toBe(seen.at(-2));
    }
    expect(new Set(seen).size).toBe(2);
  });

  it('keeps the digests and the salt of the pin that was there', async () => {
    const old = imagePin(['here@1-0'], 'again');
    const first = treeOf({ ...SYNCED, 'pins/images/proc/pin.json': text(old) });
    await pins(first);
    const half = contents(first)['pins/images/proc/pin.json']!;
    expect(JSON.parse(half).was).toEqual(old);
    const second = treeOf({ ...SYNCED, 'pins/images/proc/pin.json': half });
    await pins(second);
    expect(JSON.parse(contents(second)['pins/images/proc/pin.json']!).was).toEqual(old);
  });
});
