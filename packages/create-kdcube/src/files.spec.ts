import type { Files } from '@kdcube/release/internal';
import { addedPackages, firstFiles, pluginSpec } from './files';
import type { FilesRequest } from './files';
import type { Repository } from './repository';

const REQUEST: FilesRequest = { nxVersion: '24.0.6', pluginVersion: '0.1.0', plugins: [], cwd: '/home/ann' };
const filesOf = (table: Record<string, string>): Files => ({ read: (file) => table[file], list: () => Object.keys(table) });
const NEW: Repository = {
  folder: '/home/ann/acme',
  name: 'acme',
  isNew: true,
  files: filesOf({}),
  manager: { name: 'npm', isBerry: false },
  hasModules: false,
  hasPlugin: false,
};

/** A repository with this package.json. */
function existing(text: string, change: Partial<Repository> = {}): Repository {
  const packageJson = JSON.parse(text) as Record<string, unknown>;
  return { ...NEW, isNew: false, files: filesOf({ 'package.json': text }), packageJson, ...change };
}

const packageJson = (change: Partial<FilesRequest>, repository: Partial<Repository> = {}) =>
  JSON.parse(firstFiles({ ...REQUEST, ...change }, { ...NEW, ...repository })['package.json']!);

describe('firstFiles of a new folder', () => {
  it('names Nx and the plugin at exact versions', () => {
    expect(packageJson({})).toEqual({
      name: 'acme',
      version: '0.0.0',
      private: true,
      devDependencies: { '@kdcube/nx': '0.1.0', nx: '24.0.6' },
    });
    expect(Object.keys(firstFiles(REQUEST, NEW))).toEqual(['package.json', 'nx.json', '.gitignore']);
  });

  it('pins the devkit to another Nx', () => {
    expect(packageJson({ nxVersion: '22.7.12' }).devDependencies).toMatchObject({ '@nx/devkit': '22.7.12', nx: '22.7.12' });
  });

  it('takes both packages from tarballs, also where one asks for the other', () => {
    const plugins = ['file:out/kdcube-nx-0.1.0.tgz', './out/kdcube-release-0.1.0.tgz'];
    const release = 'file:/home/ann/out/kdcube-release-0.1.0.tgz';
    expect(packageJson({ plugins })).toMatchObject({
      devDependencies: { '@kdcube/nx': 'file:/home/ann/out/kdcube-nx-0.1.0.tgz', '@kdcube/release': release },
      overrides: { '@kdcube/release': release },
    });
    const pnpm = { manager: { name: 'pnpm', isBerry: false } as const };
    expect(packageJson({ plugins }, pnpm)).toMatchObject({ resolutions: { '@kdcube/release': release } });
  });

  it('has node_modules with yarn 4, and a lockfile of its own', () => {
    expect(firstFiles(REQUEST, { ...NEW, manager: { name: 'yarn', isBerry: true } })).toMatchObject({
      '.yarnrc.yml': 'nodeLinker: node-modules\n',
      'yarn.lock': '',
      '.gitignore': expect.stringMatching(/^\.yarn\/\*\n[^]*\nnode_modules\n/),
    });
  });
});

it('sets up yarn 4 in a folder with content and without packages, with the line ends of its .gitignore', () => {
  const files = filesOf({ '.gitignore': 'node_modules\r\n*.pyc' });
  const first = firstFiles(REQUEST, { ...NEW, isNew: false, files, manager: { name: 'yarn', isBerry: true } });
  expect(first).toMatchObject({ '.yarnrc.yml': 'nodeLinker: node-modules\n', 'yarn.lock': '' });
  expect(first['.gitignore']).toMatch(/^node_modules\r\n\*\.pyc\r\n\.yarn\/\*\r\n/);
  expect(first['.gitignore']!.replace(/\r\n/g, '')).not.toContain('\n');
});

describe('firstFiles of a folder with content', () => {
  const PACKAGE =
    '{\r\n\t"name": "@acme/app",\r\n\t"workspaces": ["packages/*"],\r\n\t"dependencies": {"react": "19.0.0"}\r\n}\r\n';

  it('adds to package.json, with its indentation and line ends, and touches nothing else', () => {
    const files = firstFiles(REQUEST, existing(PACKAGE));
    expect(Object.keys(files)).toEqual(['package.json', 'nx.json']);
    expect(JSON.parse(files['package.json']!)).toEqual({
      name: '@acme/app',
      workspaces: ['packages/*'],
      dependencies: { react: '19.0.0' },
      devDependencies: { '@kdcube/nx': '0.1.0', nx: '24.0.6' },
    });
    expect(files['package.json']).toContain('\r\n\t"name": "@acme/app",\r\n');
    expect(files['package.json']!.replace(/\r\n/g, '')).not.toContain('\n');
  });

  it('leaves the Nx that is there, and adds the devkit of its major version', () => {
    const text = '{"devDependencies": {"nx": "^23.1.0", "zod": "4"}}';
    expect(addedPackages(REQUEST, existing(text, { nxVersion: '23.3.2' }))).toEqual({
      '@kdcube/nx': '0.1.0',
      '@nx/devkit': '23.3.2',
    });
    const devkit = '{"devDependencies": {"nx": "23.1.0", "@nx/devkit": "23.1.0"}}';
    expect(addedPackages(REQUEST, existing(devkit, { nxVersion: '23.1.0' }))).toEqual({ '@kdcube/nx': '0.1.0' });
    const added = '{"devDependencies": {"nx": "22.7.12", "@kdcube/nx": "0.1.0"}}';
    expect(addedPackages(REQUEST, existing(added, { nxVersion: '22.7.12' }))).toEqual({});
  });

  it.each([
    ['', 'allowBuilds:\n  nx: true\n'],
    ['packages: ["a/*"]', 'packages: ["a/*"]\nallowBuilds:\n  nx: true\n'],
    ['allowBuilds:\n  esbuild: true\n', 'allowBuilds:\n  nx: true\n  esbuild: true\n'],
    ['allowBuilds:\n  nx: false\n', undefined],
    ['allowBuilds: {esbuild: true}\n', undefined],
  ])('allows the script of Nx in pnpm-workspace.yaml %j', (before, after) => {
    const pnpm = { manager: { name: 'pnpm', isBerry: false } as const };
    const files = filesOf({ 'package.json': '{}', 'pnpm-workspace.yaml': before });
    expect(firstFiles(REQUEST, existing('{}', { ...pnpm, files }))['pnpm-workspace.yaml']).toBe(after);
    expect(firstFiles(REQUEST, existing('{}', { ...pnpm, files, nxVersion: '24.0.6' }))).not.toHaveProperty([
      'pnpm-workspace.yaml',
    ]);
  });

  it('changes no byte of a package.json that has everything', () => {
    const text = '{"devDependencies":{"nx":"24.0.6",  "@kdcube/nx":"^0.1.0"}}';
    expect(firstFiles(REQUEST, existing(text, { nxVersion: '24.0.6' }))['package.json']).toBe(text);
  });
});

describe('pluginSpec', () => {
  it.each([
    ['0.2.0', '@kdcube/nx', '0.2.0'],
    ['next', '@kdcube/nx', 'next'],
    ['@kdcube/release@0.2.0', '@kdcube/release', '0.2.0'],
    ['@kdcube/nx@file:x.tgz', '@kdcube/nx', 'file:/home/ann/x.tgz'],
    ['file:///srv/kdcube-nx-1.0.0-rc.1.tgz', '@kdcube/nx', 'file:/srv/kdcube-nx-1.0.0-rc.1.tgz'],
  ])('%s', (spec, name, value) => expect(pluginSpec(spec, '/home/ann')).toEqual([name, value]));

  it.each(['', '-x', 'file:other.tgz', './x', 'a\nb'])('refuses %j', (spec) => {
    expect(() => pluginSpec(spec, '/home/ann')).toThrow('[wrong-option]');
  });
});
