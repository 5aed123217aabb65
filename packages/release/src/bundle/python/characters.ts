import { PythonSyntaxError } from './syntax-error';

/** CPython's limit. Ours too, so that hostile text cannot exhaust the stack. */
const MAX_BRACKETS = 200;
const CLOSING_BRACKETS: Record<string, string> = { '(': ')', '[': ']', '{': '}' };
const STRING_PREFIXES = new Set(['', 'r', 'u', 'b', 'br', 'rb', 'f', 'fr', 'rf', 't', 'tr', 'rt']);

export function isStringPrefix(word: string): boolean {
  return word.length <= 2 && STRING_PREFIXES.has(word.toLowerCase());
}

export function isQuote(char: string | undefined): boolean {
  return char === '"' || char === "'";
}

/** Letters, `_` and everything outside ASCII, as in CPython's tokenizer; the lexer checks later whether the word is a valid identifier. */
export function isWordStart(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95 || code >= 128;
}

export function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

export function endOfWord(text: string, at: number): number {
  return endWhile(text, at, (code) => isWordStart(code) || isDigit(code));
}

/** The offset of the next line end, or of the end of the text. */
export function endOfComment(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end === -1 ? text.length : end;
}

/** The end of a number. It stops after the digits: in `1if x else 2` before `if`, and in `0xe+1` before the plus. */
export function endOfNumber(text: string, at: number): number {
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

function endWhile(text: string, at: number, matches: (code: number) => boolean): number {
  let end = at;
  while (end < text.length && matches(text.charCodeAt(end))) end++;
  return end;
}

function isDigitOrUnderscore(code: number): boolean {
  return isDigit(code) || code === 95;
}

function isHexDigit(code: number): boolean {
  return isDigitOrUnderscore(code) || (code >= 97 && code <= 102) || (code >= 65 && code <= 70);
}

/** Updates the stack of expected closing brackets with one bracket of the text. */
export function trackBracket(expected: string[], bracket: string, at: number): void {
  const closing = CLOSING_BRACKETS[bracket];
  if (closing) {
    if (expected.length >= MAX_BRACKETS) throw new PythonSyntaxError('too many nested brackets', at);
    expected.push(closing);
    return;
  }
  if (expected.pop() !== bracket) throw new PythonSyntaxError(`unmatched "${bracket}"`, at);
}
