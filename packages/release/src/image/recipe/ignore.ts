import { literal } from './match';

/** What a .dockerignore keeps out of the context. */
export interface Ignore {
  excludes(path: string): boolean;
  /** Whether it has a line with `!`: then something below an excluded folder may be in. */
  hasExceptions: boolean;
  /** Its patterns: equal lists exclude equal things. */
  patterns: readonly string[];
}

interface Pattern {
  matches: RegExp;
  exception: boolean;
}

/**
 * Reads a .dockerignore. `**` is any number of folders; a pattern that matches a folder holds for all below; the last pattern that matches decides, and `!` brings back.
 * Throws an Error that says which pattern is none.
 */
export function readIgnore(text: string): Ignore {
  const patterns = text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .map((line) => normal(line.trim()))
    .filter((line) => line !== '');
  const compiled = patterns.map(compile);
  // Of each folder: which patterns hold for all that is below it.
  const known = new Map<string, { held: boolean[]; excluded: boolean }>();
  const look = (path: string): { held: boolean[]; excluded: boolean } => {
    const before = known.get(path);
    if (before) return before;
    const end = path.lastIndexOf('/');
    const above = end === -1 ? undefined : look(path.slice(0, end));
    let excluded = false;
    const held = compiled.map(({ matches, exception }, index) => {
      // A pattern that could change nothing is not looked at, and then holds for nothing below either.
      const holds = above?.held[index] || (exception === excluded && matches.test(path));
      if (holds) excluded = !exception;
      return holds;
    });
    const result = { held, excluded };
    known.set(path, result);
    return result;
  };
  return { excludes: (path) => look(path).excluded, hasExceptions: compiled.some(({ exception }) => exception), patterns };
}

/** Without `.`, `..` and doubled or leading slashes, the `!` kept. */
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

/** A line whose only wildcard is `**` at one of its ends is compared sign by sign. In every other one docker takes a `^` outside of [ ] for the beginning of the path. */
const COMPARED = /^(?:\*\*\/?[^*?[\]\\]*|[^*?[\]\\]*(?:\*\*)?)$/;

function compile(line: string): Pattern {
  const exception = line.startsWith('!');
  const text = exception ? line.slice(1) : line;
  const compared = COMPARED.test(text);
  let source = '';
  for (let at = 0; at < text.length;) {
    const rest = text.slice(at);
    const [piece, regex] = pieceOf(rest, at === 0, compared);
    source += regex;
    at += piece.length;
  }
  try {
    return { matches: new RegExp(`^${source}$`, 'su'), exception };
  } catch {
    throw new Error(`the line "${line}" of .dockerignore is not a pattern`);
  }
}

function pieceOf(rest: string, isFirst: boolean, compared: boolean): [piece: string, regex: string] {
  const [stars] = /^\*\*\/?/.exec(rest) ?? [];
  if (stars !== undefined) {
    if (stars === rest) return [stars, '.*'];
    // `**name` without any other wildcard is "ends with name".
    const endsWith = isFirst && stars === '**' && compared;
    return [stars, endsWith ? '.*' : '(?:.*\\/)?'];
  }
  const char = String.fromCodePoint(rest.codePointAt(0)!);
  if (char === '*') return [char, '[^/]*'];
  if (char === '?') return [char, '[^/]'];
  if (char === '^' && !compared) return [char, '^'];
  if (char === '[') {
    const [set] = /^\[\^?(?:\\[^]|[^\\\]])+\]/.exec(rest) ?? [];
    if (set === undefined) throw new Error(`the line "${rest}" of .dockerignore has a [ that is never closed`);
    return [set, set];
  }
  if (char === '\\') {
    if (rest.length === 1) throw new Error('a line of .dockerignore ends with a backslash');
    const next = String.fromCodePoint(rest.codePointAt(1)!);
    return [char + next, literal(next)];
  }
  return [char, literal(char)];
}
