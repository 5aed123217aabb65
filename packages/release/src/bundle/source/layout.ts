import type { PythonSource, Statement } from '../python/python';
import { readPython } from '../python/python';
import type { PythonImport } from '../python/imports';
import { PYTHON_STDLIB } from '../../platform/python-names';
import { bundleFolder } from '../../platform/bundle-id';

/** A bundle's Python files, each read at most once, and the names under which its modules can be imported. */
export interface BundleSources {
  id: string;
  /** The path of the bundle's folder for messages, without a trailing slash. */
  folder: string;
  /** The text of each file, by its path in the bundle. */
  files: ReadonlyMap<string, string>;
  /** What was read so far. */
  parsed: Map<string, PythonSource>;
  /** Folders with Python files, at any depth, by their path in the bundle. */
  folders: ReadonlySet<string>;
  /** The possible names of the bundle's folder in an absolute import. */
  ownNames: readonly string[][];
}

export function readBundle(texts: ReadonlyMap<string, string>, at: { id: string; folder: string }): BundleSources {
  const folders = new Set<string>();
  for (const path of texts.keys()) {
    for (let end = path.indexOf('/'); end !== -1; end = path.indexOf('/', end + 1)) folders.add(path.slice(0, end));
  }
  const folder = at.folder.replace(/\/+$/, '');
  const steps = folder.split('/');
  const ownNames = [[at.id], steps.slice(-1), [bundleFolder(at.id)], steps].filter((name) => isOwnable(name[0]!));
  return { id: at.id, folder, files: texts, parsed: new Map(), folders, ownNames };
}

/** Whether a top-level name can belong to the bundle: names of Python and of the platform cannot. */
function isOwnable(name: string): boolean {
  return name !== '' && name !== '__main__' && name !== 'kdcube_ai_app' && !PYTHON_STDLIB.has(name);
}

export function statementsOf(bundle: BundleSources, path: string): readonly Statement[] | undefined {
  const text = bundle.files.get(path);
  if (text === undefined) return undefined;
  const source = bundle.parsed.get(path) ?? readPython(text);
  bundle.parsed.set(path, source);
  return source.readable ? source.body : undefined;
}

/** The bundle's Python files, sorted by path, without its tests, which do not run in the platform. */
export function runtimeFiles(bundle: BundleSources): string[] {
  return [...bundle.files.keys()].filter((path) => !packageOf(path).includes('tests')).sort();
}

/** `a/b/c.py` → `a`, `b`: the package that one dot stands for in the file's relative imports. */
export function packageOf(path: string): string[] {
  return path.split('/').slice(0, -1);
}

/** The file of a module by its steps from the bundle's root. As in Python, a package's __init__.py comes before a module of the same name. */
export function moduleFile(bundle: BundleSources, steps: readonly string[]): string | undefined {
  const path = steps.join('/');
  const init = path === '' ? '__init__.py' : `${path}/__init__.py`;
  if (bundle.files.has(init)) return init;
  return path !== '' && bundle.files.has(`${path}.py`) ? `${path}.py` : undefined;
}

/** Whether the steps lead to a module or a package of the bundle, with or without an __init__.py. */
export function isModule(bundle: BundleSources, steps: readonly string[]): boolean {
  return steps.length === 0 || bundle.folders.has(steps.join('/')) || moduleFile(bundle, steps) !== undefined;
}

/** The module of an absolute name, as steps from the bundle's root; undefined if it is not the bundle's. */
export function ownModule(bundle: BundleSources, dotted: string): string[] | undefined {
  const steps = dotted.split('.');
  if (isOwnable(steps[0]!) && isModule(bundle, steps.slice(0, 1))) return steps;
  const own = bundle.ownNames.find((name) => name.every((step, index) => steps[index] === step));
  return own && steps.slice(own.length);
}

/** The top-level names in imports for which `ownModule` may find a module. */
export function ownTopLevelNames({ files, folders, ownNames }: BundleSources): Set<string> {
  const entries = [...files.keys(), ...folders].filter((path) => !path.includes('/'));
  return new Set([...entries.map((path) => path.replace(/\.py$/, '')), ...ownNames.map(([first]) => first!)]);
}

/** Steps from the bundle's root; `outside` for a module outside the bundle, `above` if the dots lead out of the bundle. */
export type ImportedModule = string[] | 'outside' | 'above';

/** The module of a `from … import`. */
export function importedModule(bundle: BundleSources, file: string, statement: PythonImport): ImportedModule {
  const { level, module } = statement;
  if (level === 0) return ownModule(bundle, module) ?? 'outside';
  const packageSteps = packageOf(file);
  if (level > packageSteps.length + 1) return 'above';
  return [...packageSteps.slice(0, packageSteps.length + 1 - level), ...(module === '' ? [] : module.split('.'))];
}
