// Mistakes in release.yaml and on the command line, through the real commands: one clear problem, and nothing is changed.
import { expectProblem, leftovers, stateOf } from './support/problem';
import type { Content } from './support/git';
import { type Workspace, makeWorkspace, PLATFORM_REF } from './support/workspace';

let workspace: Workspace;
let good: string;

beforeAll(async () => {
  workspace = await makeWorkspace();
  good = workspace.read('release.yaml');
});

/** Writes release.yaml, runs the commands, and restores it. `inspect` gets each command's outcome. */
async function withRelease(
  content: Content,
  commands: string[][],
  inspect: (ran: Awaited<ReturnType<Workspace['nx']>>) => void,
): Promise<void> {
  workspace.write({ 'release.yaml': content });
  const before = stateOf(workspace);
  try {
    for (const command of commands) {
      inspect(await workspace.nx(command));
      expect([command, stateOf(workspace)]).toEqual([command, before]);
    }
    expect(leftovers(workspace.dir + '/dist')).toEqual([]);
  } finally {
    workspace.write({ 'release.yaml': good });
  }
}

const VALIDATE = ['run', 'release:validate'];
const SYNC = ['sync'];
const BUNDLE = ['g', '@kdcube/nx:bundle', 'other'];

function release(bundles: string, more = ''): string {
  return `platform: {repo: kdcube-ai-app, ref: "${PLATFORM_REF}"}\n${more}bundles:\n${bundles}`;
}

function utf16(text: string): Buffer {
  return Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')]);
}

const bomb = [
  'a: &a [x,x,x,x,x,x,x,x,x]',
  ...'bcdefghi'.split('').map((name, at) => `${name}: &${name} [${`*${'abcdefghi'[at]},`.repeat(8)}]`),
].join('\n');

describe('release.yaml as a document: validate, sync and a generator', () => {
  test.each<[string, Content, string[]]>([
    ['empty', '', ['yaml-empty']],
    ['not YAML', 'platform: [\n', ['yaml-syntax']],
    ['a YAML bomb', bomb, ['yaml-alias']],
    ['10 MB', `${release('  items: []\n')}# ${'x'.repeat(10_000_000)}\n`, ['file-too-large']],
    ['binary', Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 1, 2, 0xfe, 0xff, 0x80]), ['not-text']],
    ['UTF-16', utf16(release('  items: []\n')), ['not-text']],
    ['tabs', release('\titems: []\n'), ['yaml-syntax']],
    ['a merge key', release('  <<: {items: []}\n'), ['yaml-alias']],
    ['an anchor', release('  items: &all []\n'), ['yaml-alias']],
    ['a duplicate key', release('  items: []\n  items: []\n'), ['yaml-duplicate-key']],
    ['several documents', `${release('  items: []\n')}---\na: 1\n`, ['yaml-many-documents']],
  ])('%s', async (_, content, codes) => {
    await withRelease(content, [VALIDATE, SYNC, BUNDLE], (ran) => expectProblem(ran, codes, 'release.yaml'));
  });
});

const IDS = ['../../etc', '-rf', 'a b', 'a\nb', 'a\0b', 'a'.repeat(300)];
const pinned = (more: string): string =>
  release(`  items: [{id: a@1, repo: "https://example.invalid/r.git", ref: v1, ${more}}]\n`);

describe('ids, refs, URLs and paths in release.yaml: validate and sync', () => {
  test('reports the place of each unsafe id: path traversal, options, spaces, newlines, NUL, 300 characters', async () => {
    const content = release(`  items:\n${IDS.map((id) => `    - id: ${JSON.stringify(id)}\n`).join('')}`);
    await withRelease(content, [VALIDATE, SYNC], (ran) => {
      expectProblem(
        ran,
        ['unsafe-id'],
        `${IDS.length} problems. `,
        ...IDS.map((_, at) => `release.yaml:${at + 4}:11  bundles.items[${at}].id`),
      );
    });
  });
  test.each<[string, string, string[]]>([
    ['a ref like an option', pinned('ref: v1').replace('ref: v1, ref: v1', 'ref: "--upload-pack=touch stolen"'), ['unsafe-ref']],
    [
      'a URL that runs a program',
      pinned('ref: v1').replace('ref: v1, ', '').replace('https://example.invalid/r.git', 'ext::sh -c touch% stolen'),
      ['unsafe-url'],
    ],
    ['a subdir that climbs out', pinned('subdir: ../../etc'), ['unsafe-path']],
  ])('%s', async (_, content, codes) => {
    await withRelease(content, [VALIDATE, SYNC], (ran) => expectProblem(ran, codes, /release\.yaml:\d+:\d+ /));
  });
});

test('a missing bundle affects only its own tasks: validate reports it', async () => {
  const text = release('  items: [{id: a@1, repo: "https://example.invalid/r.git", ref: v1}, {id: b}]\n');
  await withRelease(text, [VALIDATE], (ran) =>
    expectProblem(ran, ['pin-missing', 'bundle-not-found'], 'pins/bundles/a@1/pin.json', 'bundles/b'),
  );
  await withRelease(text, [['run', 'b:stage']], (ran) => expectProblem(ran, ['bundle-not-found'], 'bundles/b'));
});

test('refuses a subdir of this workspace that is a symbolic link', async () => {
  workspace.write({ 'bundles/b/entrypoint.py': '', link: { symlink: 'bundles' } });
  const text = release('  items: [{id: b, subdir: link}]\n');
  try {
    await withRelease(text, [['run', 'b:stage']], (ran) => expectProblem(ran, ['unsafe-path'], 'link is a symbolic link'));
  } finally {
    workspace.git('clean', '--quiet', '-fd');
  }
});

describe('on the command line of generators', () => {
  const bundle = (...more: string[]): string[] => ['g', '@kdcube/nx:bundle', ...more];
  test.each<[string, string[], string[]]>([
    ['an id that climbs out', bundle('../../etc'), ['unsafe-id']],
    ['an id like an option', bundle('--name=-rf'), ['unsafe-id']],
    ['an id with a space', bundle('a b'), ['unsafe-id']],
    ['an id with a newline', bundle('a\nb'), ['unsafe-id']],
    ['an id of 300 characters', bundle('a'.repeat(300)), ['unsafe-id']],
    ['a ref like an option', bundle('a', '--repo=https://example.invalid/r.git', '--ref=--upload-pack=x'), ['unsafe-ref']],
    ['a URL that runs a program', bundle('a', '--repo=ext::sh -c touch% stolen', '--ref=v1'), ['unsafe-url']],
    [
      'a subdir that climbs out',
      bundle('a', '--repo=https://example.invalid/r.git', '--ref=v1', '--subdir=../..'),
      ['unsafe-path'],
    ],
    ['a directory that climbs out', bundle('a', '--directory=../..'), ['unsafe-path']],
  ])('%s', async (_, command, codes) => {
    const before = stateOf(workspace);
    expectProblem(await workspace.nx(command), codes);
    expect(stateOf(workspace)).toEqual(before);
    expect(leftovers(workspace.dir + '/dist')).toEqual([]);
  });
});
