/** One piece of a pattern. Each piece is cheap to match. */
export type GlobPiece =
  /** One character. */
  | { one: (char: string) => boolean }
  /** Any number of characters. */
  | { many: (char: string) => boolean }
  /** Nothing, or any number of characters and a slash. */
  | 'folders'
  /** Nothing, but only at the start of the text. */
  | 'start';

export interface Glob {
  test(text: string): boolean;
}

/**
 * Matches a whole text. Unlike a backtracking regular expression, it tracks all possible positions in the pattern at once: the work is at
 * most the length of the text times the length of the pattern.
 */
export function compilePieces(pieces: readonly GlobPiece[]): Glob {
  return {
    test(text) {
      let positions = reachable(pieces, [0], true);
      for (const char of text) {
        const next = [...positions].flatMap((at) => after(pieces[Math.floor(at)], at, char));
        positions = reachable(pieces, next, false);
        if (positions.size === 0) return false;
      }
      return positions.has(pieces.length);
    },
  };
}

/** The positions after one character, from the piece at `at`. */
function after(piece: GlobPiece | undefined, at: number, char: string): number[] {
  if (piece === undefined || piece === 'start') return [];
  const inside = Math.floor(at) + INSIDE;
  if (piece === 'folders') return char === '/' ? [inside, Math.floor(at) + 1] : [inside];
  if ('one' in piece) return piece.one(char) ? [at + 1] : [];
  return piece.many(char) ? [at] : [];
}

/** Inside a `folders` piece, which must end with a slash. */
const INSIDE = 0.5;

function reachable(pieces: readonly GlobPiece[], from: readonly number[], isStart: boolean): Set<number> {
  const found = new Set<number>();
  for (const start of from) {
    for (let at = start; !found.has(at); at += 1) {
      found.add(at);
      const piece = pieces[at];
      const isOptional = piece === 'folders' || (piece === 'start' && isStart) || (typeof piece === 'object' && 'many' in piece);
      if (!isOptional) break;
    }
  }
  return found;
}
