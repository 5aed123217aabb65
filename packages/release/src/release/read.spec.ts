import { formatProblems, KdcubeError } from '../problem/problem';
import { mustReadRelease, readRelease } from './read';
import type { ReleaseOptions } from './release';

const PLATFORM = 'platform: {ref: "2026.7.20"}\n';
const read = (text: string, options?: ReleaseOptions) => readRelease(PLATFORM + text, 'release.yaml', options);
const codes = (text: string, options?: ReleaseOptions) => read(text, options).problems.map(({ code }) => code);
const items = (...lines: string[]) => `bundles:\n  items:\n${lines.map((line) => `    - ${line}\n`).join('')}`;

test('every problem at once, in the order of the text', () => {
  const { problems } = readRelease(
    [
      'bundles:',
      '  items:',
      '    - id: "b b"',
      '      ref: main',
      '    - id: "c@1"',
      '      repo: x',
      '    - {}',
      '  default_bundle_id: z',
      'what: 1',
    ].join('\n'),
    'release.yaml',
  );
  const places = problems.map(({ at }) => at!.line! * 1000 + at!.col!);
  expect(places).toEqual([...places].sort((a, b) => a - b));
  expect(problems.map(({ code }) => code).sort()).toEqual(
    [
      'mutable-ref',
      'missing-key',
      'missing-key',
      'missing-ref',
      'ref-without-repo',
      'unknown-default',
      'unknown-key',
      'unsafe-id',
    ].sort(),
  );
  expect(() => mustReadRelease('x: 1', 'release.yaml')).toThrow(KdcubeError);
});

test.each(['1e3', '2026.10', '2026-02-22', 'yes', '0123456', '1_000', '12:30', '.5', 'true'])(
  'ref: %s is unquoted, and this is the only problem',
  (ref) => {
    const found = codes(items(`{id: a, repo: "git@h:o/r", ref: ${ref}}`)).filter((code) => code !== 'unsafe-ref');
    expect(found).toEqual(['unquoted-value']);
    expect(codes(items(`{id: a, repo: "git@h:o/r", ref: "${ref.replace(':', '-').replace(/^\./, '0.')}"}`))).toEqual([]);
  },
);

test.each(['null', '~', ''])('ref: %s has no value', (ref) => {
  expect(codes(`bundles:\n  items:\n    - id: a\n      repo: "git@h:o/r"\n      ref: ${ref}\n`)).toEqual(['wrong-type']);
});

describe('names of prototypes', () => {
  const names = ['constructor', 'toString', 'valueOf', 'hasOwnProperty'];

  test('as ids and keys of the map form', () => {
    expect(codes(`bundles: {${names.map((name) => `${name}: {}`).join(', ')}}`)).toEqual(names.map(() => 'reserved-id'));
    expect(codes('bundles: {__proto__: {}}')).toEqual(['unsafe-id']);
    expect(codes('bundles:\n  default_bundle_id: toString\n  items: [{id: a}]')).toEqual(['unknown-default']);
  });

  test('as unknown keys', () => {
    expect(codes(items('{id: a, constructor: 1, __proto__: {b: 1}, valueof: 2}'))).toEqual([
      'unknown-key',
      'unknown-key',
      'unknown-key',
    ]);
    expect(codes('constructor: 1\n')).toEqual(['unknown-key']);
  });

  test('as repositories and settings', () => {
    const { release, problems } = read(
      `repos: {constructor: "git@h:o/r", config: "git@h:o/s"}\n${items('{id: a, repo: constructor, ref: v1, config: {__proto__: {x: 1}}}')}`,
    );
    expect(problems).toEqual([]);
    expect(release!.repos).toEqual({ constructor: 'git@h:o/r', config: 'git@h:o/s' });
    expect(Object.keys(release!.bundles[0]!.config!)).toEqual(['__proto__']);
  });
});

describe('rules that depend on how the release is used', () => {
  const branch = items('{id: a, repo: "git@h:o/r", ref: main}');
  test.each<[string, string, ReleaseOptions, string[]]>([
    ['a branch', branch, {}, ['mutable-ref']],
    ['a branch in git mode', branch, { mode: 'git' }, ['mutable-ref']],
    ['a branch, baked, with always-pull', branch, { alwaysPull: true }, ['mutable-ref']],
    ['a branch in git mode with always-pull', branch, { mode: 'git', alwaysPull: true }, []],
    [
      'an unsafe ref in git mode with always-pull',
      items('{id: a, repo: "git@h:o/r", ref: "-x"}'),
      { mode: 'git', alwaysPull: true },
      ['unsafe-ref'],
    ],
    ['a frontend’s branch, always', 'frontend: {repo: r, ref: main}', { mode: 'git', alwaysPull: true }, ['mutable-ref']],
    ['an example’s id', items('{id: "workspace@2026-03-31-13-36"}'), {}, []],
    ['an example’s id with examples on', items('{id: "workspace@2026-03-31-13-36"}'), { examples: true }, ['reserved-id']],
    ['an example’s id, early', items('{id: "react@2026-02-10-02-44"}'), { generation: '2026.3.3' }, ['reserved-id']],
    ['an example’s id at the seed', items('{id: "react@2026-02-10-02-44"}'), { generation: '2026.3.1', examples: true }, []],
    ['the admin’s id', items('{id: kdcube.admin}'), { generation: '2026.3.1' }, ['reserved-id']],
    ['a module of Python', items('{id: json}'), {}, ['reserved-id']],
    ['one folder in two spellings', items('{id: A.b}', '{id: a_b}'), {}, ['folder-clash']],
    ['a folder of the frontend outside of its repository', 'frontend: {repo: r, ref: v1, subdir: ../x}', {}, ['unsafe-path']],
    ['a repository of the frontend that is none', 'frontend: {repo: "ext::x", ref: v1}', {}, ['unsafe-url']],
    ['a module of Python in another case', items('{id: Email}'), {}, ['reserved-id']],
    ['a package of the platform', items('{id: kdcube_ai_app}'), {}, ['reserved-id']],
    ['a package that the platform imports, pinned', items('{id: redis, repo: "git@h:o/r", ref: v1}'), {}, ['reserved-id']],
    ['a folder that is none of Python’s', items('{id: json.1}'), {}, []],
  ])('%s', (_, text, options, expected) => {
    expect(codes(text, options)).toEqual(expected);
  });

  test.each<[string, ReleaseOptions, string[]]>([
    ['v0.3.2', {}, []],
    ['nightly-build', { generation: '2026.3.3' }, ['platform-ref']],
    ['nightly-build', { generation: '2026.3.1' }, []],
    ['a'.repeat(40), {}, []],
    ['main', {}, ['mutable-ref']],
    ['2026.07.20.x', {}, ['platform-ref']],
  ])('platform.ref %s with %j', (ref, options, expected) => {
    expect(readRelease(`platform: {ref: "${ref}"}\n`, 'release.yaml', options).problems.map(({ code }) => code)).toEqual(
      expected,
    );
  });
});

test('a thousand bundles, with distinct and with clashing ids', () => {
  const lines = Array.from({ length: 1000 }, (_, n) => `{id: "b${n}@1.0", repo: "git@h:o/r${n}", ref: v${n}, subdir: x}`);
  const { release, problems, notes } = read(items(...lines));
  expect([release!.bundles.length, problems.length, notes.length]).toEqual([1000, 0, 1000]);
  // Every bundle twice: each clash is reported.
  expect(codes(items(...lines, ...lines)).length).toBe(1000);
});

test('no message shows a secret', () => {
  const secret = 'hunter2hunter2';
  const text = items(
    `{id: a, ref: v1, repo: "https://u:${secret}@h/r"}`,
    `{id: b, ref: v1, repo: "https://${secret}@h/r"}`,
    `{id: c, ref: v1, repo: "http://u:${secret}@h/r"}`,
    `{id: d, ref: v1, repo: "ssh://git:${secret}@h/r"}`,
    `{id: e, ref: v1, repo: "u:${secret}@h:r"}`,
    `{id: f, ref: v1, repo: "https://u:${secret}/x@h/r"}`,
    `{id: g, ref: v1, repo: "https://u:a@${secret}@h/r"}`,
    `{id: h, ref: v1, repo: "https://h/r?token=${secret}"}`,
    `{id: i, ref: v1, repo: "https://h/r#${secret}"}`,
    `{id: j, ref: main, repo: "https://u:${secret}@h/r"}`,
    `{id: k, config: {db: "postgres://u:${secret}@h/db"}}`,
  );
  const { problems } = read(`repos: {x: "https://u:${secret}@h/r"}\n${text}`);
  expect(problems.length).toBeGreaterThan(11);
  expect(formatProblems(problems)).not.toContain(secret);
});

test('an invalid part does not affect valid parts', () => {
  const { release, problems } = read(items('{id: a, name: [x], subdir: s}', 'text', '{id: b}'));
  expect(problems.map(({ code }) => code)).toEqual(['wrong-type', 'wrong-type']);
  expect(release!.bundles).toMatchObject([{ id: 'a', subdir: 's', name: undefined }, { id: 'b' }]);
});

describe('secrets in settings', () => {
  const config = (text: string, more = '') => codes(`${items(`{id: a, config: ${text}}`)}${more}`);
  test.each([
    '{password: hunter2hunter2}',
    '{db: {password: hunter2}}',
    '{dbPassword: hunter2hunter2}',
    '{api_key: a1b2c3d4e5f6}',
    '{passwords: [], list: [{secret: a1b2c3d4e5f6}]}',
    '{json: \'{"db":{"password":"hunter2hunter2"}}\'}',
    '{hook: "https://hooks.slack.com/services/T0123456789/B0123456789/a1b2c3d4e5f6a1b2c3d4e5f6"}',
    '{dsn: "host=db password=hunter2"}',
  ])('config: %s is rejected', (text) => expect(config(text)).toEqual(['secret-value']));

  test.each([
    '{password: "env:DB_PASSWORD"}',
    '{password: "${DB_PASSWORD}"}',
    '{token: my-token-name, secret_name: x1y2z3a4}',
    '{max_tokens: 1000, password: ""}',
  ])('config: %s is accepted', (text) => expect(config(text)).toEqual([]));

  test('a name is cleared by a list, or by a mapping with a reason', () => {
    expect(config('{password: hunter2hunter2}', 'not_secret: [password]\n')).toEqual([]);
    expect(config('{password: hunter2hunter2}', 'not_secret: {password: of the public demo}\n')).toEqual([]);
    expect(config('{password: hunter2hunter2}', 'not_secret: {other: of the public demo}\n').sort()).toEqual([
      'secret-value',
      'unknown-key',
    ]);
    expect(config('{password: hunter2hunter2}', 'not_secret: {password: }\n')).toContain('wrong-type');
    expect(config('{password: hunter2hunter2}', 'not_secret: password\n').sort()).toEqual(['secret-value', 'wrong-type']);
    expect(config('{}', 'not_secret: [1]\n')).toEqual(['unquoted-value']);
  });

  test('a file is allowed only with a reason', () => {
    const key = 'bundles/a/tests/key.pem';
    const text = (notSecret: string) => `${items('{id: a}')}not_secret: ${notSecret}\n`;
    expect(codes(text(`[${key}]`))).toEqual(['missing-key']);
    expect(read(text(`{${key}: signs nothing}`))).toMatchObject({
      problems: [],
      release: { allowedFiles: { [key]: 'signs nothing' } },
    });
  });
});

test('a bundle with a module’s name: the message names the other spelling only if it is another one', () => {
  const messageOf = (id: string) => read(items(`{id: ${id}}`)).problems[0]!.message;
  expect(messageOf('email')).not.toContain('which is the same name');
  expect(messageOf('Email')).toContain('("email", which is the same name on macOS and Windows)');
});

test('the place of a repository that is none is its key', () => {
  for (const section of ['frontend', 'platform']) {
    const { problems } = readRelease(`${section}: {repo: "ext::x", ref: "2026.7.20"}\n`, 'release.yaml');
    expect(problems.find(({ code }) => code === 'unsafe-url')!.at!.path).toBe(`${section}.repo`);
  }
});

test.each(['config', 'props'])('a platform that reads no settings of a bundle: %s is a note', (key) => {
  const { notes } = read(items(`{id: a@1, ${key}: {x: 1}}`, '{id: b@1}'), { generation: '2026.3.1' });
  const ignored = notes.filter(({ code }) => code === 'ignored-key');
  expect(ignored.map(({ message, at }) => [/"(\w+)"/.exec(message)?.[1], at!.path])).toEqual([[key, `bundles.items[0].${key}`]]);
});

test('bundles as a bare list are no release', () => {
  const { problems } = readRelease('- id: a@1\n', 'release.yaml');
  expect(problems).toMatchObject([{ code: 'list-form', at: { line: 1 } }]);
});

test('in the map form, version is the version if it is a text, and a bundle if it is a mapping', () => {
  const ids = (text: string) => read(text).release?.bundles.map(({ id }) => id);
  expect(ids('bundles:\n  version: "1"\n  a@1: {}\n')).toEqual(['a@1']);
  expect(ids('bundles:\n  version: {}\n  a@1: {}\n')?.sort()).toEqual(['a@1', 'version']);
});

test('an empty name of the release is no name', () => {
  expect(read('release_name: ""\n').release?.name).toBeUndefined();
});
