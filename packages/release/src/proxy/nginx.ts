import { KdcubeError } from '../problem/problem';
import { LIMITS } from '../problem/limits';
import { luaBlockEnd } from './lua';

/** A word of a directive, and where it stands: `start` and `end` are offsets, quotes included. `value` is what nginx reads. */
export interface Argument {
  value: string;
  start: number;
  end: number;
}

/** A directive with its block, if it has one. Offsets are those of the text: from the name to the `;` or the `}`. */
export interface Directive {
  name: string;
  arguments: Argument[];
  start: number;
  end: number;
  /** Where the block begins (after `{`) and ends (at `}`). */
  block?: { start: number; end: number; directives: Directive[] };
}

type Token = { kind: 'word'; argument: Argument } | { kind: ';' | '{' | '}' | 'end'; at: number };

/**
 * Reads a configuration as nginx does (ngx_conf_read_token). It resolves no include and no variable. The text stays with its owner: a directive names
 * its place in it, so that an edit keeps every other byte. Throws a Problem with the line.
 */
export function parseNginx(text: string, file: string): Directive[] {
  const fail = (at: number, message: string, hint?: string): never => {
    throw new KdcubeError({
      code: 'nginx-syntax',
      message,
      ...(hint !== undefined && { hint }),
      at: { file, ...positionOf(text, at) },
    });
  };
  const unreadable = text.search(/[\0\ufeff]/);
  if (unreadable !== -1) fail(unreadable, 'The configuration contains a NUL or a byte order mark, which nginx refuses.');
  if (text.length > LIMITS.nginxConfigBytes.max)
    throw new KdcubeError({
      code: 'file-too-large',
      message: `${file} has ${text.length} characters. A configuration of nginx has at most ${LIMITS.nginxConfigBytes.max}.`,
      hint: `wc -c ${file}`,
      at: { file },
    });
  let position = 0;

  function readBlock(opened: number | undefined, depth: number): { directives: Directive[]; end: number } {
    const directives: Directive[] = [];
    if (depth > LIMITS.nginxDepth.max) fail(opened!, `Blocks are nested more than ${LIMITS.nginxDepth.max} levels deep.`);
    for (;;) {
      const first = readToken();
      if (first.kind === 'end') {
        if (opened !== undefined) fail(opened, 'This block is never closed: its "}" is missing.');
        return { directives, end: first.at };
      }
      if (first.kind === '}') {
        if (opened === undefined) fail(first.at, 'This "}" closes no block.');
        return { directives, end: first.at };
      }
      if (first.kind !== 'word') return fail(first.at, `A directive begins with "${first.kind}": its name is missing.`);
      directives.push(readDirective(first.argument, depth));
    }
  }

  function readDirective({ value: name, start }: Argument, depth: number): Directive {
    const list: Argument[] = [];
    for (;;) {
      const next = readToken();
      if (next.kind === 'word') {
        list.push(next.argument);
        continue;
      }
      if (next.kind === ';') return { name, arguments: list, start, end: position };
      if (next.kind !== '{') return fail(start, `The directive "${name}" is not finished: its ";" is missing.`);
      const from = position;
      if (/_by_lua_block$/.test(name)) {
        const end = luaBlockEnd(text, from) ?? fail(next.at, `The Lua block of "${name}" is never closed.`);
        position = end + 1;
        return { name, arguments: list, start, end: position, block: { start: from, end, directives: [] } };
      }
      const { directives, end } = readBlock(next.at, depth + 1);
      return { name, arguments: list, start, end: position, block: { start: from, end, directives } };
    }
  }

  function readToken(): Token {
    for (;;) {
      while (/[ \t\r\n]/.test(text[position] ?? '')) position += 1;
      if (text[position] !== '#') break;
      const end = text.indexOf('\n', position);
      position = end === -1 ? text.length : end;
    }
    const start = position;
    const char = text[position];
    if (char === undefined) return { kind: 'end', at: start };
    if (char === ';' || char === '{' || char === '}') {
      position += 1;
      return { kind: char, at: start };
    }
    return { kind: 'word', argument: char === '"' || char === "'" ? readQuoted(char) : readPlain() };
  }

  function readQuoted(quote: string): Argument {
    const start = position;
    for (position += 1; text[position] !== quote; position += 1) {
      if (position >= text.length) fail(start, `This ${quote} has no closing ${quote}.`);
      if (text[position] === '\\') position += 1;
    }
    position += 1;
    // nginx takes a `)` here, for the conditions of `if`.
    if (!/[ \t\r\n;{)]/.test(text[position] ?? ' ')) fail(position, 'A space is missing after the closing quote.');
    return { value: unescaped(text.slice(start + 1, position - 1)), start, end: position };
  }

  function readPlain(): Argument {
    const start = position;
    for (; position < text.length; position += 1) {
      const char = text[position]!;
      if (char === '\\') position += 1;
      // `${name}` is a variable; any other brace begins a block.
      else if (char === '$' && text[position + 1] === '{') position += 1;
      else if (/[ \t\r\n;{]/.test(char)) break;
    }
    return { value: unescaped(text.slice(start, position)), start, end: Math.min(position, text.length) };
  }

  return readBlock(undefined, 0).directives;
}

/** nginx drops a backslash only before these. */
function unescaped(text: string): string {
  return text.replace(/\\(["'\\trn])/g, (_, char: string) => ({ t: '\t', r: '\r', n: '\n' })[char] ?? char);
}

/** Line and column of an offset, from 1. */
export function positionOf(text: string, offset: number): { line: number; col: number } {
  const before = text.slice(0, offset);
  return { line: before.split('\n').length, col: offset - before.lastIndexOf('\n') };
}

/** A directive with those that it stands in, from the outside to the inside. */
export interface Nested {
  directive: Directive;
  parents: readonly Directive[];
}

/** Blocks whose lines are data: `http http;` in a map is no directive. */
const DATA = /^(?:map|geo|split_clients|types|charset_map)$/;

/** Every line of every block, data too. */
export function everyLine(directives: readonly Directive[]): Directive[] {
  return directives.flatMap((directive) => [directive, ...everyLine(directive.block?.directives ?? [])]);
}

/** Every directive. */
export function everyDirective(directives: readonly Directive[], parents: readonly Directive[] = []): Nested[] {
  return directives.flatMap((directive): Nested[] => [
    { directive, parents },
    ...(DATA.test(directive.name) ? [] : everyDirective(directive.block?.directives ?? [], [...parents, directive])),
  ]);
}
