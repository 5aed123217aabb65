import * as fs from 'node:fs';
import * as path from 'node:path';
import { gitSync, sandbox, type Sandbox } from '../../testing/git-kit';
import { readStatus, parseStatus } from './status';
import { withSnapshot } from './snapshot/snapshot';

const ID = 'a'.repeat(40);

test.each<[string, string[], ReturnType<typeof parseStatus>]>([
  ['a branch', [`# branch.oid ${ID}`, '# branch.head main', '# branch.ab +1 -0'], { head: ID, branch: 'main', changed: [] }],
  ['no branch', [`# branch.oid ${ID}`, '# branch.head (detached)'], { head: ID, branch: undefined, changed: [] }],
  ['no commit yet', ['# branch.oid (initial)', '# branch.head main'], { head: undefined, branch: 'main', changed: [] }],
  [
    'what changed, what is in conflict, what is new; names with spaces and line ends; only below the workspace without its place',
    [
      `# branch.oid ${ID}`,
      `1 .M N... 100644 100644 100644 ${ID} ${ID} sub/bundles/a/a file.py`,
      `u UU N... 100644 100644 100644 100644 ${ID} ${ID} ${ID} sub/b`,
      '? sub/new\nline',
      '? elsewhere',
    ],
    { head: ID, branch: undefined, changed: ['bundles/a/a file.py', 'b', 'new\nline', 'elsewhere'] },
  ],
  ['a record of a kind that is not known: then nothing is', [`# branch.oid ${ID}`, '7 what is this'], { changed: [] }],
])('%s', (_, records, expected) => expect(parseStatus(`${records.join('\0')}\0`, 'sub/')).toEqual(expected));

describe('a checkout', () => {
  let box: Sandbox;
  let root: string;
  const write = (file: string, text: string): void => {
    fs.mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    fs.writeFileSync(path.join(root, file), text);
  };
  beforeEach(() => {
    box = sandbox();
    root = box.folder('shop');
    gitSync(root, 'init', '-q', '-b', 'main');
    write('release.yaml', 'x: 1\n');
    for (const name of ['a', 'b', 'c']) write(`bundles/${name}/entrypoint.py`, `${name} = 1\n`);
    write('.gitignore', '*.log\n');
    gitSync(root, 'add', '-A');
    gitSync(root, 'commit', '-q', '-m', 'first');
  });
  afterEach(() => box.end());

  test('reports what is committed, and nothing about folders that were not read', async () => {
    write('bundles/b/entrypoint.py', 'b = 2\n');
    write('bundles/c/new.py', '');
    write('bundles/a/x.log', 'ignored');
    const state = (await readStatus(root).checkout)!;
    expect(state.head).toBe(gitSync(root, 'rev-parse', 'HEAD').trim());
    expect(state.branch).toBe('main');
    expect(['bundles/a', 'bundles/b', 'bundles/c', 'bundles', 'release.yaml', 'service/x', ''].map(state.changedBelow)).toEqual([
      [],
      ['bundles/b/entrypoint.py'],
      ['bundles/c/new.py'],
      ['bundles/b/entrypoint.py', 'bundles/c/new.py'],
      [],
      undefined,
      undefined,
    ]);
  });

  test('is unknown before the first commit, and outside a repository', async () => {
    const bare = box.folder('new');
    gitSync(bare, 'init', '-q');
    expect(await readStatus(bare).checkout).toBeUndefined();
    const outside = readStatus(box.folder('outside'));
    await expect(outside.checkout).rejects.toMatchObject({ problems: [{ code: 'not-a-repository' }] });
  });

  // The shortcut must give the same result as git: the tree of the same files after git add.
  test.each<[string, (write: (file: string, text: string) => void, root: string) => void]>([
    ['nothing changed', () => undefined],
    ['a file changed', (put) => put('bundles/a/entrypoint.py', 'a = 2\n')],
    ['a file with the same size and time changed', (put) => put('bundles/a/entrypoint.py', 'a = 3\n')],
    [
      'a file was staged and changed back',
      (put, at) => {
        put('bundles/a/entrypoint.py', 'a = 4\n');
        gitSync(at, 'add', '-A');
        put('bundles/a/entrypoint.py', 'a = 1\n');
      },
    ],
    ['a file is new', (put) => put('bundles/a/more/new.py', '')],
    ['a file was removed', (_, at) => fs.rmSync(path.join(at, 'bundles/a/entrypoint.py'))],
    [
      'a tracked file is ignored, and changed',
      (put, at) => {
        put('bundles/a/kept.log', '1');
        gitSync(at, 'add', '-f', 'bundles/a/kept.log');
        gitSync(at, 'commit', '-q', '-m', 'log');
        put('bundles/a/kept.log', '2');
      },
    ],
    ['a file became executable', (_, at) => fs.chmodSync(path.join(at, 'bundles/a/entrypoint.py'), 0o755)],
    ['HEAD is detached', (_, at) => gitSync(at, 'checkout', '-q', '--detach')],
    [
      'line ends are turned',
      (put, at) => {
        gitSync(at, 'config', 'core.autocrlf', 'true');
        put('bundles/a/entrypoint.py', 'a = 1\r\n');
      },
    ],
  ])('%s: the trees equal those that git would commit', async (_, change) => {
    change(write, root);
    const found = await withSnapshot(root, ({ tree }) => Promise.all(['bundles/a', 'bundles/b'].map(tree)));
    const treesNow = (): string[] =>
      ['bundles/a', 'bundles/b'].map((place) => gitSync(root, 'ls-tree', 'HEAD', place).split(/\s/)[2] ?? '');
    const head = treesNow();
    gitSync(root, 'add', '-A');
    gitSync(root, 'commit', '-q', '--allow-empty', '-m', 'now');
    const now = treesNow();
    expect(found.map((each) => each && [each.tree, each.committed])).toEqual(
      now.map((tree, index) => (tree === '' ? undefined : [tree, tree === head[index]])),
    );
  });
});
