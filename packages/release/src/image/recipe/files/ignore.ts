import { LIMITS } from '../../../problem/limits';
import { type Glob, type GlobPiece, compilePieces } from './glob';
import { ANY_CHARACTER, ANY_NAME, literal } from './match';

const MAX_BYTES = LIMITS.ignoreBytes.max;

/** The paths that a .dockerignore excludes from the build context. */
export interface Ignore {
  excludes(path: string): boolean;
  /** Whether it has a line with `!`: something below an excluded folder may be included then. */
  hasExceptions: boolean;
  /** Its patterns: equal lists exclude equal paths. */
  patterns: readonly string[];
}

interface PathState {
  /** For each pattern: whether it applies to everything below. */
  applied: boolean[];
  excluded: boolean;
}

interface Pattern {
  matches: Glob;
  exception: boolean;
}

/**
 * Reads a .dockerignore. `**` matches any number of folders; a pattern that matches a folder applies to everything below; the last matching pattern decides, and `!` includes again.
 * Throws an Error that names an invalid pattern.
 */
export function readIgnore(text: string): Ignore {
  const bytes = new TextEncoder().encode(text).byteLength;
  if (bytes > MAX_BYTES) throw new Error(`the .dockerignore has ${bytes} bytes, and at most ${MAX_BYTES} are read`);
  const patterns = text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .map((line) => normal(line.trim()))
    .filter((line) => line !== '');
  const compiled = patterns.map(compile);
  const cache = new Map<string, PathState>();
  const stateOf = (path: string): PathState => {
    const cached = cache.get(path);
    if (cached) return cached;
    const end = path.lastIndexOf('/');
    const parent = end === -1 ? undefined : stateOf(path.slice(0, end));
    let excluded = false;
    const applied = compiled.map(({ matches, exception }, index) => {
      // A pattern that would change nothing is skipped, and does not apply below either.
      const applies = parent?.applied[index] || (exception === excluded && matches.test(path));
      if (applies) excluded = !exception;
      return applies;
    });
    const result = { applied, excluded };
    cache.set(path, result);
    return result;
  };
  return { excludes: (path) => stateOf(path).excluded, hasExceptions: compiled.some(({ exception }) => exception), patterns };
}

/** The line without `.`, `..` and doubled or leading slashes; the `!` is preserved. */
function normal(line: string): string {
  const bang = line.startsWith('!') ? '!' : '';
  const text = line.slice(bang.length).trim();
  if (text === '') {
    if (bang) throw new Error('a line of .dockerignore has only a !');
    return '';
  }
  const parts: string[] = [];
  for (const part of text.split('/')) {
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop();
    else if (part !== '' && part !== '.' && !(part === '..' && text.startsWith('/'))) parts.push(part);
  }
  return bang + (parts.join('/') || (text.startsWith('/') ? '/' : '.'));
}

/** Docker compares a line literally if its only wildcard is `**` at one end. In any other line, a `^` outside of [ ] is an anchor. */
const LITERAL_LINE = /^(?:\*\*\/?[^*?[\]\\]*|[^*?[\]\\]*(?:\*\*)?)$/;

function compile(line: string): Pattern {
  const exception = line.startsWith('!');
  const text = exception ? line.slice(1) : line;
  const isLiteral = LITERAL_LINE.test(text);
  const pieces: GlobPiece[] = [];
  for (let at = 0; at < text.length;) {
    const [written, piece] = pieceOf(text.slice(at), at === 0, isLiteral);
    pieces.push(piece);
    at += written.length;
  }
  return { matches: compilePieces(pieces), exception };
}

const ANYTHING: GlobPiece = { many: () => true };

function pieceOf(rest: string, isFirst: boolean, isLiteral: boolean): [written: string, piece: GlobPiece] {
  const [stars] = /^\*\*\/?/.exec(rest) ?? [];
  if (stars !== undefined) {
    // `**name` without any other wildcard means "ends with name".
    const endsWith = isFirst && stars === '**' && isLiteral;
    return [stars, stars === rest || endsWith ? ANYTHING : 'folders'];
  }
  const char = String.fromCodePoint(rest.codePointAt(0)!);
  if (char === '*') return [char, ANY_NAME];
  if (char === '?') return [char, ANY_CHARACTER];
  if (char === '^' && !isLiteral) return [char, 'start'];
  if (char === '[') {
    const [set] = /^\[\^?(?:\\[^]|[^\\\]])+\]/.exec(rest) ?? [];
    if (set === undefined) throw new Error(`the line "${rest}" of .dockerignore has a [ that is never closed`);
    return [set, oneOf(set)];
  }
  if (char === '\\') {
    if (rest.length === 1) throw new Error('a line of .dockerignore ends with a backslash');
    const next = String.fromCodePoint(rest.codePointAt(1)!);
    return [char + next, literal(next)];
  }
  return [char, literal(char)];
}

function oneOf(set: string): GlobPiece {
  try {
    const pattern = new RegExp(`^${set}$`, 'su');
    return { one: (char) => pattern.test(char) };
  } catch {
    throw new Error(`"${set}" in .dockerignore is not a set of characters`);
  }
}
