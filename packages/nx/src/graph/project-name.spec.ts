import { KdcubeError, type Files } from '@kdcube/release/internal';
import { requireProjectName } from './project-name';

/** Files in memory. */
function filesOf(contents: Record<string, string>): Files {
  return {
    read: (file) => contents[file],
    list: (folder) => {
      const prefix = folder === '.' ? '' : `${folder}/`;
      const names = Object.keys(contents).flatMap((file) =>
        file.startsWith(prefix) ? [file.slice(prefix.length).split('/')[0]!] : [],
      );
      return [...new Set(names)];
    },
  };
}

const json = (value: unknown) => JSON.stringify(value);

function problemOf(files: Record<string, string>, project?: string) {
  try {
    requireProjectName(filesOf({ 'release.yaml': '', ...files }), { project });
  } catch (error) {
    return (error as KdcubeError).problems[0];
  }
  return undefined;
}

it.each<[string, Record<string, string>, string, string]>([
  ['project.json of the root', { 'project.json': json({ name: 'acme' }) }, 'project.json', 'acme'],
  ['package.json of the root with nx', { 'package.json': json({ name: '@acme/all', nx: {} }) }, 'package.json', '@acme/all'],
  [
    'package.json of the root with a name for nx',
    { 'package.json': json({ name: 'x', nx: { name: 'all' } }) },
    'package.json',
    'all',
  ],
  ['package.json beside a project.json', { 'package.json': json({ name: 'x' }), 'project.json': '{}' }, 'package.json', 'x'],
  [
    'a project called release',
    { 'apps/release/project.json': json({ name: 'release' }) },
    'apps/release/project.json',
    'kdcube-release',
  ],
  ['one at the first level', { 'ci/project.json': json({ name: 'release' }) }, 'ci/project.json', 'kdcube-release'],
  [
    'a package called release',
    { 'package.json': json({ name: 'x', workspaces: ['packages/*'] }), 'packages/a/package.json': json({ name: 'release' }) },
    'packages/a/package.json',
    'kdcube-release',
  ],
  [
    'a package of pnpm',
    { 'pnpm-workspace.yaml': 'packages:\n  - "libs/**"\n', 'libs/a/package.json': json({ name: 'release' }) },
    'libs/a/package.json',
    'kdcube-release',
  ],
])('%s is reported, with the option to set', (_, files, file, name) => {
  expect(problemOf(files)).toMatchObject({
    code: 'already-exists',
    message: expect.stringContaining(file),
    hint: expect.stringContaining(`"options": {"project": "${name}"}`),
    at: { file },
  });
  // The hint works.
  expect(problemOf(files, name)).toBeUndefined();
});

it.each<[string, Record<string, string>]>([
  ['nothing else', {}],
  ['a package.json that is no project', { 'package.json': json({ name: 'acme' }) }],
  ['one that has workspaces', { 'package.json': json({ name: 'acme', workspaces: ['packages/*'] }) }],
  ['a root that is called release', { 'package.json': json({ name: 'release', nx: {} }) }],
  [
    'a package.json that is not in the workspaces',
    { 'package.json': json({ workspaces: ['packages/*'] }), 'x/package.json': json({ name: 'release' }) },
  ],
  ['files that are no JSON', { 'package.json': '{', 'a/project.json': '// x' }],
  ['other projects', { 'a/project.json': json({ name: 'a' }), 'a/b/project.json': json({ name: 'b' }) }],
])('%s is no conflict', (_, files) => {
  expect(problemOf(files)).toBeUndefined();
});
