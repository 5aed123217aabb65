import { formatProblem, formatProblems, KdcubeError } from '../problem/problem';
import { environmentText, textFiles } from '../../testing/environments';
import { mustReadEnvironment, readEnvironment } from './read-environment';

const read = (text: string | Uint8Array, others: Record<string, string> = {}) =>
  readEnvironment('one', {
    ...textFiles({ one: '', ...others }),
    read: (path) => (path === 'environments/one.yaml' ? text : textFiles(others).read(path)),
  });
const codes = (text: string | Uint8Array, others?: Record<string, string>) => read(text, others).problems.map(({ code }) => code);

describe('hostile documents', () => {
  test.each<[string, string | Uint8Array, string]>([
    ['empty', '', 'yaml-empty'],
    ['UTF-16', Buffer.from('\uFEFFa: 1', 'utf16le'), 'not-text'],
    ['a NUL', 'a: "x\0"', 'not-text'],
    ['too large', 'a'.repeat(2 * 1024 * 1024), 'file-too-large'],
    ['too deep', `a: ${'['.repeat(5000)}`, 'yaml-syntax'],
    ['a tag', 'a: !!python/object x', 'yaml-syntax'],
    ['a bomb', 'a: &a [x]\nb: [*a, *a]', 'yaml-alias'],
    ['two keys of one name', 'target: ecs\ntarget: compose', 'yaml-duplicate-key'],
    ['two documents', 'a: 1\n---\nb: 2', 'yaml-many-documents'],
    ['a list', '- a', 'wrong-type'],
    ['a text', 'hello', 'wrong-type'],
  ])('%s', (_, text, code) => {
    expect(new Set(codes(text))).toEqual(new Set([code]));
    expect(codes(environmentText('extends: low'), { low: typeof text === 'string' ? text : 'a: [' })).toContain(
      typeof text === 'string' ? code : 'yaml-syntax',
    );
  });

  test('names of prototypes everywhere', () => {
    expect(
      codes(
        'constructor: 1\n__proto__: { a: 1 }\nservices: { toString: { component: proc, image: a, valueOf: 1 } }\nenv: { proc: { constructor: "x" } }',
      ),
    ).toEqual(expect.arrayContaining(['unknown-key', 'missing-key']));
    expect(codes(environmentText('env: { proc: { constructor: "x", toString: "y" } }'))).toEqual(['reserved-id', 'reserved-id']);
  });

  test('the one name that would be lost in parsing is a problem, reported once at its place', () => {
    const lost = { code: 'reserved-id', message: expect.stringContaining('"__proto__"'), hint: 'another name' };
    for (const section of ['env', 'secrets']) {
      const { problems } = read(environmentText(`${section}: { proc: { __proto__: "x", A: "ssm:/a" } }`));
      expect(problems).toContainEqual({ ...lost, at: expect.objectContaining({ path: `${section}.proc.__proto__` }) });
    }
    expect(codes(environmentText('__proto__: { a: 1 }'))).toContain('reserved-id');
  });

  test('every section with every other type', () => {
    for (const key of [
      'vars',
      'ecs',
      'compose',
      'gateway',
      'bundles',
      'exec',
      'metrics',
      'env',
      'secrets',
      'not_secret',
      'mounts',
      'extends',
    ])
      for (const value of ['null', '1', '"x"', '[1]', '[[x]]', '{ x: null }', '{ x: { y: [1] } }', 'true'])
        expect(() => read(environmentText(`${key}: ${value}`))).not.toThrow();
  });
});

test('every problem at once, in the order of the text', () => {
  const { problems } = read(
    'target: cloud\nregon: eu\nservices:\n  a: { component: proc }\n  b: { component: prok, image: x }\nenv: { proc: { DB_HOST: "<HOST>" } }\n',
  );
  const lines = problems.map(({ at }) => at!.line!);
  expect(lines).toEqual([...lines].sort((a, b) => a - b));
  expect(problems.map(({ code }) => code).sort()).toEqual(
    [
      'env-misnamed',
      'missing-key',
      'missing-key',
      'missing-key',
      'placeholder',
      'unknown-key',
      'wrong-value',
      'wrong-value',
    ].sort(),
  );
});

test('a placeholder is reported once, whatever else is wrong with it; a name beside it is reported too', () => {
  const text = `target: <TARGET>
registry: <REGISTRY>
tenant: <TENANT>
project: <PROJECT>
ecs: { account: <ACCOUNT_ID>, region: <REGION>, cluster: <CLUSTER>, execution_role: <ROLE>, subnets: [<SUBNET_ID>] }
services:
  proc: { component: <COMPONENT>, image: <IMAGE>, cpu: <CPU>, mounts: { /config: { efs: <EFS_ID> } } }
secrets: { shared: { REDIS_URL: <REDIS_URL_ARN> } }
env: { proc: { DB_HOST: <DB_HOST> } }
`;
  const output = read(text).problems.map(({ code, at }) => `${code} ${at?.path}`);
  const places = [...text.matchAll(/<[A-Z_]+>/g)].length;
  expect(output.filter((line) => line.startsWith('placeholder'))).toHaveLength(places);
  expect(output.filter((line) => !line.startsWith('placeholder'))).toEqual(['env-misnamed env.proc.DB_HOST']);
});

test('an invalid part does not affect valid parts', () => {
  const { environment } = read(
    environmentText(
      'services:\n  bad: { component: 7, image: x }\n  good: { component: proc, image: kdcube-chat-proc-bundled, count: x }\nexec: [1]\n',
    ),
  );
  expect(environment!.services).toMatchObject([{ name: 'good', stopTimeout: expect.any(Number) }]);
  expect(environment!.exec).toBeUndefined();
});

describe('extends', () => {
  test('problems are reported in the file that contains them', () => {
    const { problems } = read('extends: low\nservices: { a: { component: proc, image: x } }', {
      low: 'target: ecs\nregistry: "r.example.com/a"\ntenant: 7\nproject: p\nwhat: 1\n',
    });
    expect(problems.map(({ at, code }) => `${at!.file}:${at!.line} ${code}`)).toEqual([
      'environments/low.yaml:3 unquoted-value',
      'environments/low.yaml:5 unknown-key',
    ]);
  });

  test('values of the extending file are variables of the extended one', () => {
    const { environment } = mustReadEnvironment(
      'one',
      textFiles({
        one: 'extends: low\nvars: { name: lifts }',
        low: environmentText('vars: { name: slopes }').replace('project: lifts', 'project: "${name}"'),
      }),
    );
    expect(environment.project).toBe('lifts');
  });

  test.each([
    ['itself', { one: 'extends: one' }, 'extends-cycle'],
    ['nothing', { one: 'extends: other' }, 'unknown-environment'],
    ['a path', { one: 'extends: ../secret' }, 'unknown-environment'],
  ])('%s', (_, files, code) => {
    expect(readEnvironment('one', textFiles(files)).problems.map((problem) => problem.code)).toContain(code);
  });
});

test('an environment that is missing, or only extended, is a problem', () => {
  expect(() => mustReadEnvironment('../etc/passwd', textFiles({ one: 'a: 1' }))).toThrow(KdcubeError);
  expect(() => mustReadEnvironment('two', textFiles({ one: 'a: 1' }))).toThrow(/one of one/);
  expect(() => mustReadEnvironment('one', textFiles({ one: 'abstract: true' }))).toThrow(/to be extended/);
});

describe('a canary', () => {
  const CANARY = 'canary7Qx2Zp9Lk4Vb8Nw3Rt6Yh1Ms5';
  const PLACES: [string, string][] = [
    ['a secret', `secrets: { proc: { OPENAI_API_KEY: "${CANARY}" } }`],
    ['a shared secret', `secrets: { shared: { X: "${CANARY}" } }`],
    ['a secret without quotes', `secrets: { proc: { X: ${CANARY} } }`],
    ['a secret in a wrong shape', `secrets: { proc: { X: ["${CANARY}"] } }`],
    ['a secret in place of all', `secrets: "${CANARY}"`],
    ['a nearly right reference', `secrets: { proc: { X: "ssm:${CANARY} ${CANARY}" } }`],
    ['a variable', `env: { proc: { MY_PASSWORD: "${CANARY}" } }`],
    ['a variable of no promise', `env: { proc: { MINE: "${CANARY}" } }`],
    ['a URL', `env: { proc: { MINE: "redis://:${CANARY}@h:6379/0" } }`],
    ['a word', `vars: { mine: "${CANARY}" }`],
    [
      'a word in use',
      `vars: { mine: "${CANARY}" }\nenv: { proc: { MINE: "\${mine}" } }\nsecrets: { proc: { OTHER: "\${mine}" } }`,
    ],
    ['a URL of a gateway', `gateway: { redis_url: "redis://:${CANARY}@h:6379/0" }`],
    ['an anchor', `secrets: { proc: { X: &${CANARY} a } }`],
    ['an alias', `secrets: { proc: { X: *${CANARY} } }`],
    ['a tag', `secrets: { proc: { X: !${CANARY} a } }`],
    ['braces of a password', `secrets: { proc: { X: "a${'${'}${CANARY}}b" } }`],
    ['angles of a password', `env: { proc: { X_PASSWORD: "a<${CANARY.toUpperCase()}>b" } }`],
    ['JSON', `env: { proc: { CORS_CONFIG: '{"a": ${CANARY}' } }`],
    ['a registry’s user', `services: { a: { component: other, image: "u:${CANARY}@r.example.com/a:1" } }`],
  ];

  test.each(PLACES)('%s: a problem, and no message shows the value', (_, more) => {
    const { problems, notes } = read(environmentText(more));
    expect(problems.length).toBeGreaterThan(0);
    expect(formatProblems(problems) + notes.map(formatProblem).join()).not.toMatch(new RegExp(CANARY, 'i'));
  });

  test('numbers and dates in place of secrets are not shown either', () => {
    for (const secret of ['7319846250', '0731984625', '2031-09-17', '73:19:84', 'yes', '1e999'])
      for (const section of ['secrets: { proc: { X: VALUE } }', 'env: { proc: { X_PASSWORD: VALUE } }'])
        expect(
          formatProblems(
            read(environmentText(section.replace('VALUE', secret))).problems.filter(({ at }) => at?.path?.includes('.X')),
          ),
        ).not.toContain(secret);
  });

  test.each([
    '{"db":{"password":"hunter2hunter2"}}',
    '[{"clientSecret":"a1b2c3d4e5f6"}]',
    'host=db password=hunter2',
    'https://hooks.slack.com/services/T0123456789/B0123456789/a1b2c3d4e5f6a1b2c3d4e5f6',
  ])('the variable %j is rejected, and not shown', (value) => {
    const { problems } = read(environmentText(`env: { proc: { EXTRA: '${value}' } }`));
    expect(problems.map(({ code }) => code)).toEqual(['secret-value']);
    expect(JSON.stringify(problems)).not.toContain('hunter2');
    expect(codes(environmentText(`env: { proc: { EXTRA: '${value}' } }\nnot_secret: { EXTRA: a demo }`))).toEqual([]);
  });

  test('a name in not_secret is accepted', () => {
    expect(codes(environmentText(`env: { proc: { MINE: "${CANARY}" } }\nnot_secret: [MINE]`))).toEqual([]);
  });
});

test('file references are rejected for secrets of ECS, and accepted for those of compose', () => {
  expect(codes(environmentText('secrets: { shared: { OPENAI_API_KEY: "file:/run/openai" } }', 'compose'))).toEqual([]);
  expect(codes(environmentText('secrets: { proc: { X: "file:/run/x" } }'))).toEqual(['wrong-target']);
});

test('reads forty services', () => {
  const services = Array.from(
    { length: 40 },
    (_, n) => `  s${n}: { component: other, image: "r.example.com/a@sha256:${'0'.repeat(64)}" }`,
  ).join('\n');
  expect(read(environmentText(`services:\n${services}`)).environment!.services).toHaveLength(40);
});
