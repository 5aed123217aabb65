import { readEnvironment } from '../environment/read-environment';
import { environmentNames } from '../environment/list';
import { readRelease } from '../release/read';
import { readWorkspace, type Files } from './workspace';

const HEAD = 'platform: {repo: kdcube-ai-app, ref: "2026.7.20.444"}\n';
const NAMES = Object.getOwnPropertyNames(Object.prototype);
const filesOf = (contents: Record<string, string>): Files => ({
  read: (file) => (Object.hasOwn(contents, file) ? contents[file] : undefined),
  list: (folder) => [
    ...new Set(
      Object.keys(contents).flatMap((file) =>
        file.startsWith(`${folder}/`) ? [file.slice(folder.length + 1).split('/')[0]!] : [],
      ),
    ),
  ],
});

describe.each(NAMES)('%s', (name) => {
  test('is rejected as the id of a bundle, in every form', () => {
    for (const text of [
      `${HEAD}bundles:\n  items:\n    - id: "${name}"\n`,
      `${HEAD}bundles:\n  "${name}": {name: x}\n`,
      `${HEAD}bundles: {"${name}": {id: "${name}"}}\n`,
    ])
      expect(readRelease(text, 'release.yaml').problems.map(({ code }) => code)).toEqual([
        name.startsWith('_') ? 'unsafe-id' : 'reserved-id',
      ]);
  });

  test.each([
    ['a variable', (key: string) => `vars:\n  "${key}": "x"\n`],
    ['a shared variable', (key: string) => `env:\n  shared:\n    "${key}": "x"\n`],
    ['a component', (key: string) => `env:\n  "${key}": {A: "x"}\n`],
    ['a secret', (key: string) => `secrets:\n  shared:\n    "${key}": "ssm:/a"\n`],
    ['a service', (key: string) => `services:\n  "${key}": {component: proc, image: a}\n`],
    ['a variable of a service', (key: string) => `services:\n  a: {component: proc, image: a, env: {"${key}": x}}\n`],
    ['a mount', (key: string) => `services:\n  a: {component: proc, image: a, mounts: {"${key}": {host: /x}}}\n`],
  ])('is rejected as the name of %s of an environment', (_, textWith) => {
    const text = `target: ecs\ntenant: a\nproject: b\n${textWith(name)}`;
    const { problems } = readEnvironment('prod', {
      list: () => ['prod.yaml'],
      read: (file) => (file.includes('prod') ? text : undefined),
    });
    expect(problems.map(({ code, at }) => [code, at?.line !== undefined])).toContainEqual(['reserved-id', true]);
  });

  test('does not crash as a repository without an entry in repos', () => {
    const text = `${HEAD}bundles:\n  items:\n    - id: a\n      repo: "${name}"\n      ref: v1\n`;
    expect(() => readRelease(text, 'release.yaml')).not.toThrow();
  });
});

test('an environment and an image with such a name are rejected by their file', () => {
  const files = filesOf({
    'release.yaml': `${HEAD}bundles:\n  items:\n    - id: a\n`,
    'images/constructor/Dockerfile': 'FROM a\n',
    'environments/constructor.yaml': 'target: ecs\n',
  });
  const { problems, images } = readWorkspace(files);
  expect(problems.map(({ code, at }) => [code, at?.file])).toEqual([['reserved-id', 'images/constructor']]);
  expect(images).toEqual([]);
  const found = environmentNames(files);
  expect(found.names).toEqual([]);
  expect(found.problems.map(({ code, at }) => [code, at?.file])).toEqual([['reserved-id', 'environments/constructor.yaml']]);
});

describe('a file in a bundle’s folder that gives its project another name', () => {
  const RELEASE = { 'release.yaml': `${HEAD}bundles:\n  items:\n    - id: my-bundle\n`, 'bundles/my-bundle/entrypoint.py': '' };
  const json = (value: unknown) => JSON.stringify(value);

  test.each<[string, Record<string, string>, string]>([
    ['project.json', { 'bundles/my-bundle/project.json': json({ name: '@acme/my-bundle' }) }, 'bundles/my-bundle/project.json'],
    [
      'package.json of a workspace',
      {
        'package.json': json({ workspaces: ['bundles/*'] }),
        'bundles/my-bundle/package.json': json({ name: '@acme/my-bundle' }),
      },
      'bundles/my-bundle/package.json',
    ],
    [
      'package.json beside a project.json without a name',
      { 'bundles/my-bundle/project.json': '{}', 'bundles/my-bundle/package.json': json({ name: '@acme/my-bundle' }) },
      'bundles/my-bundle/package.json',
    ],
    [
      'package.json of pnpm, with a name for Nx',
      {
        'pnpm-workspace.yaml': 'packages: ["**"]\n',
        'bundles/my-bundle/package.json': json({ name: 'my-bundle', nx: { name: 'other' } }),
      },
      'bundles/my-bundle/package.json',
    ],
  ])('%s is reported', (_, files, file) => {
    const { problems } = readWorkspace(filesOf({ ...RELEASE, ...files }));
    expect(problems).toEqual([
      expect.objectContaining({
        code: 'id-mismatch',
        message: expect.stringContaining(file),
        hint: 'in bundles/my-bundle/project.json: {"name": "my-bundle"}',
        at: { file },
      }),
    ]);
  });

  test.each<[string, Record<string, string>]>([
    ['the same name', { 'bundles/my-bundle/project.json': json({ name: 'my-bundle' }) }],
    [
      'a project.json that overrules a package.json',
      {
        'package.json': json({ workspaces: ['bundles/*'] }),
        'bundles/my-bundle/project.json': json({ name: 'my-bundle' }),
        'bundles/my-bundle/package.json': json({ name: 'x' }),
      },
    ],
    ['a package.json that is no project', { 'bundles/my-bundle/package.json': json({ name: 'ui' }) }],
    [
      'one further down',
      { 'package.json': json({ workspaces: ['packages/*'] }), 'bundles/my-bundle/ui/package.json': json({ name: 'ui' }) },
    ],
  ])('%s is not reported', (_, files) => {
    expect(readWorkspace(filesOf({ ...RELEASE, ...files })).problems).toEqual([]);
  });
});
