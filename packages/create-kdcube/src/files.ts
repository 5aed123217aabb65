import * as path from 'node:path';
import { TESTED_NX } from './args';
import { CreateError } from './problem';

export type PackageManager = 'npm' | 'pnpm' | 'yarn' | 'bun';

export interface FilesRequest {
  /** The name in package.json. */
  name: string;
  nxVersion: string;
  /** The version of @kdcube/nx: that of this package, as they are released together. */
  pluginVersion: string;
  /** As given by --plugin. */
  plugins: readonly string[];
  /** The folder that relative tarball paths refer to. */
  cwd: string;
  manager: PackageManager;
}

/** The files that an install needs. @kdcube/nx writes everything else once it is installed. */
export function firstFiles(request: FilesRequest): Record<string, string> {
  return {
    'package.json': json(packageJson(request)),
    'nx.json': json({ $schema: './node_modules/nx/schemas/nx-schema.json', analytics: false, neverConnectToCloud: true }),
    '.gitignore': 'node_modules\n/dist\n/.nx/*\n!/.nx/nxw.js\n__pycache__\n*.pyc\n.env*\n!.env.example\n',
  };
}

function packageJson({ name, nxVersion, pluginVersion, plugins, cwd, manager }: FilesRequest): object {
  const given = Object.fromEntries(plugins.map((spec) => pluginSpec(spec, cwd)));
  const dependencies: Record<string, string> = { '@kdcube/nx': pluginVersion, ...given, nx: nxVersion };
  // @kdcube/nx would install its newest supported @nx/devkit, which must have the major version of Nx.
  if (majorOf(nxVersion) !== majorOf(TESTED_NX)) dependencies['@nx/devkit'] = nxVersion;
  const release = given['@kdcube/release'];
  // @kdcube/nx must use the same @kdcube/release.
  const overrides =
    release === undefined
      ? {}
      : { [manager === 'npm' || manager === 'bun' ? 'overrides' : 'resolutions']: { '@kdcube/release': release } };
  return {
    name,
    version: '0.0.0',
    private: true,
    devDependencies: Object.fromEntries(Object.entries(dependencies).sort(([a], [b]) => (a < b ? -1 : 1))),
    ...overrides,
  };
}

/** `file:x/kdcube-nx-0.1.0.tgz`, a bare path to such a tarball, a version of @kdcube/nx, or `<name>@<any of these>`. */
export function pluginSpec(spec: string, cwd: string): [name: string, spec: string] {
  const named = /^(@kdcube\/(?:nx|release))@(.+)$/.exec(spec);
  const value = named ? named[2]! : spec;
  const file = value.startsWith('file:')
    ? value.slice('file:'.length).replace(/^\/\/(?=\/)/, '')
    : /\.tgz$|^[./~]/.test(value)
      ? value
      : undefined;
  const base = file === undefined ? undefined : path.basename(file);
  const byFile = base === undefined ? undefined : /^kdcube-(nx|release)-\d.*\.tgz$/.exec(base)?.[1];
  const name = named?.[1] ?? (byFile ? `@kdcube/${byFile}` : file === undefined ? '@kdcube/nx' : undefined);
  if (!name || value === '' || /[\u0000-\u001f\u007f]/.test(value) || value.startsWith('-')) {
    throw new CreateError(
      'wrong-option',
      `--plugin must be a version of @kdcube/nx, or a tarball of @kdcube/nx or @kdcube/release.`,
      '--plugin file:dist/packages/kdcube-nx-0.1.0.tgz',
    );
  }
  return [name, file === undefined ? value : `file:${path.resolve(cwd, file).replace(/\\/g, '/')}`];
}

function majorOf(version: string): string | undefined {
  return /\d+/.exec(version)?.[0];
}

function json(value: object): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
