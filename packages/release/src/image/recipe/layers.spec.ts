import type { ContextEntry } from './files/context';
import { isRefusal, readRecipe } from './recipe';
import { evaluateRecipe } from './evaluate';
import { readIgnore } from './files/ignore';
import { planLayers, type LayersOf } from './layers';
import { compileGlob } from './files/match';
import type { BaseTree } from './files/tree';

/** `x` is a file, `x*` an executable one, `x -> y` a link, `x/` a folder, `x#` a closed one. */
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

/** A base that contains only its working folder. */
const BARE: BaseTree = { at: (path) => (path === '/app' ? { kind: 'folder', uid: 0, gid: 0, mode: 0o755 } : undefined) };

describe('in a base without files', () => {
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
  ])('%s', (lines, expected) => expect(plan(lines, [...FILES, 'empty/'], { base: BARE })).toEqual(expected));

  test.each([
    'COPY x /etc/',
    'COPY x /new/',
    'COPY dir /new',
    'COPY --chown=1:2 x /new/x',
    'COPY bundles /bundles',
    'COPY run.sh /',
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
  ])('%s must list a closed folder', (lines, folder) =>
    expect(plan(lines, FILES, { base: BARE })).toEqual({ needs: 'folder', folder }),
  );

  test.each([
    ['COPY gone /x', 'gone is not in the build context'],
    ['COPY x /new/\nCOPY dir /new/x', '/new/x exists in the image'],
    ['COPY w /new/', '/new/.wh.x is a whiteout name'],
    ['COPY dir /n/a\nCOPY x /n/\nCOPY d2 /n/', '/n/x exists in the image as a file'],
    ['COPY round /x/', 'loop'],
  ])('%s is rejected', (lines, why) =>
    expect(plan(lines, [...FILES, 'w/.wh.x', 'd2/x/y', 'round -> round'], { base: BARE })).toMatchObject({
      line: lines.split('\n').length + 1,
      instruction: 'COPY',
      why: expect.stringContaining(why),
    }),
  );
});

describe('a folder that the base is known not to have', () => {
  const more = { newFolder: '/bundles' };
  const expected = [['/bundles/ 755', '/bundles/one# < bundles/one', '/bundles/two# < bundles/two']];

  test('adding files there does not need the files of the base', () => {
    expect(plan('COPY bundles /bundles', FILES, more)).toEqual(expected);
    expect(plan('COPY bundles/one /bundles/x/one', FILES, more)).toHaveLength(1);
  });

  test.each(['COPY bundles /bundles2', 'COPY bundles /bundle', 'COPY bundles /bundles\nCOPY x /data2/'])(
    '%s needs them',
    (lines) => {
      expect(plan(lines, FILES, more)).toMatchObject({ needs: 'base' });
    },
  );

  test('a base whose settings name it may have it', () => {
    const settings = { WorkingDir: '/app', Env: ['AGENTIC_BUNDLES_ROOT=/bundles'] };
    expect(plan('COPY bundles /bundles', FILES, { ...more, settings })).toEqual({ needs: 'base', line: 2 });
  });
});

describe('folders of the base keep their owner and mode', () => {
  const folders: Record<string, ReturnType<BaseTree['at']>> = {
    '/app': { kind: 'folder', uid: 0, gid: 0, mode: 0o755 },
    '/data': { kind: 'folder', uid: 1000, gid: 1000, mode: 0o700 },
    '/data/in': { kind: 'folder', uid: 7, gid: 8, mode: 0o2775 },
    '/tmp2': { kind: 'folder', uid: 0, gid: 0, mode: 0o1777 },
    '/link': { kind: 'link', target: 'data' },
    '/away': { kind: 'link', target: '/data/in' },
  };
  const above = (lines: string) => {
    const recipe = readRecipe(`FROM base\n${lines}`, { args: {}, platform: 'linux/amd64' });
    const followed = isRefusal(recipe) ? recipe : evaluateRecipe(recipe, {});
    if (isRefusal(followed)) throw new Error(followed.why);
    const base = { at: (path: string) => folders[path] };
    const result = planLayers({ steps: followed.steps, context: listed(FILES), ignore: readIgnore(''), settings: {}, base });
    if (!('layers' in result)) throw new Error(JSON.stringify(result));
    return result.layers.flatMap((layer) => [
      ...layer.above.map(({ path, uid, gid, mode }) => `${path}/ ${uid}:${gid} ${mode.toString(8)}`),
      ...layer.entries.map((entry) => {
        const bits = entry.kind === 'folder' && entry.mode !== 0o755 ? `${entry.mode.toString(8)} ` : '';
        return `${entry.path} ${bits}${entry.kind}`;
      }),
    ]);
  };

  test.each([
    ['COPY x /data/', ['/data/ 1000:1000 700', '/data/x file']],
    ['COPY x /data', ['/data/ 1000:1000 700', '/data/x file']],
    ['COPY --chown=5:6 x /data/y', ['/data/ 1000:1000 700', '/data/y file']],
    ['COPY x /tmp2/', ['/tmp2/ 0:0 1777', '/tmp2/x file']],
    ['COPY x /data/in/', ['/data/ 1000:1000 700', '/data/in/ 7:8 2775', '/data/in/x file']],
    ['COPY x /link/', ['/data/ 1000:1000 700', '/data/x file']],
    ['COPY x /away/', ['/data/ 1000:1000 700', '/data/in/ 7:8 2775', '/data/in/x file']],
    ['WORKDIR /data/in/w', ['/data/ 1000:1000 700', '/data/in/ 7:8 2775', '/data/in/w 2755 folder']],
    ['COPY x /data/in/a/b/', expect.arrayContaining(['/data/in/a 2755 folder', '/data/in/a/b 2755 folder'])],
    ['COPY dir /data/in/d', expect.arrayContaining(['/data/in/d 2755 folder', '/data/in/d/sub folder'])],
    ['COPY bundles/one /data/one', ['/data/ 1000:1000 700', '/data/one/ 0:0 755', '/data/one folder', '/data/one closed']],
  ])('%s', (lines, expected) => expect(above(lines)).toEqual(expected));
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
  ])('%s is rejected', (lines, why) =>
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
  test.each(['[a', 'x[', '[]', 'a\\', '!'])('rejects the line %s', (line) => {
    expect(() => readIgnore(`x\n${line}`)).toThrow('of .dockerignore');
  });

  test('leaves out excluded files, and folders that have no other files', () => {
    const ignore = readIgnore('dir/sub\nconf/*\nx\nbundles/two');
    expect(plan('COPY . /n', FILES, { ignore, base: BARE })).toEqual([
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
    expect(plan('COPY . /n', FILES, { ignore: readIgnore('bundles\n!bundles/one/a'), base: BARE })).toEqual({
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
