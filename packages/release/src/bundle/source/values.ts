import type { Clause } from '../python/branches';

/** The platform's decorators, of both generations, by what they mark. The loader also finds a class marked as factory, but not a function marked as class. */
const ENTRYPOINT_DECORATORS: Readonly<Record<string, Role>> = {
  agentic_workflow: 'class',
  agentic_workflow_factory: 'factory',
  bundle_entrypoint: 'class',
  bundle_entrypoint_factory: 'factory',
};

export type Role = 'class' | 'factory';

/** The role that a decorator of this name gives; undefined if it is none of the platform's. */
export function decoratorRoleOf(name: string | undefined): Role | undefined {
  return name !== undefined && Object.hasOwn(ENTRYPOINT_DECORATORS, name) ? ENTRYPOINT_DECORATORS[name] : undefined;
}

/** A class or function of the bundle. The loader compares objects, so one definition under two names is one entrypoint. */
export interface Definition {
  name: string;
  file: string;
  line: number;
  kind: 'class' | 'function';
  /** Whether the loader finds it: `maybe` if this is only known at run time. */
  isEntrypoint: 'yes' | 'no' | 'maybe';
  /** A function with a decorator for classes: the loader ignores it. */
  isMisused?: boolean;
  /** Its body names the platform's decorators, so what it returns may be an entrypoint. */
  usesDecorators: boolean;
}

/** What a name may be bound to. `unknown` may be anything, `other` is certainly no entrypoint. */
export type Value =
  | { kind: 'definition'; definition: Definition }
  | { kind: 'decorator'; role: Role }
  | { kind: 'module'; steps: readonly string[] }
  | { kind: 'unknown' }
  | { kind: 'other' };

/** One possible value of a name, and the clauses of this module in which it is bound. `importedClauses` are those of the modules that it was imported through. */
export interface Binding {
  value: Value;
  clauses: readonly Clause[];
  importedClauses: readonly Clause[];
}

export interface Namespace {
  file: string;
  names: Map<string, Binding[]>;
  /** The module may add names that static analysis cannot find. */
  isUncertain: boolean;
  /** The value of `__all__`; `unknown` if it is computed. */
  all?: readonly string[] | 'unknown';
}

/** A name with more possible values than this counts as unknown. */
export const MAX_VALUES = 40;

export interface PossibleValue {
  value: Value;
  importedClauses?: readonly Clause[];
}

/** Binds a name to its possible values, or to none (`del`). Bindings that are certainly overwritten are removed. */
export function bind(namespace: Namespace, name: string, values: readonly PossibleValue[], clauses: readonly Clause[]): void {
  const remaining = (namespace.names.get(name) ?? []).filter((old) => !isWithin(clauses, old.clauses));
  const added = values.map(({ value, importedClauses = [] }) => ({ value, clauses, importedClauses }));
  const bindings = [...remaining, ...added];
  const unknown: Binding = { value: { kind: 'unknown' }, clauses: [], importedClauses: [] };
  if (bindings.length === 0) namespace.names.delete(name);
  else namespace.names.set(name, bindings.length > MAX_VALUES ? [unknown] : bindings);
}

/** Whether `outer` always runs if `inner` does: then a later binding in `outer` replaces an earlier one in `inner`. */
function isWithin(outer: readonly Clause[], inner: readonly Clause[]): boolean {
  return outer.every((clause, index) => inner[index]?.owner === clause.owner && inner[index].index === clause.index);
}

/** Whether two bindings are in clauses of one statement that never both run. */
export function isExclusive(a: Binding, b: Binding): boolean {
  const others = [...b.clauses, ...b.importedClauses];
  return [...a.clauses, ...a.importedClauses].some((clause) =>
    others.some((other) => other.owner === clause.owner && other.index !== clause.index),
  );
}
