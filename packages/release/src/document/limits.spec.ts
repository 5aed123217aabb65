import { LIMITS } from '../problem/limits';
import { formatProblems } from '../problem/problem';
import { environment, HEAD, keys, release } from '../../testing/large-documents';
import { readDocument } from './document';

test('at most 50 problems are printed, and the others are counted', () => {
  const { problems } = release(HEAD + keys(1000, (index) => `k${index}: 1\n`));
  expect(problems).toHaveLength(1000);
  const lines = formatProblems(problems).split('\n');
  expect(lines.filter((line) => line.includes('[unknown-key]'))).toHaveLength(50);
  expect(lines.slice(-2)).toEqual(['and 950 more', '1000 problems.']);
});

describe('a document of 1 MB', () => {
  const MAX = LIMITS.documentBytes.max;
  const MAX_VALUES = LIMITS.documentValues.max;
  const fill = (line: (index: number) => string) => {
    let text = '';
    for (let index = 0; text.length < MAX - 200; index += 1) text += line(index);
    return text;
  };

  test('of unknown keys: each is reported', () => {
    const text = fill((index) => `key_${index}: 1\n`);
    expect(release(text).problems.length).toBeGreaterThan(65_000);
  });

  test('of valid settings is read', () => {
    const text = `${HEAD}bundles:\n  items:\n    - id: b\n      config:\n${fill((index) => `        k${index}: v\n`)}`.slice(
      0,
      MAX - 50,
    );
    expect(release(text.slice(0, text.lastIndexOf('\n') + 1)).problems).toEqual([]);
  });

  test.each([
    ['more values than the limit', `{x: [${'1,'.repeat(MAX_VALUES + 1)}]}`],
    ['wrong values', `not_secret: [${'1,'.repeat(MAX_VALUES + 1)}]`],
    ['empty lists', `x: [${'[],'.repeat(300_000)}]`],
    ['keys without values', `{${Array.from({ length: 150_000 }, (_, index) => index).join(',')}}`],
  ])('%s: one problem', (_, text) => {
    expect(release(text).problems).toEqual([expect.objectContaining({ code: 'limit-exceeded' })]);
  });

  test.each([
    ['dots', 'a.'],
    ['dashes', 'sk-'],
    ['schemes', 'a://'],
    ['users', 'a://b:'],
    ['brackets', '<A'],
    ['keys', '-----BEGIN '],
    ['random letters', 'q8Zk3vR1pW7tYx5uBn2mL9cD'],
    ['digits', '1_1:'],
    ['references', '${'],
  ])('one text of %s is read in the end', (_, part) => {
    const long = part.repeat(Math.floor(900_000 / part.length));
    expect(release(`${HEAD}release_name: "${long}"\n`).problems.length).toBeGreaterThan(0);
    expect(release(`${HEAD}release_name: ${long}\n`).problems.length).toBeGreaterThan(0);
    expect(environment(`description: "${long}"\n`).problems).toBeDefined();
  });
});

test('variables that grow are refused at the value that is too much', () => {
  const { problems } = environment(
    `vars: {a: "${'x'.repeat(100_000)}"}\nenv:\n  shared:\n${keys(500, (index) => `    K${index}: "\${a}\${a}"\n`)}`,
  );
  const found = problems.filter(({ code }) => code === 'limit-exceeded');
  expect(found).toEqual([expect.objectContaining({ at: expect.objectContaining({ path: 'env.shared.K41' }) })]);
});

test.each([
  ['services', `services:\n${keys(101, (index) => `  s${index}: {component: proc, image: "a"}\n`)}`, 'services'],
  ['shared variables', `env:\n  shared:\n${keys(2001, (index) => `    K${index}: v\n`)}`, 'env.shared'],
  ['shared secrets', `secrets:\n  shared:\n${keys(2001, (index) => `    K${index}: "ssm:/a"\n`)}`, 'secrets.shared'],
  [
    'variables of a service',
    `services:\n  s:\n    component: proc\n    image: a\n    env:\n${keys(2001, (index) => `      K${index}: v\n`)}`,
    'services.s.env',
  ],
])('too many %s are one problem at their key', (_, text, path) => {
  const found = environment(text).problems.filter(({ code }) => code === 'limit-exceeded');
  expect(found).toEqual([expect.objectContaining({ at: expect.objectContaining({ path }) })]);
});

test('too many bundles are one problem', () => {
  const { problems } = release(`${HEAD}bundles:\n  items:\n${keys(10_001, (index) => `    - id: "b${index}"\n`)}`);
  expect(problems.map(({ code, at }) => [code, at?.path])).toEqual([['limit-exceeded', 'bundles']]);
});

test('too many aliases are one problem', () => {
  const text = `a: &a {x: 1}\n${keys(1001, (index) => `k${index}: *a\n`)}`;
  expect(readDocument(text, 'c.yaml', { plainScalar: (source) => source }).problems.map(({ code }) => code)).toEqual([
    'limit-exceeded',
  ]);
});
