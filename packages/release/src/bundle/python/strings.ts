import { endOfComment, endOfWord, isQuote, isStringPrefix, isWordStart, trackBracket } from './characters';
import { PythonSyntaxError } from './syntax-error';

/** CPython's limits. Ours too, so that hostile text cannot exhaust the stack. */
const MAX_NESTED_STRINGS = 150;
const MAX_NESTED_FIELDS = 4;

interface Quoting {
  quote: string;
  isTripleQuoted: boolean;
  isRaw: boolean;
}

/** The offset after the string whose opening quote is at `at`. `prefix` is the text before the quote. */
export function endOfString(text: string, at: number, prefix: string, level = 0): number {
  const quote = text.charAt(at);
  const isTripleQuoted = text.startsWith(quote.repeat(3), at);
  const kind = prefix.toLowerCase();
  const quoting = { quote: isTripleQuoted ? quote.repeat(3) : quote, isTripleQuoted, isRaw: kind.includes('r') };
  const start = at + quoting.quote.length;
  return /[ft]/.test(kind) ? endOfFString(text, start, quoting, level) : endOfPlainString(text, start, quoting);
}

function endOfPlainString(text: string, start: number, { quote, isTripleQuoted }: Quoting): number {
  for (let at = start; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === '\\') at++;
    else if (char === '\n' && !isTripleQuoted) break;
    else if (char === quote[0] && text.startsWith(quote, at)) return at + quote.length;
  }
  throw new PythonSyntaxError('unterminated string', start);
}

/** An f-string by the grammar of Python 3.12 (PEP 701): a replacement field may hold any expression, even with the same quotes. */
function endOfFString(text: string, start: number, quoting: Quoting, level: number): number {
  if (level > MAX_NESTED_STRINGS) throw new PythonSyntaxError('too many nested f-strings', start);
  let at = start;
  while (at < text.length) {
    const char = text.charAt(at);
    const isDoubled = text.charAt(at + 1) === char;
    if (char === '\\') at = endOfEscape(text, at, quoting.isRaw);
    else if (char === '\n' && !quoting.isTripleQuoted) break;
    else if (char === quoting.quote[0] && text.startsWith(quoting.quote, at)) return at + quoting.quote.length;
    else if (char === '{') at = isDoubled ? at + 2 : endOfField(text, at + 1, quoting, level, 1);
    else if (char !== '}') at++;
    else if (isDoubled) at += 2;
    else throw new PythonSyntaxError('single "}" in an f-string', at);
  }
  throw new PythonSyntaxError('unterminated f-string', start);
}

/** A backslash escapes a quote, but not the brace that opens a replacement field; `\N{NAME}` is no field. */
function endOfEscape(text: string, at: number, isRaw: boolean): number {
  const next = text.charAt(at + 1);
  if (next === '{' || next === '}') return at + 1;
  if (isRaw || next !== 'N' || text.charAt(at + 2) !== '{') return at + 2;
  const end = text.indexOf('}', at);
  if (end === -1) throw new PythonSyntaxError('unterminated f-string', at);
  return end + 1;
}

function endOfField(text: string, start: number, quoting: Quoting, level: number, depth: number): number {
  if (depth > MAX_NESTED_FIELDS) throw new PythonSyntaxError('replacement fields nested too deeply', start);
  const expected: string[] = [];
  let at = start;
  while (at < text.length) {
    const char = text.charAt(at);
    if (expected.length === 0 && char === '}') return at + 1;
    if (expected.length === 0 && char === ':') return endOfFormatSpec(text, at + 1, quoting, level, depth);
    if (isQuote(char)) at = endOfString(text, at, '', level + 1);
    else if (isWordStart(text.charCodeAt(at))) at = endOfWordOrString(text, at, level);
    else if (char === '#') at = endOfComment(text, at);
    else if (char === '\\' && text.charAt(at + 1) !== '\n') break;
    else {
      if ('([{)]}'.includes(char)) trackBracket(expected, char, at);
      at++;
    }
  }
  throw new PythonSyntaxError('unterminated replacement field', start);
}

function endOfWordOrString(text: string, at: number, level: number): number {
  const end = endOfWord(text, at);
  const isPrefix = isQuote(text.charAt(end)) && isStringPrefix(text.slice(at, end));
  return isPrefix ? endOfString(text, end, text.slice(at, end), level + 1) : end;
}

/** The format specifier after the colon of a field: plain text with fields of its own, in which `{{` is no escape. */
function endOfFormatSpec(text: string, start: number, quoting: Quoting, level: number, depth: number): number {
  let at = start;
  while (at < text.length) {
    const char = text.charAt(at);
    if (char === '}') return at + 1;
    if (char === '\n' && !quoting.isTripleQuoted) break;
    if (char === quoting.quote[0] && text.startsWith(quoting.quote, at)) break;
    if (char === '{') at = endOfField(text, at + 1, quoting, level, depth + 1);
    else at = char === '\\' ? endOfEscape(text, at, quoting.isRaw) : at + 1;
  }
  throw new PythonSyntaxError('unterminated replacement field', start);
}
