import type { Problem } from '../../problem';
import { packageOf, statementsOf } from './layout';
import type { BundleSources } from './layout';
import { namespaceReader } from './namespace';
import type { Bound, Definition, Namespace } from './values';
import { entryRole, isExclusive } from './values';
import type { Statement } from '../python/python';
import { isDefinition } from '../python/python';
import { everyStatement } from '../python/branches';
import { dottedName, indexAtLevel } from '../python/tokens';

const ENTRY = 'entrypoint.py';

/** Whether the platform's loader finds exactly one entrypoint in the namespace of entrypoint.py. Where reading cannot tell, there is no problem. */
export function entryProblems(bundle: BundleSources): Problem[] {
  const space = namespaceReader(bundle)(ENTRY);
  if (!space) return [];
  const found = markedNames(space);
  if (found.length === 0) return mayHold(space) ? [] : [none(bundle, space)];
  return hasTwo(found) ? [many(bundle, found)] : [];
}

interface Marked {
  name: string;
  bound: Bound;
  definition: Definition;
}

function markedNames(space: Namespace): Marked[] {
  return [...space.names].flatMap(([name, values]) =>
    values.flatMap((bound) =>
      bound.value.kind === 'definition' && bound.value.definition.marked === 'yes'
        ? [{ name, bound, definition: bound.value.definition }]
        : [],
    ),
  );
}

/** Whether the namespace may hold an entrypoint that reading does not show. */
function mayHold(space: Namespace): boolean {
  if (space.uncertain) return true;
  return [...space.names.values()].some((values) =>
    values.some(({ value }) => value.kind === 'unknown' || (value.kind === 'definition' && value.definition.marked === 'maybe')),
  );
}

/** Two different objects under two names that can be there at the same time. */
function hasTwo(found: readonly Marked[]): boolean {
  return found.some((one, index) =>
    found
      .slice(index + 1)
      .some(
        (two) =>
          one.name !== two.name && placeOf(one.definition) !== placeOf(two.definition) && !isExclusive(one.bound, two.bound),
      ),
  );
}

function placeOf({ file, line }: { file: string; line: number }): string {
  return `${file}:${line}`;
}

function many(bundle: BundleSources, found: readonly Marked[]): Problem {
  const definitions = [...new Map(found.map(({ definition }) => [placeOf(definition), definition])).values()].sort(byPlace);
  const list = definitions.map(
    (definition) => `  ${bundle.folder}/${placeOf(definition)}  ${definition.kind} ${definition.name}`,
  );
  const first = definitions.find(({ file }) => file === ENTRY);
  return {
    code: 'entrypoint-many',
    message: `The platform finds ${definitions.length} entrypoints in entrypoint.py and takes one of them by priority and name:\n${list.join('\n')}`,
    hint: 'leave the decorator on one of them; a class inherits it from its base, and an imported name counts too',
    at: { file: `${bundle.folder}/${ENTRY}`, line: first?.line },
  };
}

/** Those of entrypoint.py first. */
function byPlace(a: Definition, b: Definition): number {
  const order = Number(b.file === ENTRY) - Number(a.file === ENTRY);
  return order || (a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line);
}

function none(bundle: BundleSources, space: Namespace): Problem {
  const at = { file: `${bundle.folder}/${ENTRY}` };
  const misused = misusedOf(space);
  if (misused) {
    return {
      code: 'entrypoint-none',
      message: `The function ${misused.name} (${bundle.folder}/${placeOf(misused)}) carries a decorator that is for classes, and the platform passes over it.`,
      hint: 'use @agentic_workflow_factory (or @bundle_entrypoint_factory) above a function',
      at: misused.file === ENTRY ? { ...at, line: misused.line } : at,
    };
  }
  const elsewhere = decoratedAnywhere(bundle);
  const list = elsewhere.map(
    (one) => `\n  ${bundle.folder}/${placeOf(one)}  ${one.kind} ${one.name}${one.inner ? ', inside another definition' : ''}`,
  );
  const where =
    elsewhere.length === 0
      ? 'Nothing in the bundle carries its decorator.'
      : `What carries its decorator is not there:${list.join('')}`;
  return {
    code: 'entrypoint-none',
    message: `The platform finds no entrypoint in the namespace of entrypoint.py. ${where}`,
    hint: howTo(elsewhere),
    at,
  };
}

function misusedOf(space: Namespace): Definition | undefined {
  for (const { value } of [...space.names.values()].flat())
    if (value.kind === 'definition' && value.definition.misused) return value.definition;
  return undefined;
}

interface Decorated {
  name: string;
  kind: Definition['kind'];
  file: string;
  line: number;
  inner: boolean;
}

function howTo(elsewhere: readonly Decorated[]): string {
  const [one, ...more] = elsewhere;
  if (!one || more.length > 0)
    return 'write @agentic_workflow(name="…"), today also @bundle_entrypoint(name="…"), above one class of entrypoint.py';
  if (one.inner || one.file === ENTRY) return `${one.name} must be at the top of its module, where its import runs it`;
  const module = one.file.replace(/(?:^|\/)__init__\.py$/, '').replace(/\.py$/, '').replaceAll('/', '.'); // prettier-ignore
  return `write   from .${module} import ${one.name}   in entrypoint.py`;
}

/** Every definition of the bundle, at any depth, that carries one of the decorators by its plain name or an alias. */
function decoratedAnywhere(bundle: BundleSources): Decorated[] {
  const paths = [...bundle.files.keys()].filter((path) => !packageOf(path).includes('tests')).sort();
  return paths.flatMap((file) => {
    const body = statementsOf(bundle, file) ?? [];
    const aliases = aliasesOf(body);
    return decoratedIn(body, file, aliases, false);
  });
}

function decoratedIn(body: readonly Statement[], file: string, aliases: ReadonlySet<string>, inner: boolean): Decorated[] {
  return body.flatMap((statement) => {
    const isDecorated = statement.decorators.some(({ tokens }) => {
      const name = dottedName(tokens.slice(0, indexAtLevel(tokens, 0, '(')))?.split('.').at(-1); // prettier-ignore
      return name !== undefined && (entryRole(name) !== undefined || aliases.has(name));
    });
    const kind = statement.keyword === 'class' ? 'class' : 'function';
    const own = isDecorated ? [{ name: statement.tokens[1]?.text ?? '', kind, file, line: statement.line, inner } as const] : [];
    return [...own, ...decoratedIn(statement.body, file, aliases, inner || isDefinition(statement))];
  });
}

function aliasesOf(body: readonly Statement[]): Set<string> {
  const names = [...everyStatement(body)].flatMap((statement) => statement.import?.names ?? []);
  return new Set(names.flatMap(({ name, as }) => (as && entryRole(name) ? [as] : [])));
}
