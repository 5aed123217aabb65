import type { Clause } from '../python/branches';
import { analyzeBranches } from '../python/branches';
import { findTypeCheckingNames } from '../python/conditions';
import type { Statement } from '../python/python';
import { isDefinition } from '../python/python';
import { headerTargets, parseAssignment, parseDunderAll, targetNames } from '../python/targets';
import { dottedName } from '../python/tokens';
import { bindDefinition } from './definitions';
import type { Resolve } from './expressions';
import { evaluate, mayMakeEntrypoint } from './expressions';
import type { BundleSources } from './layout';
import { statementsOf } from './layout';
import type { ModuleReader } from './modules';
import { OTHER, UNKNOWN, bindImport, resolveName } from './modules';
import type { Namespace } from './values';
import { bind } from './values';

/** The limit for blocks plus nested imports, so that the stack is never exhausted. Deeper modules count as unreadable. */
const MAX_DEPTH = 600;

/** Returns a function that computes the namespace of a module after its import, for the files of one bundle. Undefined if the file cannot be read. */
export function namespaceReader(bundle: BundleSources): (file: string) => Namespace | undefined {
  const cache = new Map<string, Namespace | undefined>();
  const reading = new Set<Namespace>();
  let depth = 0;
  const reader: ModuleReader = {
    bundle,
    read,
    isReading: (namespace) => reading.has(namespace),
    resolve: (namespace, dotted) => resolveName(reader, namespace, dotted),
  };
  return read;

  function read(file: string): Namespace | undefined {
    if (cache.has(file)) return cache.get(file);
    const body = statementsOf(bundle, file);
    if (!body || depth >= MAX_DEPTH) return undefined;
    // Cached before it is complete: as in Python, a circular import sees only the names bound so far.
    const namespace: Namespace = { file, names: new Map(), isUncertain: false };
    cache.set(file, namespace);
    reading.add(namespace);
    bindBody(namespace, body, [], findTypeCheckingNames(body));
    reading.delete(namespace);
    return namespace;
  }

  function bindBody(
    namespace: Namespace,
    body: readonly Statement[],
    clauses: readonly Clause[],
    typeCheckingNames: ReadonlySet<string>,
  ): void {
    depth++;
    for (const { statement, clause, unreachable } of analyzeBranches(body, typeCheckingNames)) {
      if (unreachable) continue;
      if (isDefinition(statement)) bindDefinition(namespace, statement, clauses, reader.resolve);
      else if (statement.import) bindImport(reader, namespace, statement.import, clauses);
      else if (statement.body.length === 0) bindSimpleStatement(namespace, statement, clauses, reader.resolve);
      else {
        const inner = clause ? [...clauses, clause] : clauses;
        for (const name of headerTargets(statement)) bind(namespace, name, [OTHER], inner);
        bindBody(namespace, statement.body, inner, typeCheckingNames);
      }
    }
    depth--;
  }
}

function bindSimpleStatement(
  namespace: Namespace,
  { tokens, keyword, line }: Statement,
  clauses: readonly Clause[],
  resolve: Resolve,
): void {
  const assignment = parseAssignment(tokens);
  if (keyword === '__all__') namespace.all = assignment?.targets.length === 1 ? parseDunderAll(assignment.value) : 'unknown';
  if (keyword === 'del') for (const name of targetNames(tokens.slice(1))) bind(namespace, name, [], clauses);
  if (!assignment) {
    namespace.isUncertain ||= keyword !== 'del' && mayMakeEntrypoint(namespace, tokens, resolve);
    return;
  }
  for (const target of assignment.targets) {
    const name = dottedName(target);
    const values = evaluate(namespace, assignment.value, { name: name ?? '', line }, resolve);
    if (name !== undefined && !name.includes('.')) {
      bind(namespace, name, values.map((value) => ({ value })), clauses); // prettier-ignore
      continue;
    }
    const element = values.every(({ kind }) => kind === 'other') ? OTHER : UNKNOWN;
    for (const bound of targetNames(target)) bind(namespace, bound, [element], clauses);
    namespace.isUncertain ||= mayMakeEntrypoint(namespace, target, resolve);
  }
}
