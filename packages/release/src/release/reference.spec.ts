import { thrownProblem } from '../../testing/thrown-problem';
import {
  isDigest,
  isHost,
  isRepository,
  manifestName,
  parseImageReference,
  parseRegistry,
  repositoryOf,
  shown,
} from './reference';

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;

describe('parseRegistry', () => {
  it.each([
    [
      '123456789012.dkr.ecr.eu-central-1.amazonaws.com/acme',
      { host: '123456789012.dkr.ecr.eu-central-1.amazonaws.com', prefix: 'acme' },
    ],
    ['127.0.0.1:5000', { host: '127.0.0.1:5000', prefix: '' }],
    ['ghcr.io/org', { host: 'ghcr.io', prefix: 'org' }],
    ['ghcr.io/org/team_a/x--y', { host: 'ghcr.io', prefix: 'org/team_a/x--y' }],
    ['localhost', { host: 'localhost', prefix: '' }],
    ['registry:5000/a', { host: 'registry:5000', prefix: 'a' }],
    ['[::1]:5000/a', { host: '[::1]:5000', prefix: 'a' }],
    ['index.docker.io/acme', { host: 'docker.io', prefix: 'acme' }],
  ])('parses %s', (text, expected) => {
    expect(parseRegistry(text)).toEqual(expected);
  });

  it.each([
    ['https://ghcr.io/org', 'ghcr.io/org', /scheme/],
    ['HTTP://127.0.0.1:5000/', '127.0.0.1:5000', /scheme/],
    ['ghcr.io/org/', 'ghcr.io/org', /slash/],
    ['127.0.0.1:5000/', '127.0.0.1:5000', /slash/],
    ['ghcr.io/Org', 'ghcr.io/org', /lower case/],
    ['GHCR.io', 'ghcr.io', /lower case/],
    [' ghcr.io/org\n', 'ghcr.io/org', /space/],
    ['ghcr.io//org', 'ghcr.io/org', /path under the host/],
    ['ghcr.io/org:latest', 'ghcr.io/org', /tag/],
    [`ghcr.io/org@${DIGEST}`, 'ghcr.io/org', /"@"/],
    ['me@ghcr.io/org', 'ghcr.io/org', /"@"/],
    ['acme', 'docker.io/acme', /organisation or a host/],
  ])('rejects %j and says %s', (text, hint, reason) => {
    const problem = thrownProblem(() => parseRegistry(text));
    expect(problem).toMatchObject({ code: 'registry-name', hint });
    expect(problem.message).toMatch(reason);
  });

  it.each([
    '',
    '   ',
    '/',
    'a b.io/x',
    'ghcr.io/..',
    'ghcr.io/../etc',
    'ghcr.io/a..b',
    'ghcr.io/-rf',
    'docker.io',
    '127.0.0.1:0',
    '127.0.0.1:99999',
    'ghcr.io:x/org',
    '-host.io/x',
    'ghcr.io/a\0b',
    '://',
    'ghcr.io/ümlaut',
    `ghcr.io/${'a'.repeat(256)}`,
    `${'a.'.repeat(200)}io`,
  ])('rejects %j with examples', (text) => {
    const problem = thrownProblem(() => parseRegistry(text));
    expect(problem.code).toBe('registry-name');
    expect(problem.hint).toContain('for example');
  });

  it.each(['https://me:hunter2@ghcr.io/org', 'me:hunter2@ghcr.io/org'])('does not print the password of %s', (text) => {
    const problem = thrownProblem(() => parseRegistry(text));
    expect(`${problem.message} ${problem.hint}`).not.toContain('hunter2');
    expect(problem.hint).toBe('ghcr.io/org');
  });
});

describe('parseImageReference', () => {
  it.each([
    ['python', { host: 'docker.io', repository: 'library/python' }],
    ['python:3.12', { host: 'docker.io', repository: 'library/python', tag: '3.12' }],
    ['docker.io/python:3.12', { host: 'docker.io', repository: 'library/python', tag: '3.12' }],
    ['index.docker.io/library/python', { host: 'docker.io', repository: 'library/python' }],
    ['docker.io/library/x:tag@' + DIGEST, { host: 'docker.io', repository: 'library/x', tag: 'tag', digest: DIGEST }],
    ['org/image', { host: 'docker.io', repository: 'org/image' }],
    ['localhost/image', { host: 'localhost', repository: 'image' }],
    ['localhost:5000/image:1', { host: 'localhost:5000', repository: 'image', tag: '1' }],
    ['ghcr.io/a/b@' + DIGEST, { host: 'ghcr.io', repository: 'a/b', digest: DIGEST }],
    ['127.0.0.1:5000/a/b', { host: '127.0.0.1:5000', repository: 'a/b' }],
    ['registry:5000', { host: 'docker.io', repository: 'library/registry', tag: '5000' }],
  ])('parses %s', (text, expected) => {
    expect(parseImageReference(text)).toEqual(expected);
  });

  it.each([
    '',
    ' ',
    'a b',
    'Python',
    'ghcr.io/Org/x',
    'UPPER.io/x',
    'ghcr.io/',
    'ghcr.io/a//b',
    'a/../b',
    'x@sha256:12',
    `x@${DIGEST}0`,
  ])('refuses %j', (text) => {
    expect(thrownProblem(() => parseImageReference(text)).code).toBe('registry-name');
  });

  it.each(['https://ghcr.io/a', 'f'.repeat(64), `x@sha512:${'0'.repeat(128)}`, '-x', 'x/-y', 'ghcr.io:0/x'])(
    'refuses %j',
    (text) => {
      expect(thrownProblem(() => parseImageReference(text)).code).toBe('registry-name');
    },
  );

  it.each(['x:', 'x:-a', 'x:a b'.replace(' ', '+'), `x:${'a'.repeat(129)}`, 'x:1:2'])('rejects the tag of %j', (text) => {
    expect(thrownProblem(() => parseImageReference(text)).code).toBe('unsafe-tag');
  });

  it('says what is wrong with a digest, and shows a name without what stands before its last @', () => {
    expect(thrownProblem(() => parseImageReference('ghcr.io/a/x@sha256:abc')).message).toContain('after "@" comes a digest');
    expect(thrownProblem(() => parseImageReference('me:pass@ghcr.io/a/x')).message).toContain('"…@ghcr.io/a/x"');
    expect(thrownProblem(() => parseImageReference(':latest')).message).toContain('":latest"');
  });

  it('does not print a password', () => {
    expect(thrownProblem(() => parseImageReference('me:hunter2@ghcr.io/x')).message).not.toContain('hunter2');
  });
});

describe('names', () => {
  it('are printed as they were parsed', () => {
    for (const text of ['ghcr.io/org', '127.0.0.1:5000']) expect(shown(parseRegistry(text))).toBe(text);
    for (const text of [`ghcr.io/a/b:1@${DIGEST}`, 'localhost:5000/x']) expect(shown(parseImageReference(text))).toBe(text);
    expect(shown(parseImageReference('python:3.12'))).toBe('docker.io/library/python:3.12');
  });

  it('return the reference to request', () => {
    expect(manifestName(parseImageReference('x'))).toBe('latest');
    expect(manifestName(parseImageReference('x:1'))).toBe('1');
    expect(manifestName(parseImageReference(`x:1@${DIGEST}`))).toBe(DIGEST);
  });

  it('join a registry and an image', () => {
    expect(repositoryOf(parseRegistry('ghcr.io/org'), 'kdcube-exec-bundled')).toBe('org/kdcube-exec-bundled');
    expect(repositoryOf(parseRegistry('127.0.0.1:5000'), 'x')).toBe('x');
    for (const image of ['', '../x', 'X', 'a'.repeat(250)]) {
      expect(thrownProblem(() => repositoryOf(parseRegistry('ghcr.io/organisation'), image)).code).toBe('registry-name');
    }
  });
});

describe('the parts', () => {
  it('recognize digests', () => {
    expect(isDigest(DIGEST)).toBe(true);
    for (const text of ['', 'sha256:', DIGEST.toUpperCase(), `${DIGEST}0`, `${DIGEST}\n`, `sha512:${'0'.repeat(128)}`]) {
      expect(isDigest(text)).toBe(false);
    }
  });

  it('recognize repositories', () => {
    for (const text of ['a', 'a/b-c_d.e__f--g']) expect(isRepository(text)).toBe(true);
    for (const text of ['', 'a/', '/a', 'a___b', 'a..b', 'a\n', 'A']) expect(isRepository(text)).toBe(false);
  });

  it('recognize hosts', () => {
    for (const host of ['ghcr.io', 'localhost', 'registry:5000', '127.0.0.1:1', '[::1]:5000']) expect(isHost(host)).toBe(true);
    for (const host of ['', 'a b', 'a/b', 'UP.io', '-x', 'x.', 'x:0', 'x:70000', 'me@x', 'x\n', '::1'])
      expect(isHost(host)).toBe(false);
  });
});
