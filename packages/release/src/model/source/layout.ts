import type { PythonSource, Statement } from '../python/python';
import { readPython } from '../python/python';
import type { PythonImport } from '../python/imports';
import { PYTHON_STDLIB } from '../python/stdlib';
import { bundleFolder } from '../bundle-id';

/** A bundle's Python files, read once, and what its folder calls its own. */
export interface BundleSources {
  id: string;
  /** The shown path of the bundle's folder, without a slash at its end. */
  folder: string;
  files: ReadonlyMap<string, PythonSource>;
  /** Folders that hold Python, at any depth, by their path in the bundle. */
  folders: ReadonlySet<string>;
  /** What the bundle's folder may be called in an absolute import. */
  ownNames: readonly string[][];
}

export function readBundle(texts: ReadonlyMap<string, string>, at: { id: string; folder: string }): BundleSources {
  const files = new Map([...texts].map(([path, text]) => [path, readPython(text)]));
  const folders = new Set<string>();
  for (const path of texts.keys()) {
    for (let end = path.indexOf('/'); end !== -1; end = path.indexOf('/', end + 1)) folders.add(path.slice(0, end));
  }
  const folder = at.folder.replace(/\/+$/, '');
  const steps = folder.split('/');
  const ownNames = [[at.id], steps.slice(-1), [bundleFolder(at.id)], steps].filter((name) => isOwnable(name[0]!));
  return { id: at.id, folder, files, folders, ownNames };
}

/** Names that Python or the platform owns, whatever a bundle puts into its folder. */
function isOwnable(name: string): boolean {
  return name !== '' && name !== '__main__' && name !== 'kdcube_ai_app' && !PYTHON_STDLIB.has(name);
}

export function statementsOf(bundle: BundleSources, path: string): readonly Statement[] | undefined {
  const source = bundle.files.get(path);
  return source?.readable ? source.body : undefined;
}

/** `a/b/c.py` → `a`, `b`: the package that a file's first dot means. */
export function packageOf(path: string): string[] {
  return path.split('/').slice(0, -1);
}

/** The file of a module by its steps from the bundle's root; a package's own file is its __init__.py, and comes first as in Python. */
export function moduleFile(bundle: BundleSources, steps: readonly string[]): string | undefined {
  const path = steps.join('/');
  const init = path === '' ? '__init__.py' : `${path}/__init__.py`;
  if (bundle.files.has(init)) return init;
  return path !== '' && bundle.files.has(`${path}.py`) ? `${path}.py` : undefined;
}

/** Whether the bundle has a module or a package there, also one without an __init__.py. */
export function isModule(bundle: BundleSources, steps: readonly string[]): boolean {
  return steps.length === 0 || bundle.folders.has(steps.join('/')) || moduleFile(bundle, steps) !== undefined;
}

/** Where an absolute name lies in the bundle, as steps from its root; undefined where it is not the bundle's. */
export function ownModule(bundle: BundleSources, dotted: string): string[] | undefined {
  const steps = dotted.split('.');
  if (isOwnable(steps[0]!) && isModule(bundle, steps.slice(0, 1))) return steps;
  const own = bundle.ownNames.find((name) => name.every((step, index) => steps[index] === step));
  return own && steps.slice(own.length);
}

/** Where the module of a `from … import` lies in the bundle; `outside` for everybody else's, `above` where its dots leave the bundle. */
export function importedModule(bundle: BundleSources, file: string, found: PythonImport): string[] | 'outside' | 'above' {
  if (found.level === 0) return ownModule(bundle, found.module) ?? 'outside';
  const home = packageOf(file);
  if (found.level > home.length + 1) return 'above';
  return [...home.slice(0, home.length + 1 - found.level), ...(found.module === '' ? [] : found.module.split('.'))];
}
