import {
  UnreadablePython,
  endOfComment,
  endOfString,
  endOfWord,
  isDigit,
  isQuote,
  isStringPrefix,
  isWordStart,
  trackBracket,
} from './strings';

/** A string is one token, prefix and quotes included, and so is an f-string with all that it nests. `line` counts from 1. */
export interface Token {
  kind: 'name' | 'number' | 'string' | 'op';
  text: string;
  line: number;
}

/** What Python takes for one line: brackets, backslashes and long strings joined; comments and blank lines gone. */
export interface LogicalLine {
  tokens: Token[];
  /** How many blocks it is in, 0 for the module itself. */
  depth: number;
}

const MAX_DEPTH = 100;
const IDENTIFIER = /^[\p{XID_Start}_]\p{XID_Continue}*$/u;
const OPERATOR = /\*\*=|\/\/=|>>=|<<=|\*\*|\/\/|>>|<<|[-+*/%&|^@=!<>:]=|->|[-+*/%&|^@=<>:~.,;()[\]{}]/y;

/** Spaces count one, a tab counts to the next multiple of 8; `alt` counts a tab as one: where the two disagree, Python refuses the file. */
interface Indent {
  col: number;
  alt: number;
}

interface Cursor {
  readonly text: string;
  at: number;
  line: number;
}

/** Cuts a module into logical lines by the rules of CPython 3.12. Throws UnreadablePython. Takes time and memory linear in the text. */
export function lexPython(source: string): LogicalLine[] {
  const text = source.replace(/^\ufeff/, '').replace(/\r\n?/g, '\n');
  const cursor: Cursor = { text, at: 0, line: 1 };
  const lines: LogicalLine[] = [];
  const indents: Indent[] = [{ col: 0, alt: 0 }];
  while (cursor.at < text.length) {
    const indent = readIndent(cursor);
    if (text.charAt(cursor.at) === '#') cursor.at = endOfComment(text, cursor.at);
    if (cursor.at >= text.length) break;
    if (text.charAt(cursor.at) === '\n') {
      advance(cursor, cursor.at + 1);
      continue;
    }
    const depth = depthOf(indents, indent, cursor.at);
    lines.push({ tokens: readLogicalLine(cursor), depth });
  }
  return lines;
}

/** Where an offset of the text is, counted from 1. */
export function lineOf(source: string, offset: number): number {
  let line = 1;
  const text = source.replace(/^\ufeff/, '').replace(/\r\n?/g, '\n');
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) line++;
  return line;
}

/** Moves on and counts the line ends on the way. */
function advance(cursor: Cursor, to: number): void {
  for (; cursor.at < to; cursor.at++) if (cursor.text.charCodeAt(cursor.at) === 10) cursor.line++;
  cursor.at = to;
}

function readIndent(cursor: Cursor): Indent {
  let col = 0;
  let alt = 0;
  let joined: Indent | undefined;
  for (; cursor.at < cursor.text.length; cursor.at++) {
    const char = cursor.text.charAt(cursor.at);
    if (char === ' ') [col, alt] = [col + 1, alt + 1];
    else if (char === '\t') [col, alt] = [(Math.floor(col / 8) + 1) * 8, alt + 1];
    else if (char === '\f') [col, alt] = [0, 0];
    else if (char === '\\' && cursor.text.charAt(cursor.at + 1) === '\n') {
      // Spaces before a backslash are the indentation; those of the joined line are not.
      joined = joined?.col ? joined : { col, alt };
      [cursor.at, cursor.line] = [cursor.at + 1, cursor.line + 1];
    } else break;
  }
  return joined?.col ? joined : { col, alt };
}

function depthOf(indents: Indent[], { col, alt }: Indent, at: number): number {
  const before = indents.length;
  while (col < indents.at(-1)!.col) indents.pop();
  const top = indents.at(-1)!;
  if (col === top.col && alt === top.alt) return indents.length - 1;
  if (indents.length < before && col !== top.col) throw new UnreadablePython('a dedent that fits no block', at);
  if (col === top.col || alt <= top.alt) throw new UnreadablePython('tabs and spaces that disagree', at);
  if (indents.length > MAX_DEPTH) throw new UnreadablePython('too many levels of indentation', at);
  indents.push({ col, alt });
  return indents.length - 1;
}

function readLogicalLine(cursor: Cursor): Token[] {
  const { text } = cursor;
  const tokens: Token[] = [];
  const open: string[] = [];
  while (cursor.at < text.length) {
    const char = text.charAt(cursor.at);
    if (char === '\n') {
      advance(cursor, cursor.at + 1);
      if (open.length === 0) return tokens;
    } else if (char === ' ' || char === '\t' || char === '\f') cursor.at++;
    else if (char === '#') cursor.at = endOfComment(text, cursor.at);
    else if (char === '\\') joinLines(cursor);
    else tokens.push(readToken(cursor, open));
  }
  if (open.length > 0) throw new UnreadablePython('a bracket without an end', text.length);
  return tokens;
}

function joinLines(cursor: Cursor): void {
  if (cursor.text.charAt(cursor.at + 1) !== '\n') throw new UnreadablePython('a backslash inside a line', cursor.at);
  advance(cursor, cursor.at + 2);
  if (cursor.at >= cursor.text.length) throw new UnreadablePython('a backslash at the end of the file', cursor.at);
}

function readToken(cursor: Cursor, open: string[]): Token {
  const { text, at, line } = cursor;
  const code = text.charCodeAt(at);
  const [kind, end] = kindAndEnd(text, at, code);
  const raw = text.slice(at, end);
  if (kind === 'op' && '([{)]}'.includes(raw)) trackBracket(open, raw, at);
  advance(cursor, end);
  return { kind, text: kind === 'name' ? nameOf(raw, at) : raw, line };
}

function kindAndEnd(text: string, at: number, code: number): [Token['kind'], number] {
  if (isQuote(text.charAt(at))) return ['string', endOfString(text, at, '')];
  if (isWordStart(code)) {
    const end = endOfWord(text, at);
    const isPrefix = isQuote(text.charAt(end)) && isStringPrefix(text.slice(at, end));
    return isPrefix ? ['string', endOfString(text, end, text.slice(at, end))] : ['name', end];
  }
  if (isDigit(code) || (code === 46 && isDigit(text.charCodeAt(at + 1)))) return ['number', endOfNumber(text, at)];
  OPERATOR.lastIndex = at;
  const operator = OPERATOR.exec(text);
  if (!operator) throw new UnreadablePython('a character that Python does not know', at);
  return ['op', at + operator[0].length];
}

/** Python compares names in their NFKC form, so a name in fancy letters is the plain one. */
function nameOf(word: string, at: number): string {
  if (/^[\u0000-\u007f]*$/.test(word)) return word;
  if (!IDENTIFIER.test(word)) throw new UnreadablePython('a character that Python does not know', at);
  return word.normalize('NFKC');
}

/** Behind the digits only: in `1if x else 2` the number ends before `if`, and in `0xe+1` before the plus. */
function endOfNumber(text: string, at: number): number {
  const radix = /^0[xob]/i.exec(text.slice(at, at + 2))?.[0].toLowerCase();
  if (radix) return endWhile(text, at + 2, radix === '0x' ? isHexDigit : isDigitOrUnderscore);
  let end = endWhile(text, at, isDigitOrUnderscore);
  if (text.charAt(end) === '.') end = endWhile(text, end + 1, isDigitOrUnderscore);
  if (/[eE]/.test(text.charAt(end))) {
    const sign = /[+-]/.test(text.charAt(end + 1)) ? 1 : 0;
    if (isDigit(text.charCodeAt(end + 1 + sign))) end = endWhile(text, end + 1 + sign, isDigitOrUnderscore);
  }
  return /[jJ]/.test(text.charAt(end)) ? end + 1 : end;
}

function endWhile(text: string, at: number, fits: (code: number) => boolean): number {
  let end = at;
  while (end < text.length && fits(text.charCodeAt(end))) end++;
  return end;
}

function isDigitOrUnderscore(code: number): boolean {
  return isDigit(code) || code === 95;
}

function isHexDigit(code: number): boolean {
  return isDigitOrUnderscore(code) || (code >= 97 && code <= 102) || (code >= 65 && code <= 70);
}
