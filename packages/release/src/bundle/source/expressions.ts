import type { Statement } from '../python/python';
import { walkStatements } from '../python/python';
import type { Token } from '../python/tokens';
import { dottedName, indexAtLevel, isToken, withoutOuterBrackets } from '../python/tokens';
import type { Definition, Namespace, Role, Value } from './values';
import { decoratorRoleOf } from './values';

/** The possible values of a dotted name in a namespace that may be incomplete. Empty if the name is not bound. */
export type Resolve = (namespace: Namespace, dotted: string) => Value[];

/** Calls whose result, or whose effect on the module, static analysis cannot determine. */
const DYNAMIC = new Set(['exec', 'eval', 'globals', 'locals', 'vars', 'setattr', 'import_module', '__import__']);
const ROLE_ATTRIBUTES = new Set(['__agentic_role__', '__bundle_entrypoint_role__']);

/** The role that a decorator (without its `@`) gives a definition; undefined if it is none of the platform's. */
export function evaluateDecorator(namespace: Namespace, tokens: readonly Token[], resolve: Resolve): Role | 'maybe' | undefined {
  const call = parseCall(withoutOuterBrackets(tokens));
  if (call && call.rest.length === 0) {
    const role = resolveRole(namespace, call.name, resolve);
    if (role) return role;
  }
  return mayMakeEntrypoint(namespace, tokens, resolve) ? 'maybe' : undefined;
}

/** The role of a dotted name: by what it is bound to, else by its last part. */
function resolveRole(namespace: Namespace, dotted: string, resolve: Resolve): Role | undefined {
  for (const value of resolve(namespace, dotted)) if (value.kind === 'decorator') return value.role;
  return decoratorRoleOf(dotted.split('.').at(-1));
}

/** Whether an expression may create or remove an entrypoint: it names a decorator, an entrypoint, a dynamic call or something unknown. */
export function mayMakeEntrypoint(namespace: Namespace, tokens: readonly Token[], resolve: Resolve): boolean {
  return tokens.some((token, index) => {
    if (token.kind !== 'name') return false;
    if (decoratorRoleOf(token.text) || ROLE_ATTRIBUTES.has(token.text) || DYNAMIC.has(token.text)) return true;
    if (isToken(tokens[index - 1], '.')) return false;
    return resolve(namespace, dottedNameAt(tokens, index)).some(isRelevant);
  });
}

function isRelevant(value: Value): boolean {
  if (value.kind === 'definition') return value.definition.usesDecorators || value.definition.isEntrypoint !== 'no';
  return value.kind === 'decorator' || value.kind === 'unknown';
}

/** The longest dotted name that starts at an index. */
function dottedNameAt(tokens: readonly Token[], start: number): string {
  let end = start + 1;
  while (isToken(tokens[end], '.') && tokens[end + 1]?.kind === 'name') end += 2;
  return dottedName(tokens.slice(start, end)) ?? '';
}

/** Whether the body of a definition names the platform's decorators. */
export function bodyUsesDecorators(namespace: Namespace, definition: Statement): boolean {
  for (const { tokens, decorators } of walkStatements(definition.body)) {
    for (const list of [tokens, ...decorators.map((decorator) => decorator.tokens)])
      if (list.some((token) => isDecoratorName(namespace, token))) return true;
  }
  return false;
}

function isDecoratorName(namespace: Namespace, token: Token): boolean {
  if (token.kind !== 'name') return false;
  const bindings = namespace.names.get(token.text) ?? [];
  return decoratorRoleOf(token.text) !== undefined || bindings.some(({ value }) => value.kind === 'decorator');
}

/** The possible values of the right side of an assignment. `target` names the result if a decorator is called on something unknown. */
export function evaluate(
  namespace: Namespace,
  tokens: readonly Token[],
  target: { name: string; line: number },
  resolve: Resolve,
): Value[] {
  const expression = withoutOuterBrackets(tokens);
  const call = parseCall(expression);
  if (call && call.rest.length === 0) {
    const role = resolveRole(namespace, call.name, resolve);
    if (role) return [{ kind: 'decorator', role }];
    const values = call.isCalled ? [] : resolve(namespace, call.name);
    if (values.length > 0) return values;
  }
  const decorated = call && evaluateDecoratorCall(namespace, call, target, resolve);
  if (decorated) return decorated;
  return [{ kind: mayMakeEntrypoint(namespace, expression, resolve) ? 'unknown' : 'other' }];
}

/** `decorator(...)(Thing)`: the role goes to the object itself, under all its names. */
function evaluateDecoratorCall(
  namespace: Namespace,
  { name, rest }: Call,
  target: { name: string; line: number },
  resolve: Resolve,
): Value[] | undefined {
  const isCalled = isToken(rest[0], '(') && indexAtLevel(rest, 1, ')') === rest.length - 1;
  const role = isCalled ? resolveRole(namespace, name, resolve) : undefined;
  if (!role) return undefined;
  const argument = dottedName(rest.slice(1, -1));
  const values = argument === undefined ? [] : resolve(namespace, argument);
  for (const value of values) if (value.kind === 'definition') applyRole(value.definition, role);
  if (values.some(({ kind }) => kind !== 'other')) return values;
  const definition: Definition = {
    ...target,
    file: namespace.file,
    kind: 'class',
    isEntrypoint: 'yes',
    usesDecorators: true,
  };
  return [{ kind: 'definition', definition }];
}

/** The last role wins, and the role of a class hides a function from the loader. */
function applyRole(definition: Definition, role: Role): void {
  definition.isMisused = role === 'class' && definition.kind === 'function';
  definition.isEntrypoint = definition.isMisused ? 'no' : 'yes';
}

interface Call {
  name: string;
  isCalled: boolean;
  /** What follows the first pair of brackets. */
  rest: Token[];
}

/** `a.b` or `a.b(...)`, and what follows it. */
function parseCall(tokens: readonly Token[]): Call | undefined {
  const open = indexAtLevel(tokens, 0, '(');
  const name = dottedName(tokens.slice(0, open));
  if (name === undefined) return undefined;
  const close = indexAtLevel(tokens, open + 1, ')');
  return { name, isCalled: open < tokens.length, rest: tokens.slice(close + 1) };
}
