import type { Problem } from '../../problem';
import { quoted } from '../../problem';
import type { BundleSources } from './layout';
import { importedModule, ownModule, packageOf, statementsOf } from './layout';
import type { Statement } from '../python/python';
import { branchesOf, checkingNames } from '../python/branches';
import type { PythonImport } from '../python/imports';

/** The imports of a bundle that reach its own modules by an absolute name, or climb out of it. Its tests run elsewhere and may. */
export function importProblems(bundle: BundleSources): Problem[] {
  const paths = [...bundle.files.keys()].filter((path) => !packageOf(path).includes('tests')).sort();
  return paths.flatMap((path) => {
    const body = statementsOf(bundle, path);
    const problems = body ? liveImports(body, checkingNames(body)).flatMap((found) => problemsOf(bundle, path, found)) : [];
    return [...new Map(problems.map((problem) => [`${problem.at?.line} ${problem.message} ${problem.hint}`, problem])).values()];
  });
}

/** Every import of a body and of all blocks in it, but for those that only a type checker reads. */
function liveImports(body: readonly Statement[], checking: ReadonlySet<string>): PythonImport[] {
  return branchesOf(body, checking).flatMap(({ statement, dead }) => {
    if (dead === 'types') return [];
    return [...(statement.import ? [statement.import] : []), ...liveImports(statement.body, checking)];
  });
}

function problemsOf(bundle: BundleSources, path: string, found: PythonImport): Problem[] {
  const at = { file: `${bundle.folder}/${path}`, line: found.line };
  if (found.kind === 'from') {
    const problem = fromProblem(bundle, path, found);
    return problem ? [{ ...problem, at }] : [];
  }
  return found.names.flatMap(({ name, as }) => {
    const steps = ownModule(bundle, name);
    if (!steps) return [];
    return [{ ...absolute(name), hint: cut(`write   ${relativeImport(packageOf(path), steps, as, name)}`), at }];
  });
}

function fromProblem(bundle: BundleSources, path: string, found: PythonImport): Problem | undefined {
  const home = packageOf(path);
  const steps = importedModule(bundle, path, found);
  if (steps === 'above') return climbing(home, found);
  if (steps === 'outside' || found.level > 0) return undefined;
  return { ...absolute(found.module), hint: cut(`write   from ${relativeName(home, steps)} import ${namesOf(found)}`) };
}

function absolute(name: string): Problem {
  return {
    code: 'absolute-import',
    message: `${quoted(name)} is this bundle’s own module, called by an absolute name. The platform imports a bundle as one package among others: there this name is not found, or is another bundle’s.`,
  };
}

function climbing(home: readonly string[], found: PythonImport): Problem {
  const written = `from ${'.'.repeat(found.level)}${found.module} import ${namesOf(found)}`;
  const most = home.length + 1;
  return {
    code: 'absolute-import',
    message: `${quoted(written)} climbs out of the bundle: from this file, ${dots(most)} already the bundle’s own folder, and a bundle cannot import what lies beside it.`,
    hint: `at most ${most === 1 ? 'one dot' : `${most} dots`} in this file; what several bundles share belongs into each of them, or into the image`,
  };
}

function dots(count: number): string {
  return count === 1 ? 'one dot is' : `${count} dots are`;
}

/** The shortest relative name of a module for a file in the package `home`. */
function relativeName(home: readonly string[], steps: readonly string[]): string {
  let shared = 0;
  while (shared < home.length && home[shared] === steps[shared]) shared++;
  return '.'.repeat(home.length - shared + 1) + steps.slice(shared).join('.');
}

/** `import a.b as c` → `from .a import b as c`: the last step is what is imported, the others say from where. */
function relativeImport(home: readonly string[], steps: readonly string[], as: string | undefined, name: string): string {
  const last = steps.at(-1);
  if (last === undefined) return `from ${relativeName(home, [])} import <the module that is needed>`;
  const line = `from ${relativeName(home, steps.slice(0, -1))} import ${last}${as && as !== last ? ` as ${as}` : ''}`;
  return as || name === last ? line : `${line}   and ${last} where the code says ${name}`;
}

function namesOf(found: PythonImport): string {
  const names = found.names.map(({ name, as }) => (as ? `${name} as ${as}` : name));
  return names.length > 6 ? `${names.slice(0, 6).join(', ')}, …` : names.join(', ');
}

/** A hint is one line to read; who writes more than this gets its beginning. */
function cut(text: string): string {
  return text.length > 300 ? `${text.slice(0, 299)}…` : text;
}
