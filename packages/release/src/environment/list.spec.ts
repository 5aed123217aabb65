import { KdcubeError } from '../problem/problem';
import { textFiles } from '../../testing/environments';
import { chosenEnvironment, environmentNames, isEnvironmentName } from './list';

const files = textFiles({ staging: 'target: ecs', prod: 'extends: base', base: 'abstract: true', broken: 'a: [' });

test('lists the environments of a workspace, sorted, without those that are only extended', () => {
  expect(environmentNames(files)).toEqual({
    names: ['broken', 'prod', 'staging'],
    all: ['base', 'broken', 'prod', 'staging'],
    problems: [],
  });
  expect(environmentNames(textFiles({ one: 'description: abstract: true' })).names).toEqual(['one']);
  expect(environmentNames({ list: () => [], read: () => undefined })).toEqual({ names: [], all: [], problems: [] });
});

test.each([
  ['Prod.yaml', 'environments/prod.yaml'],
  ['my_prod.yaml', 'environments/my-prod.yaml'],
  ['prod.yml', 'environments/prod.yaml'],
  ['-x.yaml', 'environments/x.yaml'],
  ['..yaml', 'environments/prod.yaml'],
  ['été.yaml', 'environments/t.yaml'],
])('%s is no environment, and the problem suggests a valid name', (file, better) => {
  const { names, problems } = environmentNames({ list: () => [file, 'README.md'], read: () => 'target: ecs' });
  expect(names).toEqual([]);
  expect(problems).toMatchObject([{ code: 'unsafe-name', hint: `git mv 'environments/${file}' ${better}` }]);
});

test.each(['prod', 'eu-1', '2'])('%s is a valid name', (name) => expect(isEnvironmentName(name)).toBe(true));
test.each(['', '-a', 'A', 'a.b', 'a/b', 'a b', 'a'.repeat(65), '../x'])('"%s" is not a valid name', (name) =>
  expect(isEnvironmentName(name)).toBe(false),
);

describe('chosenEnvironment', () => {
  test('returns the named one, or the only one if none is named', () => {
    expect(chosenEnvironment('prod', files)).toBe('prod');
    expect(chosenEnvironment(undefined, textFiles({ only: 'a: 1', base: 'abstract: true' }))).toBe('only');
  });

  test.each<[string | undefined, Record<string, string>, RegExp]>([
    [undefined, { a: '', b: '' }, /2 environments: a, b\. None was named, or one that does not exist[^]*release:plan:a/],
    ['c', { a: '', b: '' }, /no environment "c"[^]*one of a, b/],
    ['base', { a: '', base: 'abstract: true' }, /no environment "base"/],
    [undefined, {}, /no environment in environments\//],
  ])('%s of %j', (wanted, texts, message) => {
    expect(() => chosenEnvironment(wanted, textFiles(texts))).toThrow(message);
    expect(() => chosenEnvironment(wanted, textFiles(texts))).toThrow(KdcubeError);
  });
});
