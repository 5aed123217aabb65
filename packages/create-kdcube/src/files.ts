import * as path from 'node:path';
import { TESTED_NX } from './args';
import { isMapping, RELEASE_FILE, withIgnored } from '@kdcube/release/internal';
import { textIn } from './package-manager';
import { problem } from './problem';
import { dependenciesOf, isFirstYarn } from './repository';
import type { Repository } from './repository';

export interface FilesRequest {
  /** Of Nx, where there is none yet. */
  nxVersion: string;
  /** The version of @kdcube/nx: that of this package, as they are released together. */
  pluginVersion: string;
  /** As given by --plugin. */
  plugins: readonly string[];
  /** The folder that relative tarball paths refer to. */
  cwd: string;
  /** The text of release.yaml, if it is known already. */
  release?: string;
}

/** Files with their text, by path. */
export type FirstFiles = Record<string, string>;

/** The files that an install needs, and those that are known before. @kdcube/nx writes everything else once it is installed. */
export function firstFiles(request: FilesRequest, repository: Repository): FirstFiles {
  const { files, isNew, manager } = repository;
  return {
    'package.json': packageJsonText(request, repository),
    ...(files.read('nx.json') === undefined && { 'nx.json': json(NX_JSON) }),
    ...(isNew && { '.gitignore': withIgnored('') }),
    ...(isFirstYarn(repository) && yarnFiles(textIn(files, '.gitignore'))),
    ...(manager.name === 'pnpm' && repository.nxVersion === undefined && pnpmSettings(textIn(files, 'pnpm-workspace.yaml'))),
    ...(request.release !== undefined && { [RELEASE_FILE]: request.release }),
  };
}

/** What yarn from 2 on writes for itself. */
const YARN_IGNORED = ['.yarn/*', '!.yarn/patches', '!.yarn/plugins', '!.yarn/releases'];

const NX_JSON = { $schema: './node_modules/nx/schemas/nx-schema.json', analytics: false, neverConnectToCloud: true };

/** Without a lockfile of its own, yarn takes a folder for a part of the project around it. */
function yarnFiles(ignored: string): FirstFiles {
  const eol = ignored.includes('\r\n') ? '\r\n' : '\n';
  const before = ignored === '' || ignored.endsWith('\n') ? ignored : `${ignored}${eol}`;
  return {
    '.gitignore': withIgnored(`${before}${YARN_IGNORED.join(eol)}${eol}`),
    '.yarnrc.yml': 'nodeLinker: node-modules\n',
    'yarn.lock': '',
  };
}

/** From 11 on, an install of pnpm fails until the scripts of every package are allowed or not, and Nx has one. A list in another form is left to its owner. */
function pnpmSettings(before: string): FirstFiles {
  if (/^ +["']?nx["']?:/m.test(before)) return {};
  const [head] = /^allowBuilds:[ \t]*\r?\n/m.exec(before) ?? [];
  if (head !== undefined) return { 'pnpm-workspace.yaml': before.replace(head, `${head}  nx: true\n`) };
  if (/^allowBuilds:/m.test(before)) return {};
  const gap = before === '' || before.endsWith('\n') ? '' : '\n';
  return { 'pnpm-workspace.yaml': `${before}${gap}allowBuilds:\n  nx: true\n` };
}

/** What an install adds, by name. */
export function addedPackages(
  { nxVersion, pluginVersion, plugins, cwd }: FilesRequest,
  repository: Repository,
): Record<string, string> {
  const present = dependenciesOf(repository.packageJson);
  const given = Object.fromEntries(plugins.map((spec) => pluginSpec(spec, cwd)));
  const version = repository.nxVersion ?? nxVersion;
  const wanted: Record<string, string> = { '@kdcube/nx': pluginVersion, nx: nxVersion };
  // @kdcube/nx would install its newest supported @nx/devkit, which must have the major version of Nx. Where the plugin is already, its owner has decided.
  if (present['@kdcube/nx'] === undefined && majorOf(version) !== majorOf(TESTED_NX) && /\d/.test(version))
    wanted['@nx/devkit'] = version;
  const missing = Object.entries(wanted).filter(([name]) => present[name] === undefined);
  const changed = Object.entries(given).filter(([name, spec]) => present[name] !== spec);
  return Object.fromEntries([...missing, ...changed]);
}

function packageJsonText(request: FilesRequest, repository: Repository): string {
  const { packageJson, files, name, manager } = repository;
  const before = textIn(files, 'package.json');
  const added = addedPackages(request, repository);
  if (packageJson !== undefined && Object.keys(added).length === 0) return before;
  const data = packageJson ?? { name, version: '0.0.0', private: true };
  const of = (key: string) => (isMapping(data[key]) ? data[key] : {});
  const release = added['@kdcube/release'];
  // @kdcube/nx must use the same @kdcube/release.
  const overrides = manager.name === 'npm' || manager.name === 'bun' ? 'overrides' : 'resolutions';
  const after = {
    ...data,
    devDependencies: Object.fromEntries(
      Object.entries({ ...of('devDependencies'), ...added }).sort(([a], [b]) => (a < b ? -1 : 1)),
    ),
    ...(release !== undefined && { [overrides]: { ...of(overrides), '@kdcube/release': release } }),
  };
  const text = json(after, /^[ \t]+(?=")/m.exec(before)?.[0] ?? '  ');
  return before.includes('\r\n') ? text.replace(/\n/g, '\r\n') : text;
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
    throw problem(
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

function json(value: object, indent = '  '): string {
  return `${JSON.stringify(value, undefined, indent)}\n`;
}
