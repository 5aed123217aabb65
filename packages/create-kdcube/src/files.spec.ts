import { IGNORED } from '../../nx/src/generators/init/gitignore';
import { firstFiles, pluginSpec } from './files';
import type { FilesRequest } from './files';

const request: FilesRequest = {
  name: 'acme',
  nxVersion: '24.0.6',
  pluginVersion: '0.1.0',
  plugins: [],
  cwd: '/home/ann',
  manager: 'npm',
};
const packageJson = (change: Partial<FilesRequest>) => JSON.parse(firstFiles({ ...request, ...change })['package.json']!);

describe('firstFiles', () => {
  it('names Nx and the plugin at exact versions', () => {
    expect(packageJson({})).toEqual({
      name: 'acme',
      version: '0.0.0',
      private: true,
      devDependencies: { '@kdcube/nx': '0.1.0', nx: '24.0.6' },
    });
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
    expect(packageJson({ plugins, manager: 'pnpm' })).toMatchObject({ resolutions: { '@kdcube/release': release } });
  });

  it('ignores what the plugin ignores', () => {
    expect(firstFiles(request)['.gitignore']).toBe(`${IGNORED.join('\n')}\n`);
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
    expect(() => pluginSpec(spec, '/home/ann')).toThrow(expect.objectContaining({ code: 'wrong-option' }));
  });
});
