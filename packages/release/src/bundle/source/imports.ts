import type { Problem } from '../../problem/problem';
import { quoted } from '../../problem/problem';
import type { BundleSources } from './layout';
import { importedModule, ownModule, ownTopLevelNames, packageOf, runtimeFiles, statementsOf } from './layout';
import { analyzeBranches } from '../python/branches';
import { findTypeCheckingNames } from '../python/conditions';
import type { PythonImport } from '../python/imports';
import type { Statement } from '../python/python';

/** Reports imports of the bundle's own modules by an absolute name, and relative imports that lead out of the bundle. */
export function checkImports(bundle: BundleSources): Problem[] {
  const ownNames = ownTopLevelNames(bundle);
  return runtimeFiles(bundle).flatMap((path) => {
    if (!mayHaveProblem(bundle.files.get(path)!, ownNames)) return [];
    const body = statementsOf(bundle, path) ?? [];
    const imports = reachableImports(body, findTypeCheckingNames(body));
    return withoutDuplicates(imports.flatMap((statement) => checkImport(bundle, path, statement)));
  });
}

/** Whether a text may import a module of the bundle. Most files do not, and reading them is most of the work of `validate`. Python also accepts other spellings of a name outside ASCII. */
function mayHaveProblem(text: string, ownNames: ReadonlySet<string>): boolean {
  if (!/^[\0-\x7f]*$/.test(text) || /\bfrom[\s\\]*\./.test(text)) return true;
  for (const [word] of text.matchAll(/[A-Za-z_]\w*/g)) if (ownNames.has(word)) return true;
  return false;
}

function withoutDuplicates(problems: readonly Problem[]): Problem[] {
  return [...new Map(problems.map((problem) => [`${problem.at?.line} ${problem.message} ${problem.hint}`, problem])).values()];
}

/** Every import of a body and its blocks, except those that run only for a type checker. */
function reachableImports(body: readonly Statement[], typeCheckingNames: ReadonlySet<string>): PythonImport[] {
  return analyzeBranches(body, typeCheckingNames).flatMap(({ statement, unreachable }) => {
    if (unreachable === 'type-checking') return [];
    return [...(statement.import ? [statement.import] : []), ...reachableImports(statement.body, typeCheckingNames)];
  });
}

function checkImport(bundle: BundleSources, path: string, statement: PythonImport): Problem[] {
  const at = { file: `${bundle.folder}/${path}`, line: statement.line };
  if (statement.kind === 'from') {
    const problem = checkFromImport(bundle, path, statement);
    return problem ? [{ ...problem, at }] : [];
  }
  return statement.names.flatMap(({ name, as }) => {
    const steps = ownModule(bundle, name);
    if (!steps) return [];
    return [{ ...absoluteImport(name), hint: truncate(`write   ${relativeImport(packageOf(path), steps, as, name)}`), at }];
  });
}

function checkFromImport(bundle: BundleSources, path: string, statement: PythonImport): Problem | undefined {
  const packageSteps = packageOf(path);
  const module = importedModule(bundle, path, statement);
  if (module === 'above') return importFromOutside(packageSteps, statement);
  if (module === 'outside' || statement.level > 0) return undefined;
  const relative = `from ${relativeName(packageSteps, module)} import ${importedNames(statement)}`;
  return { ...absoluteImport(statement.module), hint: truncate(`write   ${relative}`) };
}

function absoluteImport(name: string): Problem {
  return {
    code: 'absolute-import',
    message: `${quoted(name)} is a module of this bundle, imported by an absolute name: the platform imports each bundle as a package, so this name is not found, or is a module of another bundle.`,
  };
}

function importFromOutside(packageSteps: readonly string[], statement: PythonImport): Problem {
  const source = `from ${'.'.repeat(statement.level)}${statement.module} import ${importedNames(statement)}`;
  const limit = packageSteps.length === 0 ? 'one dot' : `${packageSteps.length + 1} dots`;
  return {
    code: 'absolute-import',
    message: `${quoted(source)} leaves the bundle: in this file, ${limit} ${packageSteps.length === 0 ? 'stands' : 'stand'} for the bundle’s folder, and a bundle cannot import from outside that folder.`,
    hint: `use at most ${limit} in this file; copy code that several bundles share into each of them, or put it into the image`,
  };
}

/** The shortest relative name of a module for a file in a package. */
function relativeName(packageSteps: readonly string[], steps: readonly string[]): string {
  let shared = 0;
  while (shared < packageSteps.length && packageSteps[shared] === steps[shared]) shared++;
  return '.'.repeat(packageSteps.length - shared + 1) + steps.slice(shared).join('.');
}

/** `import a.b as c` → `from .a import b as c`. */
function relativeImport(packageSteps: readonly string[], steps: readonly string[], as: string | undefined, name: string): string {
  const last = steps.at(-1);
  if (last === undefined) return `from ${relativeName(packageSteps, [])} import <the module that is needed>`;
  const alias = as && as !== last ? ` as ${as}` : '';
  const line = `from ${relativeName(packageSteps, steps.slice(0, -1))} import ${last}${alias}`;
  return as || name === last ? line : `${line}   and replace ${name} by ${last} in the code`;
}

function importedNames({ names }: PythonImport): string {
  const texts = names.map(({ name, as }) => (as ? `${name} as ${as}` : name));
  return texts.length > 6 ? `${texts.slice(0, 6).join(', ')}, …` : texts.join(', ');
}

/** Keeps a hint on one readable line. */
function truncate(text: string): string {
  return text.length > 300 ? `${text.slice(0, 299)}…` : text;
}
