import { parseRepo } from './repo-url';
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
  const branches = ['HEAD', 'FETCH_HEAD', 'ORIG_HEAD', 'main', 'master', 'trunk', 'develop', 'development', 'dev', 'devel'];
  branches.push('staging', 'production', 'latest', 'next', 'nightly', 'refs/heads/x', 'refs/heads/v1', 'refs/remotes/origin/x');
  test.each(branches)('%s is mutable', (ref) => {
    expect(refProblem(ref)?.code).toBe('mutable-ref');
    expect(looksFloating(ref)).toBe(true);
  });
  test.each(branches.filter((ref) => !ref.includes('/')))('a tag that only contains %s can be pinned', (ref) => {
    for (const tag of [`${ref}-1`, `v1-${ref}`, `a/${ref}`, `${ref}/a`, `refs/tags/${ref}`])
      expect(refProblem(tag)).toBeUndefined();
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

describe('a password with several separators, of which no part is shown', () => {
  const separators = ['@', '@@', ':', ':@', '@:', '/', '/@', '@/', '//', '%40', '@host/', '@host:', '@host:22/', '\\'];
  test.each(separators)('%j, before and after each of the others', (separator) => {
    const passwords = separators.flatMap((other) => [`AAA${separator}BBB${other}CCC`, `AAA${other}BBB${separator}CCC`]);
    const urls = passwords.flatMap((password) => [
      ...['https', 'HTTPS', 'http', 'ssh', 'SSH', 'file', 'git'].map((scheme) => `${scheme}://user:${password}@host/r`),
      ...[`https://${password}@host/r`, `https://:${password}@host/r`, `ssh://user:${password}@host:22/r`],
      ...[`user:${password}@host:r`, `user:${password}@host/r`, `user:${password}@host`],
    ]);
    expect(urls.filter((url) => /AAA|BBB|CCC/.test(shownUrl(url)))).toEqual([]);
    expect(urls.filter((url) => !/host/.test(shownUrl(url)))).toEqual([]);
  });

  test.each(separators.filter((separator) => !separator.includes('/')))('%j, and none is written', (separator) => {
    const user = `user:AAA${separator}BBB${separator}CCC`;
    const urls = [`https://${user}@host/r`, `http://${user}@host/r`, `ssh://${user}@host/r`];
    expect(urls.map(withoutSecrets)).toEqual(['https://host/r', 'http://host/r', 'ssh://user@host/r']);
  });
});

test.each(['?', '#', '??', '?#', '#@', '@?', '?/', '/#'])('a password or a query with %j: no part is shown', (separator) => {
  const secrets = ['AAA', `AAA${separator}BBB`, `AAA@BBB${separator}CCC`, `AAA${separator}BBB@CCC`];
  const urls = secrets.flatMap((secret) => [
    ...['https', 'HTTPS', 'http', 'ssh', 'file', 'git'].map((scheme) => `${scheme}://user:${secret}${separator}DDD@host/r`),
    ...[`user:${secret}${separator}DDD@host:r`, `https://${secret}${separator}DDD@host/r`],
    ...[`https://host/r${separator}token=${secret}@DDD`, `git@host:r${separator}token=${secret}`],
  ]);
  expect(urls.filter((url) => /AAA|BBB|CCC|DDD/.test(shownUrl(url)))).toEqual([]);
  const reported = urls.map((url) => JSON.stringify(parseRepo(url)));
  expect(reported.filter((text) => /AAA|BBB|CCC|DDD/.test(text))).toEqual([]);
});

test('a long URL is truncated in messages, not in files', () => {
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
  ['https://h/org/r.git/', 'https://h/org/r', true],
  ['https://h/org/r.git.git', 'https://h/org/r', false],
  ['https://h/org/my.github', 'https://h/org/myhub', false],
  ['git@h:org/my.gitrepo.git', 'git@h:org/myrepo', false],
  ['git@h:a.git/b', 'git@h:a/b', false],
  ['https://h/org/rxgit', 'https://h/org/r', false],
])('%s and %s are one repository: %s', (a, b, same) => {
  expect([sameRepo(a, b), sameRepo(b, a)]).toEqual([same, same]);
});

test.each([
  ['git@github.com:org/repo.git', 'repo'],
  ['https://h/org/my.repo/', 'my.repo'],
  ['git@h:repo', 'repo'],
  ['name', 'name'],
  ['https://h/org/r.git//', 'r'],
  ['https://h/org/my.github', 'my.github'],
  ['git@h:org/my.gitrepo.git', 'my.gitrepo'],
  ['git@h:a.git/b', 'b'],
])('the name of %s is %s', (url, name) => {
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

test('normalizes a path', () => {
  expect(['./a//b/', 'a/./b', '', '.', './'].map(normalPath)).toEqual(['a/b', 'a/b', '', '', '']);
});
