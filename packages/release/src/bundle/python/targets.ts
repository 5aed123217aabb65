import type { Statement } from './python';
import type { Token } from './tokens';
import { dottedName, indexAtLevel, isToken } from './tokens';

/** The targets and the value of `a = b: T = value`; undefined if it is no plain assignment. */
export function parseAssignment(tokens: readonly Token[]): { targets: Token[][]; value: Token[] } | undefined {
  // The defaults of a lambda use the same operator.
  const limit = indexAtLevel(tokens, 0, 'lambda');
  const targets: Token[][] = [];
  let start = 0;
  for (let at = 0; (at = indexAtLevel(tokens, start, '=')) < limit; start = at + 1) targets.push(tokens.slice(start, at));
  if (targets.length === 0) return undefined;
  targets[0] = targets[0]!.slice(0, indexAtLevel(targets[0]!, 0, ':'));
  return { targets, value: tokens.slice(start) };
}

/** The names that a target binds: those of `a, (b, *c)`, but not those of `a.b` and `a[b]`. */
export function targetNames(tokens: readonly Token[]): string[] {
  const names: string[] = [];
  for (let at = 0; at < tokens.length; at++) {
    if (tokens[at]!.kind === 'name' && !isToken(tokens[at - 1], '.') && !isToken(tokens[at + 1], '.', '[', '('))
      names.push(tokens[at]!.text);
    // The names inside the brackets of `a[b]` or `f(b)` are read, not bound.
    const isSubscript = isToken(tokens[at], '[', '(') && at > 0 && !isToken(tokens[at - 1], ',', '(', '[', '*');
    if (isSubscript) at = indexAtLevel(tokens, at + 1, ')', ']');
  }
  return names;
}

/** The names that the header of a `for`, `with` or `except` binds. */
export function headerTargets({ keyword, tokens }: Statement): string[] {
  if (keyword === 'for') return targetNames(tokens.slice(1, indexAtLevel(tokens, 1, 'in')));
  if (keyword !== 'with' && keyword !== 'except') return [];
  return tokens.flatMap((token, index) =>
    isToken(token, 'as') && tokens[index + 1]?.kind === 'name' ? [tokens[index + 1]!.text] : [],
  );
}

/** The dotted names of a class's bases; for `Base[T]` and `make(x)` the name before the brackets. */
export function baseNames({ tokens }: Statement): string[] {
  const open = indexAtLevel(tokens, 2, '(');
  const close = indexAtLevel(tokens, open + 1, ')');
  const bases: string[] = [];
  for (let at = open + 1; at < close;) {
    const end = Math.min(indexAtLevel(tokens, at, ','), close);
    const base = tokens.slice(at, Math.min(indexAtLevel(tokens, at, '[', '('), end));
    const name = dottedName(base);
    if (name !== undefined) bases.push(name);
    at = end + 1;
  }
  return bases;
}

/** The names in the value of `__all__ = [...]`; `unknown` if they are computed. */
export function parseDunderAll(value: readonly Token[]): string[] | 'unknown' {
  const isList = isToken(value[0], '[', '(') && indexAtLevel(value, 1, ']', ')') === value.length - 1;
  const items = isList ? value.slice(1, -1) : value;
  const names: string[] = [];
  for (const [index, token] of items.entries()) {
    const name = /^['"](\w*)['"]$/.exec(token.text)?.[1];
    if (index % 2 === 0 && token.kind === 'string' && name !== undefined) names.push(name);
    else if (index % 2 === 0 || !isToken(token, ',')) return 'unknown';
  }
  return names;
}
