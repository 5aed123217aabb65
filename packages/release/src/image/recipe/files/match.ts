import { type Glob, type GlobPiece, compilePieces } from './glob';

/**
 * A pattern of Go's `filepath.Match`, which COPY uses: `*` and `?` do not match a slash, `[a-z]` and `[^a-z]` match one character, `\` escapes the next one.
 * Undefined for an invalid pattern, which matches nothing.
 */
export function compileGlob(pattern: string): Glob | undefined {
  const pieces: GlobPiece[] = [];
  for (let at = 0; at < pattern.length;) {
    const [written, piece] = pieceAt(pattern, at);
    if (piece === undefined) return undefined;
    pieces.push(piece);
    at += written.length;
  }
  return compilePieces(pieces);
}

export function hasWildcard(path: string): boolean {
  return /[*?[\\]/.test(path);
}

export const ANY_NAME: GlobPiece = { many: (char) => char !== '/' };
export const ANY_CHARACTER: GlobPiece = { one: (char) => char !== '/' };

export function literal(text: string): GlobPiece {
  return { one: (char) => char === text };
}

type Written = [written: string, piece: GlobPiece | undefined];

function pieceAt(pattern: string, at: number): Written {
  const char = String.fromCodePoint(pattern.codePointAt(at)!);
  if (char === '*') return [char, ANY_NAME];
  if (char === '?') return [char, ANY_CHARACTER];
  if (char === '[') return classAt(pattern.slice(at));
  if (char !== '\\') return [char, literal(char)];
  const next = pattern.codePointAt(at + 1);
  if (next === undefined) return [char, undefined];
  const escaped = String.fromCodePoint(next);
  return [char + escaped, literal(escaped)];
}

/** A character class, `[^a-z\]]`: at least one range, each from a lower to a higher character. */
function classAt(text: string): Written {
  const [written, not, inside] =
    /^\[(\^?)((?:\\[^]|[^\\\]-])(?:-(?:\\[^]|[^\\\]-]))?(?:(?:\\[^]|[^\\\]-])(?:-(?:\\[^]|[^\\\]-]))?)*)\]/u.exec(text) ?? [];
  if (written === undefined) return ['', undefined];
  const ranges = [...inside!.matchAll(/(\\[^]|[^\\])(?:-(\\[^]|[^\\]))?/gu)].map(([, low, high]) => {
    const from = low!.slice(-charLength(low!));
    return { from, to: high === undefined ? from : high.slice(-charLength(high)) };
  });
  if (ranges.some(({ from, to }) => codeOf(to) < codeOf(from))) return ['', undefined];
  const isIn = (char: string) => ranges.some(({ from, to }) => codeOf(from) <= codeOf(char) && codeOf(char) <= codeOf(to));
  return [written, { one: (char) => isIn(char) === (not === '') }];
}

function codeOf(char: string): number {
  return char.codePointAt(0)!;
}

/** A character outside the Basic Multilingual Plane has two UTF-16 units. */
function charLength(text: string): number {
  return text.codePointAt(text.length - 2)! > 0xffff ? 2 : 1;
}
