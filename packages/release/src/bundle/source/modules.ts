import type { PythonImport } from '../python/imports';
import type { Resolve } from './expressions';
import type { BundleSources, ImportedModule } from './layout';
import { importedModule, isModule, moduleFile, ownModule } from './layout';
import type { Clause } from '../python/branches';
import type { Namespace, PossibleValue, Value } from './values';
import { MAX_VALUES, bind, decoratorRoleOf } from './values';

/** The modules of one bundle. A module is read when something is first imported from it. */
export interface ModuleReader {
  bundle: BundleSources;
  /** The namespace of a file after its import; undefined if the file cannot be read. */
  read(file: string): Namespace | undefined;
  /** Whether the file is being read: its namespace is incomplete, as in a circular import in Python. */
  isReading(namespace: Namespace): boolean;
  resolve: Resolve;
}

export const OTHER: PossibleValue = { value: { kind: 'other' } };
export const UNKNOWN: PossibleValue = { value: { kind: 'unknown' } };

/** The possible values of a dotted name. */
export function resolveName(reader: ModuleReader, namespace: Namespace, dotted: string): Value[] {
  const [first, ...rest] = dotted.split('.');
  let values = (namespace.names.get(first!) ?? []).map(({ value }) => value);
  for (const step of rest) {
    values = values.flatMap((value): Value[] => {
      if (value.kind === 'module') return moduleAttribute(reader, value.steps, step).map((possible) => possible.value);
      return [(value.kind === 'unknown' ? UNKNOWN : OTHER).value];
    });
    if (values.length > MAX_VALUES) values = [UNKNOWN.value];
  }
  return values;
}

/** The possible values of `module.name`, for a module of the bundle. */
function moduleAttribute(reader: ModuleReader, steps: readonly string[], name: string): PossibleValue[] {
  const file = moduleFile(reader.bundle, steps);
  const namespace = file === undefined ? undefined : reader.read(file);
  const exported = namespace ? exportedValues(namespace, name) : [];
  if (exported.length > 0) return exported;
  if (isModule(reader.bundle, [...steps, name])) return [{ value: { kind: 'module', steps: [...steps, name] } }];
  const role = decoratorRoleOf(name);
  if (role) return [{ value: { kind: 'decorator', role } }];
  const isOpen = !namespace || reader.isReading(namespace) || namespace.isUncertain || namespace.names.has('__getattr__');
  return [isOpen ? UNKNOWN : OTHER];
}

/** Binds the names of an import statement. */
export function bindImport(
  reader: ModuleReader,
  namespace: Namespace,
  statement: PythonImport,
  clauses: readonly Clause[],
): void {
  for (const { name, as } of statement.names) {
    if (statement.kind === 'import') {
      const steps = ownModule(reader.bundle, as ? name : name.split('.')[0]!);
      bind(namespace, as ?? name.split('.')[0]!, [steps ? { value: { kind: 'module', steps } } : OTHER], clauses);
      continue;
    }
    const module = importedModule(reader.bundle, namespace.file, statement);
    if (name === '*') bindStarImport(reader, namespace, module, clauses);
    else bind(namespace, as ?? name, importedValues(reader, module, name), clauses);
  }
}

function importedValues(reader: ModuleReader, module: ImportedModule, name: string): PossibleValue[] {
  if (Array.isArray(module)) return moduleAttribute(reader, module, name);
  const role = decoratorRoleOf(name);
  if (role) return [{ value: { kind: 'decorator', role } }];
  return [module === 'above' ? UNKNOWN : OTHER];
}

function bindStarImport(reader: ModuleReader, namespace: Namespace, module: ImportedModule, clauses: readonly Clause[]): void {
  if (module === 'outside') return;
  const file = Array.isArray(module) ? moduleFile(reader.bundle, module) : undefined;
  const source = file === undefined ? undefined : reader.read(file);
  namespace.isUncertain ||= source?.isUncertain ?? true;
  if (!source) return;
  const names = Array.isArray(source.all) ? source.all : [...source.names.keys()].filter((name) => !name.startsWith('_'));
  for (const name of names) {
    const values = source.all === 'unknown' ? [UNKNOWN] : exportedValues(source, name);
    if (values.length > 0) bind(namespace, name, values, clauses);
  }
  namespace.isUncertain ||= source.all === 'unknown';
}

/** The values that another module gets when it imports a name of this one. */
function exportedValues(namespace: Namespace, name: string): PossibleValue[] {
  return (namespace.names.get(name) ?? []).map(({ value, clauses, importedClauses }) => ({
    value,
    importedClauses: [...importedClauses, ...clauses],
  }));
}
