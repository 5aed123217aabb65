/** A string is one token, with its prefix and quotes, and so is an f-string with everything nested in it. `line` counts from 1. */
export interface Token {
  kind: 'name' | 'number' | 'string' | 'op';
  text: string;
  line: number;
}

/** Whether a token is one of these keywords, names or operators. A string with the same text is not. */
export function isToken(token: Token | undefined, ...texts: string[]): boolean {
  return token !== undefined && (token.kind === 'op' || token.kind === 'name') && texts.includes(token.text);
}

/** The index of the first of these tokens at the bracket level of `from`; `tokens.length` if there is none. */
export function indexAtLevel(tokens: readonly Token[], from: number, ...texts: string[]): number {
  let level = 0;
  for (let at = from; at < tokens.length; at++) {
    const token = tokens[at];
    if (level === 0 && isToken(token, ...texts)) return at;
    if (isToken(token, '(', '[', '{')) level++;
    else if (isToken(token, ')', ']', '}')) level--;
    if (level < 0) return tokens.length;
  }
  return tokens.length;
}

/** `a.b.c` if the tokens are exactly a dotted name, however it is spaced. */
export function dottedName(tokens: readonly Token[]): string | undefined {
  if (tokens.length % 2 === 0) return undefined;
  const isDotted = tokens.every((token, index) => (index % 2 === 0 ? token.kind === 'name' : isToken(token, '.')));
  return isDotted ? tokens.map((token) => token.text).join('') : undefined;
}

/** Without the brackets around the whole expression. */
export function withoutOuterBrackets(tokens: readonly Token[]): readonly Token[] {
  let [start, end] = [0, tokens.length];
  while (isToken(tokens[start], '(') && indexAtLevel(tokens, start + 1, ')') === end - 1) [start, end] = [start + 1, end - 1];
  return tokens.slice(start, end);
}
