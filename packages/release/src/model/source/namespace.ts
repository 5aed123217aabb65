import type { Definition, Namespace, Possible, Value } from './values';
import { MAX_VALUES, bind, entryRole } from './values';
import { decoratorRole, mayMark, speaksOfDecorators, valuesOf } from './expressions';
import type { BundleSources } from './layout';
import { importedModule, isModule, moduleFile, ownModule, statementsOf } from './layout';
import type { Arm } from '../python/branches';
import { branchesOf, checkingNames } from '../python/branches';
import type { Statement } from '../python/python';
import { isDefinition } from '../python/python';
import type { PythonImport } from '../python/imports';
import { assignment, basesOf, headTargets, readAll, targetNames } from '../python/targets';
import { dottedName } from '../python/tokens';

/** Blocks in modules in imports go this deep; what lies deeper is not followed, and nothing is concluded from it. */
const MAX_DEPTH = 600;
const OTHER: Possible = { value: { kind: 'other' } };
const UNKNOWN: Possible = { value: { kind: 'unknown' } };

/** Reads what a module's namespace holds after its import, for the files of one bundle. Undefined where the file cannot be read. */
export function namespaceReader(bundle: BundleSources): (file: string) => Namespace | undefined {
  const known = new Map<string, Namespace | undefined>();
  const reading = new Set<Namespace>();
  let depth = 0;

  function read(file: string): Namespace | undefined {
    if (known.has(file)) return known.get(file);
    const body = statementsOf(bundle, file);
    if (!body || depth >= MAX_DEPTH) return undefined;
    // Known before it is full: a circle of imports sees, as in Python, what is there so far.
    const space: Namespace = { file, names: new Map(), uncertain: false };
    known.set(file, space);
    reading.add(space);
    scan(space, body, [], checkingNames(body));
    reading.delete(space);
    return space;
  }

  function scan(space: Namespace, body: readonly Statement[], arms: readonly Arm[], checking: ReadonlySet<string>): void {
    depth++;
    for (const { statement, arm, dead } of branchesOf(body, checking)) {
      if (dead) continue;
      if (isDefinition(statement)) define(space, statement, arms);
      else if (statement.import) bindImport(space, statement.import, arms);
      else if (statement.body.length === 0) bindSimple(space, statement, arms);
      else {
        const inner = arm ? [...arms, arm] : arms;
        for (const name of headTargets(statement)) bind(space, name, [OTHER], inner);
        scan(space, statement.body, inner, checking);
      }
    }
    depth--;
  }

  function define(space: Namespace, statement: Statement, arms: readonly Arm[]): void {
    const isClass = statement.keyword === 'class';
    const name = statement.tokens[1]?.text ?? '';
    const roles = statement.decorators.map(({ tokens }) => decoratorRole(space, tokens, resolve));
    const own = roles.some((role) => role === 'factory' || (role === 'class' && isClass))
      ? 'yes'
      : roles.includes('maybe')
        ? 'maybe'
        : 'no';
    const definition: Definition = {
      name,
      file: space.file,
      line: statement.line,
      kind: isClass ? 'class' : 'function',
      marked: own === 'no' && isClass ? inherited(space, statement) : own,
      misused: own === 'no' && roles.includes('class'),
      marks: speaksOfDecorators(space, statement),
    };
    bind(space, name, [{ value: { kind: 'definition', definition } }], arms);
  }

  /** The loader asks the object with getattr, so a class has the mark of its base. */
  function inherited(space: Namespace, statement: Statement): Definition['marked'] {
    const marks = basesOf(statement).map((base) => {
      const values = resolve(space, base);
      if (values.length > 0 && values.every((value) => value.kind === 'definition' && value.definition.marked === 'yes'))
        return 'yes';
      return values.some((value) => value.kind === 'unknown' || (value.kind === 'definition' && value.definition.marked !== 'no'))
        ? 'maybe'
        : 'no';
    });
    if (marks.includes('yes')) return 'yes';
    return marks.includes('maybe') ? 'maybe' : 'no';
  }

  function bindImport(space: Namespace, found: PythonImport, arms: readonly Arm[]): void {
    for (const { name, as } of found.names) {
      if (found.kind === 'import') {
        const steps = ownModule(bundle, as ? name : name.split('.')[0]!);
        bind(space, as ?? name.split('.')[0]!, [steps ? { value: { kind: 'module', steps } } : OTHER], arms);
        continue;
      }
      const steps = importedModule(bundle, space.file, found);
      if (name === '*') bindStar(space, steps, arms);
      else bind(space, as ?? name, imported(steps, name), arms);
    }
  }

  function imported(steps: ReturnType<typeof importedModule>, name: string): Possible[] {
    if (Array.isArray(steps)) return attribute(steps, name);
    const role = entryRole(name);
    if (role) return [{ value: { kind: 'decorator', role } }];
    return [steps === 'above' ? UNKNOWN : OTHER];
  }

  function bindStar(space: Namespace, steps: ReturnType<typeof importedModule>, arms: readonly Arm[]): void {
    if (steps === 'outside') return;
    const file = Array.isArray(steps) ? moduleFile(bundle, steps) : undefined;
    const source = file === undefined ? undefined : read(file);
    space.uncertain ||= source?.uncertain ?? true;
    if (!source) return;
    const names = Array.isArray(source.all) ? source.all : [...source.names.keys()].filter((name) => !name.startsWith('_'));
    for (const name of names) {
      const values = source.all === 'unknown' ? [UNKNOWN] : taken(source, name);
      if (values.length > 0) bind(space, name, values, arms);
    }
    space.uncertain ||= source.all === 'unknown';
  }

  /** What `module.name` may be, for a module of the bundle. */
  function attribute(steps: readonly string[], name: string): Possible[] {
    const file = moduleFile(bundle, steps);
    const space = file === undefined ? undefined : read(file);
    const found = space ? taken(space, name) : [];
    if (found.length > 0) return found;
    if (isModule(bundle, [...steps, name])) return [{ value: { kind: 'module', steps: [...steps, name] } }];
    const role = entryRole(name);
    if (role) return [{ value: { kind: 'decorator', role } }];
    return [!space || reading.has(space) || space.uncertain || space.names.has('__getattr__') ? UNKNOWN : OTHER];
  }

  function resolve(space: Namespace, dotted: string): Value[] {
    const [first, ...rest] = dotted.split('.');
    let values = (space.names.get(first!) ?? []).map(({ value }) => value);
    for (const step of rest) {
      values = values.flatMap((value): Value[] => {
        if (value.kind === 'module') return attribute(value.steps, step).map((possible) => possible.value);
        return [(value.kind === 'unknown' ? UNKNOWN : OTHER).value];
      });
      if (values.length > MAX_VALUES) values = [UNKNOWN.value];
    }
    return values;
  }

  function bindSimple(space: Namespace, statement: Statement, arms: readonly Arm[]): void {
    const { tokens, keyword, line } = statement;
    const parts = assignment(tokens);
    if (keyword === '__all__') space.all = parts?.targets.length === 1 ? readAll(parts.value) : 'unknown';
    if (keyword === 'del') for (const name of targetNames(tokens.slice(1))) bind(space, name, [], arms);
    if (!parts) {
      space.uncertain ||= keyword !== 'del' && mayMark(space, tokens, resolve);
      return;
    }
    for (const target of parts.targets) {
      const name = dottedName(target);
      const values = valuesOf(space, parts.value, { name: name ?? '', line }, resolve);
      if (name !== undefined && !name.includes('.')) {
        bind(space, name, values.map((value) => ({ value })), arms); // prettier-ignore
        continue;
      }
      const each = values.every(({ kind }) => kind === 'other') ? OTHER : UNKNOWN;
      for (const bound of targetNames(target)) bind(space, bound, [each], arms);
      space.uncertain ||= mayMark(space, target, resolve);
    }
  }

  return read;
}

/** What another module gets that imports a name of this one. */
function taken(space: Namespace, name: string): Possible[] {
  return (space.names.get(name) ?? []).map(({ value, arms, from }) => ({ value, from: [...from, ...arms] }));
}
