// Real repositories on this machine, and the stand-in registry for the platform's images.
import * as fs from 'node:fs';
import * as path from 'node:path';
import { KdcubeError } from '@kdcube/release/internal';
import { createTree } from '@nx/devkit/testing';
import { logger, type Tree } from '@nx/devkit';
import { commit, gitSync, newRepo, type Sandbox, sandbox } from '../../../testing/git-kit';
import { putImage, registryDouble } from '../../../testing/registry-kit';
import bump from './generator';
import type { BumpOptions } from './schema';

let box: Sandbox;
let source: string;
let lines: string[];
let registry: Awaited<ReturnType<typeof registryDouble>> | undefined;
beforeEach(() => {
  box = sandbox();
  lines = [];
  jest.spyOn(logger, 'info').mockImplementation((line) => void lines.push(String(line)));
  source = newRepo(box.folder('source'));
  commit(
    source,
    { 'bundles/app@2-0/entrypoint.py': 'A = 1\n', 'bundles/other/entrypoint.py': '', 'ui/package.json': '{}' },
    'First',
  );
  gitSync(source, 'tag', 'v1.9.0');
});
afterEach(async () => {
  await registry?.close();
  registry = undefined;
  jest.restoreAllMocks();
  box.end();
});

/** A tag on a new commit. */
function release(tag: string, files: Parameters<typeof commit>[1], message = `Work for ${tag}`): string {
  const id = commit(source, files, message);
  gitSync(source, 'tag', '--annotate', '--message', tag, tag);
  return id;
}

const text = (more: { app?: string; other?: string; ui?: string; platform?: string } = {}) => `# The release
platform: ${more.platform ?? '{ repo: kdcube-ai-app, ref: "2026.7.20.444" }'}
frontend:
  repo: file://${source}
  ref: '${more.ui ?? 'v1.9.0'}'   # the UI
bundles:
  items:
    - id: "app@2-0"
      ref: "${more.app ?? 'v1.9.0'}"   # moves often
      repo: file://${source}
      subdir: bundles
    - { id: other, repo: "file://${source}", ref: ${more.other ?? 'v1.9.0'}, subdir: bundles }
    - id: here
`;

function treeOf(content: string): Tree {
  const tree = createTree();
  tree.root = box.folder('workspace');
  newRepo(tree.root);
  tree.write('release.yaml', content);
  return tree;
}

async function run(options: BumpOptions, content = text()): Promise<string> {
  const tree = treeOf(content);
  const callback = await bump(tree, options);
  await callback?.();
  return tree.read('release.yaml', 'utf-8')!;
}

async function refused(options: BumpOptions, content = text()): Promise<string> {
  const tree = treeOf(content);
  const error = await Promise.resolve(bump(tree, options)).catch((thrown: unknown) => thrown);
  if (!(error instanceof KdcubeError)) throw error ?? new Error('it was not refused');
  expect(tree.read('release.yaml', 'utf-8')).toBe(content);
  expect(error.changed).toBe('No file was changed.');
  return error.problems.map(({ code, message, hint }) => `${code}: ${message} | ${hint}`).join('\n');
}

it('moves one bundle to its newest tag, keeps every other byte, and prints the commits of its folder', async () => {
  const fix = release('v1.10.0', { 'bundles/app@2-0/entrypoint.py': 'A = 2\n' }, 'Answer faster');
  release('v1.11.0', { 'bundles/other/entrypoint.py': 'B = 1\n' }, 'Not in the folder');
  release('v2.0.0-rc.1', { 'bundles/app@2-0/entrypoint.py': 'A = 3\n' });
  expect(await run({ name: 'app@2-0' })).toBe(text({ app: 'v1.11.0' }));
  expect(lines).toEqual([
    `app@2-0  v1.9.0 → v1.11.0  1 commit\n    ${fix.slice(0, 9)}  Answer faster`,
    'Next: nx sync, which pins what changed.',
  ]);
});

it('moves everything; a platform whose repository is unknown is named, and stays', async () => {
  release('v1.10.0', { 'ui/package.json': '{ "name": "ui" }' });
  expect(await run({})).toBe(text({ app: 'v1.10.0', other: 'v1.10.0', ui: 'v1.10.0' }));
  expect(lines[0]).toMatch(/^platform {2}not looked up: "kdcube-ai-app" is a name that nothing resolves/);
  expect(lines.slice(1)).toEqual([
    expect.stringMatching(/^frontend {2}v1\.9\.0 → v1\.10\.0 {2}1 commit\n.*Work for v1\.10\.0$/),
    'app@2-0  v1.9.0 → v1.10.0  same content',
    'other  v1.9.0 → v1.10.0  same content',
    'Next: nx sync, which pins what changed.',
  ]);
});

it('changes nothing where nothing is newer, and where a part is pinned to a commit', async () => {
  const id = gitSync(source, 'rev-parse', 'HEAD');
  const content = text({ other: id });
  expect(await run({}, content)).toBe(content);
  expect(lines.slice(1)).toEqual([
    'frontend  v1.9.0: nothing is newer',
    'app@2-0  v1.9.0: nothing is newer',
    'other  is pinned to a commit, which has no newer tag: --to names one',
    'Nothing is newer: release.yaml stays as it is.',
  ]);
  expect(await refused({ name: 'other' }, content)).toMatch(/^wrong-option: other is pinned to the commit .*--to=<tag>/s);
});

it('--to takes any tag, an older one too, and a commit', async () => {
  release('v1.10.0', { 'bundles/app@2-0/entrypoint.py': 'A = 2\n' });
  const id = release('v1.11.0', { 'bundles/app@2-0/entrypoint.py': 'A = 3\n' });
  expect(await run({ name: 'app@2-0', to: 'v1.10.0' })).toBe(text({ app: 'v1.10.0' }));
  expect(await run({ name: 'app@2-0', to: id })).toBe(text({ app: id }));
  expect(await run({ name: 'app@2-0', to: 'v1.9.0' }, text({ app: 'v1.11.0' }))).toBe(text());
  expect(lines.at(-2)).toBe('app@2-0  v1.11.0 → v1.9.0  same content; v1.11.0 is not in its history');
});

it('prints at most 20 commits, and no control characters', async () => {
  for (let index = 0; index < 22; index += 1) commit(source, { 'bundles/app@2-0/x': `${index}` }, `Step ${index} \u001b[2J`);
  release('v1.10.0', {});
  await run({ name: 'app@2-0' });
  const shown = lines[0]!.split('\n');
  expect(shown).toHaveLength(22);
  expect([shown[0], shown.at(-1)]).toEqual(['app@2-0  v1.9.0 → v1.10.0  22 commits', '    and 2 more']);
  expect(lines[0]).not.toContain('\u001b');
});

it('the old tag is gone: there is nothing to compare with', async () => {
  release('v1.10.0', { 'bundles/app@2-0/entrypoint.py': 'A = 2\n' });
  gitSync(source, 'tag', '--delete', 'v1.9.0');
  expect(await run({ name: 'app@2-0' })).toBe(text({ app: 'v1.10.0' }));
  expect(lines[0]).toBe('app@2-0  v1.9.0 → v1.10.0');
});

it('the platform: the tags of its published images, if release.yaml names their registry', async () => {
  registry = await registryDouble();
  const { host } = registry;
  const platform = (ref: string) => `{ repo: kdcube-ai-app, ref: "${ref}", registry: ${host}/kdcube }`;
  for (const tag of ['2026.7.20.444', '2026.08.03.1350', 'latest']) await putImage(host, 'kdcube/kdcube-chat-proc', tag, tag);
  expect(await run({ name: 'platform' }, text({ platform: platform('2026.7.20.444') }))).toBe(
    text({ platform: platform('2026.08.03.1350') }),
  );
  expect(await refused({ name: 'platform', to: '2026.9.9' }, text({ platform: platform('2026.7.20.444') }))).toMatch(
    /^image-not-found: .*has no tag "2026\.9\.9".*the newest one is 2026\.08\.03\.1350/,
  );
});

describe('bad input', () => {
  it.each<[string, BumpOptions, RegExp]>([
    ['a branch', { name: 'app@2-0', to: 'main' }, /^mutable-ref: "main" is a branch .*--to=[0-9a-f]{40}/],
    ['a tag that does not exist', { name: 'app@2-0', to: 'v9' }, /^ref-not-found: /],
    ['no name', { to: 'v1.10.0' }, /^wrong-option: --to names one version/],
    ['a name that nothing has', { name: 'nothing' }, /^wrong-option: release\.yaml pins nothing .*app@2-0, other/],
    ['a workspace bundle', { name: 'here' }, /^wrong-option: here is a bundle of this workspace/],
    ['an object’s name', { name: '__proto__' }, /^wrong-option: release\.yaml pins nothing/],
    ['the platform alone, without a repository', { name: 'platform' }, /^unknown-repo: /],
  ])('%s', async (_, options, expected) => expect(await refused(options)).toMatch(expected));

  it('a tag at which the bundle is gone', async () => {
    release('v1.10.0', { 'bundles/app@2-0/entrypoint.py': null });
    expect(await refused({})).toMatch(
      /^bundle-not-found: .*no folder bundles\/app@2-0.*"v1\.10\.0": "app@2-0" cannot move to it/,
    );
  });

  it('no release.yaml', async () => {
    const error = await Promise.resolve(bump(createTree(), {})).catch((thrown: unknown) => thrown as KdcubeError);
    expect((error as KdcubeError).problems[0]).toMatchObject({ code: 'file-missing' });
  });

  it('a repository that cannot be reached', async () => {
    fs.renameSync(source, path.join(box.dir, 'gone'));
    expect(await refused({})).toMatch(/^repo-unreachable: /);
  });
});

it('a bundle that is called platform is meant before the platform', async () => {
  commit(source, { 'bundles/platform/entrypoint.py': '' });
  release('v1.10.0', {});
  const content = text().replace('id: other', 'id: platform');
  expect(await run({ name: 'platform' }, content)).toBe(content.replace('ref: v1.9.0', 'ref: v1.10.0'));
});
