import {
  isCommit,
  looksFloating,
  normalPath,
  refProblem,
  repoName,
  sameRepo,
  shownUrl,
  unsafePath,
  withoutSecrets,
} from './refs';

describe('refProblem', () => {
  test.each([
    'v1.0',
    'bundle-v2026.02.22',
    'refs/tags/v1',
    'a/b',
    'feature+x',
    '@x',
    'v1@2',
    '1',
    'ü',
    'a'.repeat(250),
    '0'.repeat(40),
    'f'.repeat(64),
  ])('%s can be pinned', (ref) => expect(refProblem(ref)).toBeUndefined());
  test.each(['main', 'HEAD', 'develop', 'refs/heads/x', 'refs/remotes/origin/x'])('%s floats', (ref) => {
    expect(refProblem(ref)?.code).toBe('mutable-ref');
    expect(looksFloating(ref)).toBe(true);
  });
  const unsafe = [
    '',
    '-x',
    '--upload-pack=x',
    'a b',
    'a\nb',
    'a\0',
    'a~1',
    'a^',
    'a:b',
    'a?',
    'a*',
    'a[',
    'a\\b',
    'a..b',
    'a@{1}',
    '@',
    'a//b',
  ];
  test.each([...unsafe, '/a', 'a/', 'a.', '.a', 'a/.b', 'a.lock', 'a.lock/b', 'a'.repeat(251), '\u007f'])(
    '%j is unsafe',
    (ref) => {
      expect(refProblem(ref)?.code).toBe('unsafe-ref');
      expect(looksFloating(ref)).toBe(false);
    },
  );
  test('a commit is 40 or 64 lower-case hexadecimal digits', () => {
    expect(['0'.repeat(40), '0'.repeat(64), '0'.repeat(41), 'A'.repeat(40), 'abc1234'].map(isCommit)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});

test.each([
  ['https://u:p@h/r', 'https://h/r', 'https://h/r'],
  ['https://u:a@b@h/r', 'https://h/r', 'https://h/r'],
  ['ssh://git@h/r', 'ssh://git@h/r', 'ssh://git@h/r'],
  ['ssh://git:p@h/r', 'ssh://git@h/r', 'ssh://git@h/r'],
  ['git@h:o/r.git', 'git@h:o/r.git', 'git@h:o/r.git'],
  ['https://h/r@v1', 'https://h/r@v1', 'https://…@v1'],
  ['https://u:p/q@h/r', 'https://u:p/q@h/r', 'https://…@h/r'],
  ['u:p@h:r', 'u:p@h:r', '…@h:r'],
  ['https://h/r?token=p', 'https://h/r?token=p', 'https://h/r'],
])('%s is written as %s and shown as %s', (url, written, shown) => {
  expect([withoutSecrets(url), shownUrl(url)]).toEqual([written, shown]);
});

test('a long URL is cut where it is shown, not where it is written', () => {
  const url = `https://h/${'x'.repeat(200)}`;
  expect([withoutSecrets(url), shownUrl(url).length]).toEqual([url, 78]);
});

test.each([
  ['git@github.com:org/repo.git', 'https://github.com/org/repo', true],
  ['git@github.com:org/repo.git', 'ssh://git@github.com:22/org/repo.git', true],
  ['https://u:p@GitHub.com/org/repo/', 'https://github.com/org/repo.git', true],
  ['git@github.com:org/repo', 'git@github.com:org/Repo', false],
  ['git@github.com:org/repo', 'git@gitlab.com:org/repo', false],
  ['ssh://git@h:2222/r', 'git@h:r', false],
  ['file:///srv/a', 'file:///srv/b', false],
])('%s and %s are one repository: %s', (a, b, same) => {
  expect([sameRepo(a, b), sameRepo(b, a)]).toEqual([same, same]);
});

test.each([
  ['git@github.com:org/repo.git', 'repo'],
  ['https://h/org/my.repo/', 'my.repo'],
  ['git@h:repo', 'repo'],
  ['name', 'name'],
])('%s is called %s', (url, name) => {
  expect(repoName(url)).toBe(name);
});

test.each([
  ['bundles', undefined],
  ['', undefined],
  ['./a//b/', undefined],
  ['a/..b', undefined],
  ['../a', 'climbs'],
  ['a/../../b', 'climbs'],
  ['a/..', 'climbs'],
  ['/a', 'absolute'],
  ['C:/a', 'absolute'],
  ['a\\b', 'backslash'],
  ['a\nb', 'control'],
  ['-a', 'dash'],
  ['.git/x', '.git'],
  ['a/.GIT', '.git'],
  ['x'.repeat(1001), 'long'],
])('the path %j: %s', (path, why) => {
  const answer = unsafePath(path);
  expect(why === undefined ? answer === undefined : answer?.includes(why)).toBe(true);
});

test('one spelling for a path', () => {
  expect(['./a//b/', 'a/./b', '', '.', './'].map(normalPath)).toEqual(['a/b', 'a/b', '', '', '']);
});
