import { endOfComment, endOfNumber, endOfWord, isDigit, isQuote, isStringPrefix, isWordStart, trackBracket } from './characters';
import type { Cursor } from './cursor';
import { advance, normalizeText } from './cursor';
import type { Indentation } from './indentation';
import { readIndentation, updateDepth } from './indentation';
import { endOfString } from './strings';
import { PythonSyntaxError } from './syntax-error';
import type { Token } from './tokens';

/** Python's logical line: brackets, backslashes and triple-quoted strings joined, without comments and blank lines. */
export interface LogicalLine {
  tokens: Token[];
  /** The number of blocks around it, 0 at the top of the module. */
  depth: number;
}

const IDENTIFIER = /^[\p{XID_Start}_]\p{XID_Continue}*$/u;
const OPERATOR = /\*\*=|\/\/=|>>=|<<=|\*\*|\/\/|>>|<<|[-+*/%&|^@=!<>:]=|->|[-+*/%&|^@=<>:~.,;()[\]{}]/y;

/** Splits a module into logical lines by the rules of CPython 3.12. Throws PythonSyntaxError. Time and memory are linear in the text. */
export function lexPython(source: string): LogicalLine[] {
  const text = normalizeText(source);
  const cursor: Cursor = { text, at: 0, line: 1 };
  const lines: LogicalLine[] = [];
  const stack: Indentation[] = [{ column: 0, altColumn: 0 }];
  while (cursor.at < text.length) {
    const indentation = readIndentation(cursor);
    if (text.charAt(cursor.at) === '#') cursor.at = endOfComment(text, cursor.at);
    if (cursor.at >= text.length) break;
    if (text.charAt(cursor.at) === '\n') {
      advance(cursor, cursor.at + 1);
      continue;
    }
    const depth = updateDepth(stack, indentation, cursor.at);
    lines.push({ tokens: readLogicalLine(cursor), depth });
  }
  return lines;
}

function readLogicalLine(cursor: Cursor): Token[] {
  const { text } = cursor;
  const tokens: Token[] = [];
  const expected: string[] = [];
  while (cursor.at < text.length) {
    const char = text.charAt(cursor.at);
    if (char === '\n') {
      advance(cursor, cursor.at + 1);
      if (expected.length === 0) return tokens;
    } else if (char === ' ' || char === '\t' || char === '\f') cursor.at++;
    else if (char === '#') cursor.at = endOfComment(text, cursor.at);
    else if (char === '\\') joinLines(cursor);
    else tokens.push(readToken(cursor, expected));
  }
  if (expected.length > 0) throw new PythonSyntaxError('a bracket was never closed', text.length);
  return tokens;
}

function joinLines(cursor: Cursor): void {
  if (cursor.text.charAt(cursor.at + 1) !== '\n')
    throw new PythonSyntaxError('unexpected character after a line continuation', cursor.at);
  advance(cursor, cursor.at + 2);
  if (cursor.at >= cursor.text.length) throw new PythonSyntaxError('unexpected end of file after a backslash', cursor.at);
}

function readToken(cursor: Cursor, expected: string[]): Token {
  const { text, at, line } = cursor;
  const [kind, end] = scanToken(text, at);
  const raw = text.slice(at, end);
  if (kind === 'op' && '([{)]}'.includes(raw)) trackBracket(expected, raw, at);
  advance(cursor, end);
  return { kind, text: kind === 'name' ? normalizeName(raw, at) : raw, line };
}

function scanToken(text: string, at: number): [Token['kind'], number] {
  const code = text.charCodeAt(at);
  if (isQuote(text.charAt(at))) return ['string', endOfString(text, at, '')];
  if (isWordStart(code)) {
    const end = endOfWord(text, at);
    const isPrefix = isQuote(text.charAt(end)) && isStringPrefix(text.slice(at, end));
    return isPrefix ? ['string', endOfString(text, end, text.slice(at, end))] : ['name', end];
  }
  if (isDigit(code) || (code === 46 && isDigit(text.charCodeAt(at + 1)))) return ['number', endOfNumber(text, at)];
  OPERATOR.lastIndex = at;
  const operator = OPERATOR.exec(text);
  if (!operator) throw new PythonSyntaxError('invalid character', at);
  return ['op', at + operator[0].length];
}

/** Python compares identifiers in their NFKC form: `ｆoo` and `foo` are one name. */
function normalizeName(word: string, at: number): string {
  if (/^[\u0000-\u007f]*$/.test(word)) return word;
  if (!IDENTIFIER.test(word)) throw new PythonSyntaxError('invalid character in an identifier', at);
  return word.normalize('NFKC');
}
