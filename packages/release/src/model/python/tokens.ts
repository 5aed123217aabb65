import type { Token } from './lex';

/** Whether a token is this word or sign, and not a string that happens to say the same. */
export function isToken(token: Token | undefined, ...texts: string[]): boolean {
  return token !== undefined && (token.kind === 'op' || token.kind === 'name') && texts.includes(token.text);
}

/** The index of the first sign at the level of brackets where `from` is; `tokens.length` where there is none. */
export function indexAtLevel(tokens: readonly Token[], from: number, ...signs: string[]): number {
  let level = 0;
  for (let at = from; at < tokens.length; at++) {
    const token = tokens[at];
    if (level === 0 && isToken(token, ...signs)) return at;
    if (isToken(token, '(', '[', '{')) level++;
    else if (isToken(token, ')', ']', '}')) level--;
    if (level < 0) return tokens.length;
  }
  return tokens.length;
}

/** `a.b.c` where the tokens are exactly that, however they are spaced. */
export function dottedName(tokens: readonly Token[]): string | undefined {
  if (tokens.length % 2 === 0) return undefined;
  const fits = tokens.every((token, index) => (index % 2 === 0 ? token.kind === 'name' : isToken(token, '.')));
  return fits ? tokens.map((token) => token.text).join('') : undefined;
}
