import type { ContextEntry } from './files/context';
import { isRefusal, readRecipe } from './recipe';
import { evaluateRecipe } from './evaluate';
import { readIgnore } from './files/ignore';
import { planLayers, type LayersOf } from './layers';
import { compileGlob } from './files/match';
import type { BaseTree } from './files/tree';

/** `x` a file, `x*` one that may be executed, `x -> y` a link, `x/` a folder, `x#` a closed one. */
function listed(names: readonly string[]): ContextEntry[] {
  return names.map((name): ContextEntry => {
    const [path, target] = name.split(' -> ');
    if (target !== undefined) return { path: path!, kind: 'link', target };
    if (name.endsWith('/')) return { path: name.slice(0, -1), kind: 'folder' };
    if (name.endsWith('#')) return { path: name.slice(0, -1), kind: 'closed' };
    return { path: name.replace(/\*$/, ''), kind: 'file', executable: name.endsWith('*') };
  });
}

const BASE: BaseTree = {
  at: (path) =>
    (
      ({
        '/usr': 'folder',
        '/usr/lib': 'folder',
        '/etc': 'folder',
        '/etc/conf': 'folder',
        '/etc/conf/f': 'file',
        '/app': 'folder',
      }) as const
    )[path as '/usr']
      ? path === '/etc/conf/f'
        ? { kind: 'file' }
        : { kind: 'folder', uid: path === '/app' ? 9 : 0, gid: 0, mode: 0o755 }
      : (
          {
            '/lib': { kind: 'link', target: 'usr/lib' },
            '/etc/c': { kind: 'link', target: 'conf' },
            '/etc/l': { kind: 'link', target: 'conf/f' },
          } as const
        )[path as '/lib'],
};

function plan(lines: string, names: readonly string[], more: Partial<LayersOf> = {}): unknown {
  const recipe = readRecipe(`FROM base\n${lines}`, { args: {}, platform: 'linux/amd64' });
  if (isRefusal(recipe)) throw new Error(recipe.why);
  const followed = evaluateRecipe(recipe, { WorkingDir: '/app' });
  if (isRefusal(followed)) throw new Error(followed.why);
  const result = planLayers({
    steps: followed.steps,
    context: listed(names),
    ignore: readIgnore(''),
    settings: { WorkingDir: '/app', Env: ['PATH=/usr/bin', 'DATA=/data/in'] },
    ...more,
  });
  if (!('layers' in result)) return result;
  return result.layers.map(({ entries }) =>
    entries.map((entry) => {
      const owner = entry.uid === 0 && entry.gid === 0 ? '' : ` ${entry.uid}:${entry.gid}`;
      if (entry.kind === 'folder') return `${entry.path}/ ${entry.mode.toString(8)}${owner}`;
      if (entry.kind === 'file') return `${entry.path} ${entry.mode.toString(8)} < ${entry.source}${owner}`;
      if (entry.kind === 'link') return `${entry.path} -> ${entry.target}${owner}`;
      return `${entry.path}# < ${entry.source}${entry.withRoot ? '' : ' content'}${owner}`;
    }),
  );
}

const FILES = [
  'x',
  'run.sh*',
  'dir/a',
  'dir/sub/b',
  'dir/l -> sub/b',
  'ld -> dir',
  'lx -> dir/a',
  'conf/z',
  'bundles/one#',
  'bundles/two#',
];

describe('without a look into the base', () => {
  test.each([
    ['COPY dir /new', [['/new/ 755', '/new/a 644 < dir/a', '/new/l -> sub/b', '/new/sub/ 755', '/new/sub/b 644 < dir/sub/b']]],
    ['COPY bundles /bundles', [['/bundles/ 755', '/bundles/one# < bundles/one', '/bundles/two# < bundles/two']]],
    ['COPY bundles/one /x/one/', [['/x/ 755', '/x/one/ 755', '/x/one# < bundles/one content']]],
    ['COPY x run.sh /w/', [['/w/ 755', '/w/run.sh 755 < run.sh', '/w/x 644 < x']]],
    ['COPY x /w/sub/x', [['/w/ 755', '/w/sub/ 755', '/w/sub/x 644 < x']]],
    ['COPY run.sh /w/start.sh', [['/w/ 755', '/w/start.sh 755 < run.sh']]],
    ['COPY --chown=1:2 x /w/x', [['/w/ 755 1:2', '/w/x 644 < x 1:2']]],
    ['COPY empty /w/x', [['/w/ 755', '/w/x/ 755']]],
    ['COPY run.sh /', [['/run.sh 755 < run.sh']]],
    [
      'COPY ld lx /new/',
      [
        [
          '/new/ 755',
          '/new/a 644 < dir/a',
          '/new/l -> sub/b',
          '/new/lx 644 < dir/a',
          '/new/sub/ 755',
          '/new/sub/b 644 < dir/sub/b',
        ],
      ],
    ],
    [
      'COPY --chmod=700 dir /new',
      [['/new/ 755', '/new/a 700 < dir/a', '/new/l -> sub/b', '/new/sub/ 700', '/new/sub/b 700 < dir/sub/b']],
    ],
    ['COPY dir/* no* /new/', [['/new/ 755', '/new/a 644 < dir/a', '/new/b 644 < dir/sub/b', '/new/l 644 < dir/sub/b']]],
    ['COPY dir/*/b ../../x /new/', [['/new/ 755', '/new/b 644 < dir/sub/b', '/new/x 644 < x']]],
    ['COPY x /new/\nCOPY run.sh /new/x', [['/new/ 755', '/new/x 644 < x'], ['/new/x 755 < run.sh']]],
    ['COPY dir /new\nCOPY x /new', [expect.anything(), ['/new/x 644 < x']]],
    ['COPY lx dir/l /new/\nWORKDIR /new', [expect.anything(), []]],
    ['WORKDIR /app', [[]]],
  ])('%s', (lines, expected) => expect(plan(lines, [...FILES, 'empty/'])).toEqual(expected));

  test.each([
    'COPY x /etc/',
    'COPY x /lib/x',
    'COPY x /w/config',
    'COPY x .',
    'COPY x /app/sub/x',
    'COPY x /data/x',
    'WORKDIR /new',
    'COPY rootfs/ /',
  ])('%s needs the files of the base', (lines) =>
    expect(plan(lines, [...FILES, 'empty/', 'rootfs/etc/x'])).toEqual({ needs: 'base', line: 2 }),
  );

  test.each([
    ['COPY bundles/one/entrypoint.py /x/', 'bundles/one'],
    ['COPY bundles/two/* /x/', 'bundles/two'],
    ['COPY bundles /b/\nCOPY x /b/one/x', 'bundles/one'],
    ['COPY bundles/one /b\nCOPY bundles/two /b', 'bundles/one'],
    ['COPY x /b/\nCOPY bundles/two /b', 'bundles/two'],
  ])('%s must list a closed folder', (lines, folder) => expect(plan(lines, FILES)).toEqual({ needs: 'folder', folder }));

  test.each([
    ['COPY gone /x', 'gone is not in the build context'],
    ['COPY x /new/\nCOPY dir /new/x', '/new/x exists in the image'],
    ['COPY w /new/', '/new/.wh.x is a whiteout name'],
    ['COPY dir /n/a\nCOPY x /n/\nCOPY d2 /n/', '/n/x exists in the image as a file'],
    ['COPY round /x/', 'loop'],
  ])('%s is refused', (lines, why) =>
    expect(plan(lines, [...FILES, 'w/.wh.x', 'd2/x/y', 'round -> round'])).toMatchObject({
      line: lines.split('\n').length + 1,
      instruction: 'COPY',
      why: expect.stringContaining(why),
    }),
  );
});

describe('with the base', () => {
  test.each([
    ['COPY x /lib/', [['/usr/lib/x 644 < x']]],
    ['COPY x /etc/c', [['/etc/conf/x 644 < x']]],
    ['COPY x /etc/l', [['/etc/conf/f 644 < x']]],
    ['COPY x /etc', [['/etc/x 644 < x']]],
    ['COPY --chown=1:2 x /a/b/', [['/a/ 755 1:2', '/a/b/ 755 1:2', '/a/b/x 644 < x 1:2']]],
    ['COPY --chown=1:2 conf /etc/conf', [['/etc/conf/z 644 < conf/z 1:2']]],
    ['COPY etc /etc', [['/etc/conf/ 755', '/etc/conf/z 644 < etc/conf/z']]],
    ['USER 7\nWORKDIR /etc/c/n', [['/etc/conf/n/ 755 7:7']]],
    ['USER app\nWORKDIR /etc', [[]]],
    ['COPY bundles /bundles', [['/bundles/ 755', '/bundles/one# < bundles/one', '/bundles/two# < bundles/two']]],
    ['COPY empty /app/e', [['/app/e/ 755']]],
  ])('%s', (lines, expected) => expect(plan(lines, [...FILES, 'etc/conf/z', 'empty/'], { base: BASE })).toEqual(expected));

  test.each([
    ['COPY root /', '/lib exists in the image as a link'],
    ['COPY x /etc/conf/f/x', '/etc/conf/f exists in the image'],
    ['COPY etc2 /etc', '/etc/conf exists in the image as a folder'],
    ['USER app\nWORKDIR /new', 'not numeric'],
  ])('%s is refused', (lines, why) =>
    expect(plan(lines, ['root/lib/x', 'x', 'etc2/conf'], { base: BASE })).toMatchObject({ why: expect.stringContaining(why) }),
  );
});

describe('.dockerignore', () => {
  const excluded = (text: string, paths: readonly string[]) => {
    const ignore = readIgnore(text);
    return paths.filter((path) => ignore.excludes(path));
  };
  test.each([
    ['a', ['a', 'a/b']],
    ['/a/', ['a', 'a/b']],
    ['# a\n\n ./b/../a ', ['a', 'a/b']],
    ['*', ['a', 'a/b', 'x.pyc', 'd/x.pyc', 'd/e/x.pyc']],
    ['*.pyc', ['x.pyc']],
    ['**/*.pyc', ['x.pyc', 'd/x.pyc', 'd/e/x.pyc']],
    ['d/**', ['d/x.pyc', 'd/e/x.pyc']],
    ['d/**/x.pyc', ['d/x.pyc', 'd/e/x.pyc']],
    ['**x.pyc', ['x.pyc', 'd/x.pyc', 'd/e/x.pyc']],
    ['d\n!d/e', ['d/x.pyc']],
    ['!d/e\nd', ['d/x.pyc', 'd/e/x.pyc']],
    ['*\n!a', ['x.pyc', 'd/x.pyc', 'd/e/x.pyc']],
    ['[ax]*', ['a', 'a/b', 'x.pyc']],
    ['?', ['a', 'a/b', 'd/x.pyc', 'd/e/x.pyc']],
  ])('%j', (text, expected) => expect(excluded(text, ['a', 'a/b', 'x.pyc', 'd/x.pyc', 'd/e/x.pyc'])).toEqual(expected));

  test('character classes with special characters', () => {
    expect(excluded('[\\]a]b', ['ab', ']b', '\\b', 'b'])).toEqual(['ab', ']b']);
    expect(excluded('[[&~|]b', ['[b', '&b', '~b', '|b', 'ab'])).toEqual(['[b', '&b', '~b', '|b']);
    expect(excluded('[^a]b', ['ab', ']b'])).toEqual([']b']);
    expect(excluded('\\[a]b', ['ab', '[a]b'])).toEqual(['[a]b']);
  });

  test.each([
    ['^a', ['^a', '^a/b']],
    ['^a/**', ['^a/b']],
    ['**^a', ['^a', '^a/b', 'd/^a']],
    ['**/^a', ['^a', '^a/b', 'd/^a']],
    ['d/^*', []],
    ['**/d/^?', []],
    ['^?', ['a', 'd/^a']],
    ['\\^a', ['^a', '^a/b']],
    ['**^]', []],
    ['[x^]a', ['^a', '^a/b']],
  ])('%j: a ^ is literal if there is no other wildcard, else an anchor', (text, expected) => {
    expect(excluded(text, ['a', '^a', '^a/b', 'd/^a'])).toEqual(expected);
  });
  test.each(['[a', 'x[', '[]', 'a\\', '!'])('refuses the line %s', (line) => {
    expect(() => readIgnore(`x\n${line}`)).toThrow('of .dockerignore');
  });

  test('leaves out excluded files, and folders that have no other files', () => {
    const ignore = readIgnore('dir/sub\nconf/*\nx\nbundles/two');
    expect(plan('COPY . /n', FILES, { ignore })).toEqual([
      [
        '/n/ 755',
        '/n/bundles/ 755',
        '/n/bundles/one# < bundles/one',
        '/n/conf/ 755',
        '/n/dir/ 755',
        '/n/dir/a 644 < dir/a',
        '/n/dir/l -> sub/b',
        '/n/ld -> dir',
        '/n/lx -> dir/a',
        '/n/run.sh 755 < run.sh',
      ],
    ]);
    expect(plan('COPY . /n', FILES, { ignore: readIgnore('bundles\n!bundles/one/a') })).toEqual({
      needs: 'folder',
      folder: 'bundles/one',
    });
  });
});

test.each([
  ['a*', ['a', 'abc'], ['a/b', 'b']],
  ['*/b', ['a/b'], ['b', 'a/a/b']],
  ['[a-c]?', ['ab', 'c1'], ['d1', 'a', 'a/']],
  ['[^a]', ['b'], ['a', '/a']],
  ['a\\*', ['a*'], ['ab']],
  ['é?', ['é𝒳'], ['é']],
])('Go’s pattern %s', (pattern, yes, no) => {
  expect(yes.map((text) => compileGlob(pattern)!.test(text))).toEqual(yes.map(() => true));
  expect(no.map((text) => compileGlob(pattern)!.test(text))).toEqual(no.map(() => false));
});

test.each(['[', '[]', '[b-a]', 'a\\'])('%s is not a pattern', (pattern) => expect(compileGlob(pattern)).toBeUndefined());
