/** Python text that cannot be read without guessing. It never leaves the reader: `readPython` turns it into an outcome. */
export class UnreadablePython extends Error {
  constructor(
    readonly why: string,
    readonly offset: number,
    /** Known where a statement is wrong rather than a character. */
    readonly line?: number,
  ) {
    super(why);
  }
}

/** CPython refuses more; the limits also keep hostile text from exhausting our stack. */
export const MAX_BRACKETS = 200;
const MAX_NESTED_STRINGS = 150;
const MAX_NESTED_FIELDS = 4;

const CLOSER: Record<string, string> = { '(': ')', '[': ']', '{': '}' };
const PREFIXES = new Set(['', 'r', 'u', 'b', 'br', 'rb', 'f', 'fr', 'rf', 't', 'tr', 'rt']);

export function isStringPrefix(word: string): boolean {
  return word.length <= 2 && PREFIXES.has(word.toLowerCase());
}

export function isQuote(char: string | undefined): boolean {
  return char === '"' || char === "'";
}

/** Letters, `_` and everything outside ASCII, as CPython's own tokenizer cuts words; whether the word is a real name is asked later. */
export function isWordStart(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95 || code >= 128;
}

export function endOfWord(text: string, at: number): number {
  let end = at;
  while (end < text.length && (isWordStart(text.charCodeAt(end)) || isDigit(text.charCodeAt(end)))) end++;
  return end;
}

export function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** The stack of open brackets: an opening one is pushed, a closing one must fit. */
export function trackBracket(open: string[], char: string, at: number): void {
  const closer = CLOSER[char];
  if (closer) {
    if (open.length >= MAX_BRACKETS) throw new UnreadablePython('too many nested brackets', at);
    open.push(closer);
    return;
  }
  if (open.pop() !== char) throw new UnreadablePython(`an unmatched "${char}"`, at);
}

interface Quoting {
  quote: string;
  long: boolean;
  raw: boolean;
}

/** The offset behind the string whose opening quote is at `at`. `prefix` is what stands before the quote. */
export function endOfString(text: string, at: number, prefix: string, level = 0): number {
  const quote = text.charAt(at);
  const long = text.startsWith(quote.repeat(3), at);
  const kind = prefix.toLowerCase();
  const quoting = { quote: long ? quote.repeat(3) : quote, long, raw: kind.includes('r') };
  const start = at + quoting.quote.length;
  return /[ft]/.test(kind) ? endOfFormatted(text, start, quoting, level) : endOfPlain(text, start, quoting);
}

function endOfPlain(text: string, start: number, { quote, long }: Quoting): number {
  for (let at = start; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === '\\') at++;
    else if (char === '\n' && !long) break;
    else if (char === quote[0] && text.startsWith(quote, at)) return at + quote.length;
  }
  throw new UnreadablePython('a string without an end', start);
}

/** An f-string as Python 3.12 reads it (PEP 701): its fields hold whole expressions, with the same quotes if they like. */
function endOfFormatted(text: string, start: number, quoting: Quoting, level: number): number {
  if (level > MAX_NESTED_STRINGS) throw new UnreadablePython('too many nested f-strings', start);
  let at = start;
  while (at < text.length) {
    const char = text.charAt(at);
    const doubled = text.charAt(at + 1) === char;
    if (char === '\\') at = afterBackslash(text, at, quoting.raw);
    else if (char === '\n' && !quoting.long) break;
    else if (char === quoting.quote[0] && text.startsWith(quoting.quote, at)) return at + quoting.quote.length;
    else if (char === '{') at = doubled ? at + 2 : endOfField(text, at + 1, quoting, level, 1);
    else if (char !== '}') at++;
    else if (doubled) at += 2;
    else throw new UnreadablePython('a single "}" in an f-string', at);
  }
  throw new UnreadablePython('a string without an end', start);
}

/** A backslash keeps a quote from closing the string, but does not keep a brace from opening a field; `\N{NAME}` is no field. */
function afterBackslash(text: string, at: number, raw: boolean): number {
  const next = text.charAt(at + 1);
  if (next === '{' || next === '}') return at + 1;
  if (raw || next !== 'N' || text.charAt(at + 2) !== '{') return at + 2;
  const end = text.indexOf('}', at);
  if (end === -1) throw new UnreadablePython('a string without an end', at);
  return end + 1;
}

function endOfField(text: string, start: number, quoting: Quoting, level: number, fields: number): number {
  if (fields > MAX_NESTED_FIELDS) throw new UnreadablePython('an f-string nested too deeply', start);
  const open: string[] = [];
  let at = start;
  while (at < text.length) {
    const char = text.charAt(at);
    if (open.length === 0 && char === '}') return at + 1;
    if (open.length === 0 && char === ':') return endOfFormat(text, at + 1, quoting, level, fields);
    if (isQuote(char)) at = endOfString(text, at, '', level + 1);
    else if (isWordStart(text.charCodeAt(at))) at = endOfWordOrString(text, at, level);
    else if (char === '#') at = endOfComment(text, at);
    else if (char === '\\' && text.charAt(at + 1) !== '\n') break;
    else {
      if ('([{)]}'.includes(char)) trackBracket(open, char, at);
      at++;
    }
  }
  throw new UnreadablePython('a field of an f-string without an end', start);
}

function endOfWordOrString(text: string, at: number, level: number): number {
  const end = endOfWord(text, at);
  const isPrefix = isQuote(text.charAt(end)) && isStringPrefix(text.slice(at, end));
  return isPrefix ? endOfString(text, end, text.slice(at, end), level + 1) : end;
}

/** The format behind the colon of a field: plain text with fields of its own, in which `{{` is no escape. */
function endOfFormat(text: string, start: number, quoting: Quoting, level: number, fields: number): number {
  let at = start;
  while (at < text.length) {
    const char = text.charAt(at);
    if (char === '}') return at + 1;
    if (char === '\n' && !quoting.long) break;
    if (char === quoting.quote[0] && text.startsWith(quoting.quote, at)) break;
    if (char === '{') at = endOfField(text, at + 1, quoting, level, fields + 1);
    else at = char === '\\' ? afterBackslash(text, at, quoting.raw) : at + 1;
  }
  throw new UnreadablePython('a field of an f-string without an end', start);
}

/** The offset of the line's end (or of the text's). */
export function endOfComment(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end === -1 ? text.length : end;
}
