import { LFS_LIMIT, planStage, type StagePlan, type TreeEntry } from './stage';

const oid = 'a'.repeat(40);
const file = (path: string, more: Partial<TreeEntry> = {}): TreeEntry => ({ mode: '100644', oid, path, ...more });
const link = (path: string, target: string): TreeEntry => ({ mode: '120000', oid, path, text: target });

function plan(...entries: TreeEntry[]): StagePlan {
  const result = planStage(entries, 'bundle b');
  if (Array.isArray(result)) throw new Error(result.map(({ message }) => message).join('\n'));
  return result;
}

function problems(...entries: TreeEntry[]): [string, string][] {
  const result = planStage(entries, 'bundle b');
  return Array.isArray(result) ? result.map(({ code, message }) => [code, message]) : [];
}

const codes = (...entries: TreeEntry[]): string[] => problems(...entries).map(([code]) => code);

describe('planStage', () => {
  it('plans folders before their content, files with their mode, and links', () => {
    expect(
      plan(file('b/c/d.py'), file('run.sh', { mode: '100755' }), file('b/old', { mode: '100664' }), link('l', 'b/c')),
    ).toEqual({
      folders: ['b', 'b/c'],
      files: [
        { path: 'b/c/d.py', oid, executable: false },
        { path: 'b/old', oid, executable: false },
        { path: 'run.sh', oid, executable: true },
      ],
      links: [{ path: 'l', target: 'b/c' }],
    });
  });

  it('gives the same plan for any order of entries', () => {
    const entries = [file('a/b'), file('a-b'), file('a.b'), link('z', 'a'), file('ü')];
    expect(plan(...entries)).toEqual(plan(...[...entries].reverse()));
  });

  it('returns every problem, with its bundle and place', () => {
    const at = { file: 'release.yaml', line: 3 };
    const found = planStage([file('CON'), file('x:y'), link('l', '/etc'), { mode: '160000', oid, path: 'sub' }], 'bundle b', at);
    expect(Array.isArray(found) && found.map(({ code }) => code).sort()).toEqual([
      'submodule',
      'symlink-escape',
      'unsafe-name',
      'unsafe-name',
    ]);
    expect(Array.isArray(found) && found.every((each) => each.at === at && each.message.startsWith('bundle b: '))).toBe(true);
  });
});

describe('links', () => {
  it.each([
    ['l', 'entrypoint.py'],
    ['l', './a//b/../c'],
    ['a/b/l', '../../entrypoint.py'],
    ['a/l', '..'],
    ['l', 'missing/file'],
    ['l', '.'],
    ['l', '...'],
    ['l', 'a b/ü'],
  ])('keeps %s -> %s', (path, target) => {
    expect(plan(link(path, target), file('entrypoint.py')).links).toEqual([{ path, target }]);
  });

  it.each([
    ['l', '..'],
    ['l', '../b/x'],
    ['a/l', '../../x'],
    ['a/l', 'x/../../../y/b'],
    ['l', '/bundles/b/x'],
    ['l', 'C:/x'],
    ['l', 'a\\..\\..\\x'],
    ['l', ''],
    ['l', 'a\nb'],
    ['l', 'a\u0000b'],
    ['l', 'x'.repeat(LFS_LIMIT)],
    ['l', 'l'],
    ['l', 'l/x'],
  ])('rejects %s -> %j', (path, target) => {
    expect(codes(link(path, target))).toEqual(['symlink-escape']);
  });

  it('rejects a target that leaves the bundle only through another link', () => {
    expect(codes(link('deep/er/up', '../..'), link('l', 'deep/er/up/../x'))).toEqual(['symlink-escape']);
    expect(plan(link('deep/er/up', '../..'), link('l', 'deep/er/up/x')).links).toHaveLength(2);
  });

  it('rejects loops, of two and of many, and every link into one', () => {
    expect(codes(link('a', 'b'), link('b', 'a'), link('c', 'a/x'))).toEqual([
      'symlink-escape',
      'symlink-escape',
      'symlink-escape',
    ]);
  });

  it('is fast for links that double with every step', () => {
    const entries = Array.from({ length: 60 }, (_, index) => link(`l${index}`, `l${index + 1}/../l${index + 1}`));
    expect(codes(...entries).every((code) => code === 'symlink-escape')).toBe(true);
  });

  it('treats a link through an absolute one as leaving the bundle', () => {
    expect(codes(link('a', '/etc'), link('b', 'a/passwd'))).toEqual(['symlink-escape', 'symlink-escape']);
  });
});

describe('names', () => {
  it.each([
    'entrypoint.py',
    '.gitignore',
    '.github/x',
    'a b',
    'ünïcödé/日本語.txt',
    'console.py',
    'com10',
    'git~x',
    '-rf',
    '$(x)',
    "it's",
    'a\u200db.txt',
  ])('accepts %j', (path) => {
    expect(plan(file(path)).files).toHaveLength(1);
  });

  it.each([
    '../x',
    'a/../b',
    '/abs',
    'a//b',
    './a',
    'a\nb',
    'a\u0000',
    'a\u001b[31m',
    'a\u0085',
    'a\u202egpj.py',
    'a\\b',
    'a:b',
    'a?',
    'a*',
    'a"b',
    'a<b',
    'a|b',
    'a.',
    'a /b',
    'CON',
    'con.txt',
    'x/Aux.py',
    'lpt1',
    'com².log',
    '.git',
    'a/.GIT/config',
    '.g\u200cit/config',
    'GIT~1/hooks/x',
    'x'.repeat(256),
    'ü'.repeat(128),
    Array.from({ length: 60 }, () => 'x'.repeat(200)).join('/'),
    Array.from({ length: 2000 }, () => 'x').join('/'),
    Array.from({ length: 16 }, () => 'ü'.repeat(125)).join('/'),
  ])('rejects %j', (path) => {
    expect(codes(file(path))).toEqual(['unsafe-name']);
  });

  it('escapes control characters in messages', () => {
    expect(problems(file('a\u001b[31m\n'))[0]![1]).not.toMatch(/[\u0000-\u001f]/);
  });

  it.each([
    ['Readme.md', 'README.md'],
    ['src/a.py', 'SRC/b.py'],
    ['src/deep/a.py', 'src/Deep/b.py'],
    ['lib', 'LIB/x.py'],
    ['caf\u00e9', 'cafe\u0301'],
    ['stra\u00dfe', 'STRASSE'],
    ['\u00c5ngstr\u00f6m', '\u212bngstr\u00f6m'],
  ])('rejects %j beside %j', (first, second) => {
    const found = problems(file(first), file(second));
    expect(found.map(([code]) => code)).toEqual(['case-clash']);
    const [top, other] =
      first.includes('/') && second.includes('/')
        ? [first, second].map((each) => each.slice(0, each.lastIndexOf('/')))
        : [first, second.split('/')[0]];
    expect(found[0]![1]).toContain(JSON.stringify(top));
    expect(found[0]![1]).toContain(JSON.stringify(other));
  });

  it('reports each pair of folders once, however many files are in them', () => {
    expect(codes(...Array.from({ length: 50 }, (_, index) => file(`${index % 2 ? 'A' : 'a'}/${index}`)))).toEqual(['case-clash']);
  });

  it('rejects clashing folders far above their files, and above links', () => {
    expect(codes(file('A/b/x'), file('a/c/y'))).toEqual(['case-clash']);
    expect(codes(file('A/b/x'), link('a/c/l', '../../A/b/x'))).toEqual(['case-clash']);
    expect(codes(link('A/l', '.'), link('a/m', '.'))).toEqual(['case-clash']);
  });

  it('rejects a path that occurs twice, or is a file and a folder', () => {
    expect(codes(file('a'), file('a'))).toEqual(['unsafe-name']);
    expect(codes(file('a'), file('a/b'))).toEqual(['unsafe-name']);
    expect(codes(link('a', 'x'), file('a/b'))).toEqual(['unsafe-name']);
  });
});

describe('content', () => {
  const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 12345\n`;

  it('rejects a Git LFS pointer and names the file and the command to run', () => {
    const found = planStage([file('models/big.bin', { text: pointer })], 'bundle b');
    expect(found).toEqual([
      expect.objectContaining({
        code: 'lfs-pointer',
        message: expect.stringContaining('models/big.bin'),
        hint: expect.stringContaining('git lfs untrack models/big.bin'),
      }),
    ]);
  });

  it('shows no name for pasting that a shell would interpret', () => {
    const found = planStage([file('$(touch x)', { text: pointer })], 'bundle b');
    expect(Array.isArray(found) && found[0]!.hint).not.toContain('$(');
    expect(Array.isArray(found) && found[0]!.hint).toContain('git lfs untrack <the file> && git add');
  });

  it('accepts a file that only mentions LFS', () => {
    expect(plan(file('notes.md', { text: `see ${pointer}` }), file('empty', { text: '' })).files).toHaveLength(2);
  });

  it('rejects modes that git does not write', () => {
    expect(codes(file('fifo', { mode: '010000' }))).toEqual(['unsafe-name']);
  });
});
