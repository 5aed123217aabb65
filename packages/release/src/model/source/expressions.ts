import type { Statement } from '../python/python';
import { everyStatement } from '../python/branches';
import type { Token } from '../python/lex';
import { dottedName, indexAtLevel, isToken } from '../python/tokens';
import type { Definition, Namespace, Role, Value } from './values';
import { entryRole } from './values';

/** Where a dotted name leads, seen from a module so far read. Empty where it is not bound. */
export type Resolve = (space: Namespace, dotted: string) => Value[];

/** Calls whose result, or whose effect on the module, reading does not show. */
const DYNAMIC = new Set(['exec', 'eval', 'globals', 'locals', 'vars', 'setattr', 'import_module', '__import__']);
const ROLE_ATTRIBUTES = new Set(['__agentic_role__', '__bundle_entrypoint_role__']);

/** What a decorator (without its `@`) makes of a definition; undefined where it is none of the platform's. */
export function decoratorRole(space: Namespace, tokens: readonly Token[], resolve: Resolve): Role | 'maybe' | undefined {
  const call = readCall(withoutBrackets(tokens));
  if (call && call.rest.length === 0) {
    const role = roleOf(space, call.name, resolve);
    if (role) return role;
  }
  return mayMark(space, tokens, resolve) ? 'maybe' : undefined;
}

/** The platform's decorator behind a dotted name: by what it is bound to, else by its own last word. */
function roleOf(space: Namespace, dotted: string, resolve: Resolve): Role | undefined {
  for (const value of resolve(space, dotted)) if (value.kind === 'decorator') return value.role;
  return entryRole(dotted.split('.').at(-1));
}

/** Whether an expression could give or take a mark: it speaks of a decorator, of something marked, of what marks, or of what is unknown. */
export function mayMark(space: Namespace, tokens: readonly Token[], resolve: Resolve): boolean {
  return tokens.some((token, index) => {
    if (token.kind !== 'name') return false;
    if (entryRole(token.text) || ROLE_ATTRIBUTES.has(token.text) || DYNAMIC.has(token.text)) return true;
    if (isToken(tokens[index - 1], '.')) return false;
    return resolve(space, dottedFrom(tokens, index)).some(isSuspect);
  });
}

function isSuspect(value: Value): boolean {
  if (value.kind === 'definition') return value.definition.marks || value.definition.marked !== 'no';
  return value.kind === 'decorator' || value.kind === 'unknown';
}

/** `a.b.c` as far as it goes from here. */
function dottedFrom(tokens: readonly Token[], start: number): string {
  let end = start + 1;
  while (isToken(tokens[end], '.') && tokens[end + 1]?.kind === 'name') end += 2;
  return dottedName(tokens.slice(start, end)) ?? '';
}

/** Whether a definition's body speaks of the platform's decorators. */
export function speaksOfDecorators(space: Namespace, definition: Statement): boolean {
  for (const { tokens, decorators } of everyStatement(definition.body)) {
    for (const list of [tokens, ...decorators.map((decorator) => decorator.tokens)])
      if (list.some((token) => namesDecorator(space, token))) return true;
  }
  return false;
}

function namesDecorator(space: Namespace, token: Token): boolean {
  if (token.kind !== 'name') return false;
  return (
    entryRole(token.text) !== undefined || (space.names.get(token.text) ?? []).some(({ value }) => value.kind === 'decorator')
  );
}

/** What an assignment's right side may be. `named` is the new thing's name and place, where it marks something that had none. */
export function valuesOf(
  space: Namespace,
  tokens: readonly Token[],
  named: { name: string; line: number },
  resolve: Resolve,
): Value[] {
  const expression = withoutBrackets(tokens);
  const call = readCall(expression);
  if (call && call.rest.length === 0) {
    const role = roleOf(space, call.name, resolve);
    if (role) return [{ kind: 'decorator', role }];
    const values = call.called ? [] : resolve(space, call.name);
    if (values.length > 0) return values;
  }
  const marked = call && markedByCall(space, call, named, resolve);
  if (marked) return marked;
  return [{ kind: mayMark(space, expression, resolve) ? 'unknown' : 'other' }];
}

/** `decorator(...)(Thing)`: it marks the thing itself, under whatever name. */
function markedByCall(
  space: Namespace,
  call: Call,
  named: { name: string; line: number },
  resolve: Resolve,
): Value[] | undefined {
  const { rest } = call;
  const isCalled = isToken(rest[0], '(') && indexAtLevel(rest, 1, ')') === rest.length - 1;
  const role = isCalled ? roleOf(space, call.name, resolve) : undefined;
  if (!role) return undefined;
  const thing = dottedName(rest.slice(1, -1));
  const values = thing === undefined ? [] : resolve(space, thing);
  for (const value of values) if (value.kind === 'definition') mark(value.definition, role);
  if (values.some(({ kind }) => kind !== 'other')) return values;
  const definition = { ...named, file: space.file, kind: 'class', marked: 'yes', marks: true } as const;
  return [{ kind: 'definition', definition: { ...definition } }];
}

/** The last mark holds, and one for classes hides a function from the loader. */
function mark(definition: Definition, role: Role): void {
  definition.misused = role === 'class' && definition.kind === 'function';
  definition.marked = definition.misused ? 'no' : 'yes';
}

interface Call {
  name: string;
  called: boolean;
  /** What follows the first pair of brackets. */
  rest: Token[];
}

/** `a.b` or `a.b(...)`, and what comes behind. */
function readCall(tokens: readonly Token[]): Call | undefined {
  const open = indexAtLevel(tokens, 0, '(');
  const name = dottedName(tokens.slice(0, open));
  if (name === undefined) return undefined;
  const close = indexAtLevel(tokens, open + 1, ')');
  return { name, called: open < tokens.length, rest: tokens.slice(close + 1) };
}

function withoutBrackets(tokens: readonly Token[]): readonly Token[] {
  let [start, end] = [0, tokens.length];
  while (isToken(tokens[start], '(') && indexAtLevel(tokens, start + 1, ')') === end - 1) [start, end] = [start + 1, end - 1];
  return tokens.slice(start, end);
}
