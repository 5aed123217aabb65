import { isMapping } from '../document/layers';
import { readDocument } from '../document/document';
import { readIgnore } from './recipe/files/ignore';
import type { Files } from './files';

/** A file that gives an Nx project its name. */
export interface NamedProject {
  name: string;
  file: string;
}

/** The name that a project.json or package.json in `folder` ('' is the root) gives to its project. Nx prefers it to the name from a plugin. */
export function nxProjectName(files: Files, folder: string): NamedProject | undefined {
  const inFolder = (file: string): string => (folder === '' ? file : `${folder}/${file}`);
  const project = readJson(files, inFolder('project.json'));
  if (typeof project?.name === 'string') return { name: project.name, file: inFolder('project.json') };
  const packageJson = readJson(files, inFolder('package.json'));
  if (!packageJson || (!project && !isNxProject(files, folder, packageJson))) return undefined;
  const nx = isMapping(packageJson.nx) ? packageJson.nx : {};
  const name = nx.name ?? packageJson.name;
  return typeof name === 'string' ? { name, file: inFolder('package.json') } : undefined;
}

/** A project in another folder, at most two levels below the root, that has this name. */
export function projectNamed(files: Files, name: string): NamedProject | undefined {
  for (const folder of subfolders(files, '')) {
    for (const each of [folder, ...subfolders(files, folder)]) {
      const found = nxProjectName(files, each);
      if (found?.name === name) return found;
    }
  }
  return undefined;
}

/** Excludes dependency folders, output folders and hidden folders, which have no projects. */
function subfolders(files: Files, folder: string): string[] {
  return files
    .list(folder === '' ? '.' : folder)
    .filter((name) => !name.startsWith('.') && !['node_modules', 'dist', 'tmp', 'pins', 'images'].includes(name))
    .map((name) => (folder === '' ? name : `${folder}/${name}`))
    .filter((path) => !/\.\w+$/.test(path));
}

function isNxProject(files: Files, folder: string, packageJson: Record<string, unknown>): boolean {
  if (folder === '') return packageJson.nx !== undefined;
  const patterns = workspacesOf(files);
  try {
    return patterns.length > 0 && readIgnore(patterns.join('\n')).excludes(folder);
  } catch {
    return false;
  }
}

/** The package folders (workspaces) of npm, yarn and pnpm. */
function workspacesOf(files: Files): string[] {
  const root = readJson(files, 'package.json')?.workspaces;
  const pnpm = files.read('pnpm-workspace.yaml');
  const listed = [
    ...(isMapping(root) ? listOf(root.packages) : listOf(root)),
    ...(pnpm === undefined
      ? []
      : listOf((readDocument(pnpm, 'pnpm-workspace.yaml').value as { packages?: unknown } | undefined)?.packages)),
  ];
  return listed.filter((pattern): pattern is string => typeof pattern === 'string');
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}

function readJson(files: Files, file: string): Record<string, unknown> | undefined {
  const content = files.read(file);
  try {
    const value: unknown =
      content === undefined ? undefined : JSON.parse(typeof content === 'string' ? content : new TextDecoder().decode(content));
    return isMapping(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
