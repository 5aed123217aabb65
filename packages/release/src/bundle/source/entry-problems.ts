import type { Problem } from '../../problem/problem';
import type { Statement } from '../python/python';
import { isDefinition, walkStatements } from '../python/python';
import { dottedName, indexAtLevel } from '../python/tokens';
import type { BundleSources } from './layout';
import { runtimeFiles, statementsOf } from './layout';
import type { Definition, Namespace } from './values';
import { decoratorRoleOf } from './values';

const ENTRYPOINT_FILE = 'entrypoint.py';

export function multipleEntrypoints(bundle: BundleSources, entrypoints: readonly Definition[]): Problem {
  const definitions = [...new Map(entrypoints.map((each) => [locationOf(bundle, each), each])).values()].sort(compareLocations);
  const list = definitions.map((definition) => `  ${locationOf(bundle, definition)}  ${definition.kind} ${definition.name}`);
  return {
    code: 'entrypoint-many',
    message: `entrypoint.py has ${definitions.length} entrypoints, and the platform loads only one of them, chosen by priority and name:\n${list.join('\n')}`,
    hint: 'keep the decorator on one of them; a class inherits it from its base, and an imported name counts too',
    at: {
      file: `${bundle.folder}/${ENTRYPOINT_FILE}`,
      line: definitions.find(({ file }) => file === ENTRYPOINT_FILE)?.line,
    },
  };
}

export function noEntrypoint(bundle: BundleSources, namespace: Namespace): Problem {
  const at = { file: `${bundle.folder}/${ENTRYPOINT_FILE}` };
  const misused = findMisused(namespace);
  if (misused) {
    return {
      code: 'entrypoint-none',
      message: `The platform ignores the function ${misused.name} (${locationOf(bundle, misused)}): its decorator is for classes.`,
      hint: 'use @agentic_workflow_factory (or @bundle_entrypoint_factory) for a function',
      at: misused.file === ENTRYPOINT_FILE ? { ...at, line: misused.line } : at,
    };
  }
  const decorated = findDecorated(bundle);
  const list = decorated.map(
    (each) => `\n  ${locationOf(bundle, each)}  ${each.kind} ${each.name}${each.isNested ? ', inside another definition' : ''}`,
  );
  const reason =
    decorated.length === 0
      ? 'nothing in the bundle has the platform’s decorator.'
      : `these have the platform’s decorator, but are not in its namespace after the import:${list.join('')}`;
  return { code: 'entrypoint-none', message: `entrypoint.py has no entrypoint: ${reason}`, hint: entrypointHint(decorated), at };
}

interface Location {
  file: string;
  line: number;
}

function locationOf(bundle: BundleSources, { file, line }: Location): string {
  return `${bundle.folder}/${file}:${line}`;
}

/** entrypoint.py comes first. */
function compareLocations(a: Location, b: Location): number {
  const order = Number(b.file === ENTRYPOINT_FILE) - Number(a.file === ENTRYPOINT_FILE);
  return order || (a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line);
}

function findMisused(namespace: Namespace): Definition | undefined {
  for (const { value } of [...namespace.names.values()].flat())
    if (value.kind === 'definition' && value.definition.isMisused) return value.definition;
  return undefined;
}

interface Decorated extends Location {
  name: string;
  kind: Definition['kind'];
  isNested: boolean;
}

function entrypointHint(decorated: readonly Decorated[]): string {
  const [only, ...others] = decorated;
  if (!only || others.length > 0)
    return 'write @agentic_workflow(name="…"), or for newer platforms @bundle_entrypoint(name="…"), above one class in entrypoint.py';
  if (only.isNested || only.file === ENTRYPOINT_FILE)
    return `define ${only.name} at the top level of its module (not in a function, a class or an "if TYPE_CHECKING" block), and do not reassign its name`;
  const module = only.file.replace(/(?:^|\/)__init__\.py$/, '').replace(/\.py$/, '').replaceAll('/', '.'); // prettier-ignore
  return `write   from .${module} import ${only.name}   in entrypoint.py`;
}

/** Every definition of the bundle, at any depth, that has one of the decorators by its name or an alias. */
function findDecorated(bundle: BundleSources): Decorated[] {
  return runtimeFiles(bundle).flatMap((file) => {
    const body = statementsOf(bundle, file) ?? [];
    return findDecoratedIn(body, file, decoratorAliases(body), false);
  });
}

function findDecoratedIn(body: readonly Statement[], file: string, aliases: ReadonlySet<string>, isNested: boolean): Decorated[] {
  return body.flatMap((statement): Decorated[] => {
    const isDecorated = statement.decorators.some(({ tokens }) => {
      const name = dottedName(tokens.slice(0, indexAtLevel(tokens, 0, '(')))?.split('.').at(-1); // prettier-ignore
      return name !== undefined && (decoratorRoleOf(name) !== undefined || aliases.has(name));
    });
    const inner = findDecoratedIn(statement.body, file, aliases, isNested || isDefinition(statement));
    if (!isDecorated) return inner;
    const kind = statement.keyword === 'class' ? 'class' : 'function';
    return [{ name: statement.tokens[1]?.text ?? '', kind, file, line: statement.line, isNested }, ...inner];
  });
}

function decoratorAliases(body: readonly Statement[]): Set<string> {
  const names = [...walkStatements(body)].flatMap((statement) => statement.import?.names ?? []);
  return new Set(names.flatMap(({ name, as }) => (as && decoratorRoleOf(name) ? [as] : [])));
}
