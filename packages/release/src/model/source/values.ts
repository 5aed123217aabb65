import type { Arm } from '../python/branches';

/** The platform's decorators, of both generations, by what they mark. A class marked as factory is found too; a function marked as class is not. */
export const ENTRY_DECORATORS: Readonly<Record<string, Role>> = {
  agentic_workflow: 'class',
  agentic_workflow_factory: 'factory',
  bundle_entrypoint: 'class',
  bundle_entrypoint_factory: 'factory',
};

export type Role = 'class' | 'factory';

export function entryRole(name: string | undefined): Role | undefined {
  return name !== undefined && Object.hasOwn(ENTRY_DECORATORS, name) ? ENTRY_DECORATORS[name] : undefined;
}

/** A class or function of the bundle. The loader looks at the object, so the same one under two names is one. */
export interface Definition {
  name: string;
  file: string;
  line: number;
  kind: 'class' | 'function';
  /** Whether the loader would find it: `maybe` where only running it could tell. */
  marked: 'yes' | 'no' | 'maybe';
  /** A decorator for classes on a function: the loader does not find it. */
  misused?: boolean;
  /** Its body speaks of the platform's decorators, so what it returns may be marked. */
  marks: boolean;
}

/** What a name may stand for. `unknown` may be anything, `other` is surely no entrypoint. */
export type Value =
  | { kind: 'definition'; definition: Definition }
  | { kind: 'decorator'; role: Role }
  | { kind: 'module'; steps: readonly string[] }
  | { kind: 'unknown' }
  | { kind: 'other' };

/** One value of a name and the arms of this module in which it gets it; `from` are the arms of the modules that it came through. */
export interface Bound {
  value: Value;
  arms: readonly Arm[];
  from: readonly Arm[];
}

export interface Namespace {
  file: string;
  names: Map<string, Bound[]>;
  /** Something in the module could add names that reading does not show. */
  uncertain: boolean;
  /** `__all__` where it can be read; `unknown` where it is there and cannot. */
  all?: readonly string[] | 'unknown';
}

/** More values than this for one name are not told apart. */
export const MAX_VALUES = 40;

/** Gives a name its possible values, or none (`del`); those that they surely replace are gone. */
export function bind(space: Namespace, name: string, values: readonly Possible[], arms: readonly Arm[]): void {
  const left = (space.names.get(name) ?? []).filter((old) => !isWithin(arms, old.arms));
  const all = [...left, ...values.map(({ value, from }) => ({ value, arms, from: from ?? [] }))];
  if (all.length === 0) space.names.delete(name);
  else space.names.set(name, all.length > MAX_VALUES ? [{ value: { kind: 'unknown' }, arms: [], from: [] }] : all);
}

export interface Possible {
  value: Value;
  from?: readonly Arm[];
}

/** Whether what runs in `inner` always runs `outer`’s place too: then a later binding there replaces an earlier one here. */
function isWithin(outer: readonly Arm[], inner: readonly Arm[]): boolean {
  return outer.every((step, index) => inner[index]?.block === step.block && inner[index].arm === step.arm);
}

/** Whether two bindings lie in arms of one block that never both run. */
export function isExclusive(a: Bound, b: Bound): boolean {
  const others = [...b.arms, ...b.from];
  return [...a.arms, ...a.from].some((step) => others.some((other) => other.block === step.block && other.arm !== step.arm));
}
