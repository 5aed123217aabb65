/**
 * A pattern of Go's `filepath.Match`, which COPY uses: `*` and `?` do not match a slash, `[a-z]` and `[^a-z]` match one character, `\` escapes the next one.
 * Undefined for an invalid pattern, which matches nothing.
 */
export function compileGlob(pattern: string): RegExp | undefined {
  let source = '';
  for (let at = 0; at < pattern.length;) {
    const [piece, regex] = pieceAt(pattern, at);
    if (piece === undefined) return undefined;
    source += regex;
    at += piece.length;
  }
  return new RegExp(`^${source}$`, 'su');
}

export function hasWildcard(path: string): boolean {
  return /[*?[\\]/.test(path);
}

/** Escapes text for a regular expression. */
export function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

function pieceAt(pattern: string, at: number): [piece?: string, regex?: string] {
  const char = String.fromCodePoint(pattern.codePointAt(at)!);
  if (char === '*') return [char, '[^/]*'];
  if (char === '?') return [char, '[^/]'];
  if (char === '[') return classAt(pattern.slice(at));
  if (char !== '\\') return [char, literal(char)];
  const next = pattern.codePointAt(at + 1);
  return next === undefined ? [] : [char + String.fromCodePoint(next), literal(String.fromCodePoint(next))];
}

/** A character class, `[^a-z\]]`: at least one range, each from a lower to a higher character. */
function classAt(text: string): [piece?: string, regex?: string] {
  const [piece, not, inside] =
    /^\[(\^?)((?:\\[^]|[^\\\]-])(?:-(?:\\[^]|[^\\\]-]))?(?:(?:\\[^]|[^\\\]-])(?:-(?:\\[^]|[^\\\]-]))?)*)\]/u.exec(text) ?? [];
  if (piece === undefined) return [];
  const ranges = [...inside!.matchAll(/(\\[^]|[^\\])(?:-(\\[^]|[^\\]))?/gu)].map(([, low, high]) => [
    low!.slice(-charLength(low!)),
    high?.slice(-charLength(high)),
  ]);
  if (ranges.some(([low, high]) => high !== undefined && high < low!)) return [];
  return [
    piece,
    `[${not}${ranges.map(([low, high]) => literal(low!) + (high === undefined ? '' : `-${literal(high)}`)).join('')}]`,
  ];
}

/** A character outside the Basic Multilingual Plane has two UTF-16 units. */
function charLength(text: string): number {
  return text.codePointAt(text.length - 2)! > 0xffff ? 2 : 1;
}
