/** One statement of an env file: `NAME=value`, `NAME: value` or `NAME`. */
export interface Statement {
  name: string;
  /** Undefined: without quotes. */
  quote?: "'" | '"';
  /** Between its quotes, or without its comment. Undefined: a name without a value. */
  text?: string;
  /** Where its name starts. */
  start: number;
  /** Where the next statement may start. */
  end: number;
}

export interface InvalidStatement {
  fault: string;
  start: number;
}

// Characters as Go counts them.
const SPACE = /[\t\v\f\r \u0085\u00a0]/;
const ANY_SPACE = /(?!\ufeff)[\s\u0085]/;
const IN_NAME = /[\p{L}\p{N}_.\-[\]\t\v\f\r \u0085\u00a0]/u;

/** The statement at `offset` or after it, by the rules of compose's own parser; undefined at the end. */
export function readStatement(text: string, offset: number): Statement | InvalidStatement | undefined {
  const start = afterComments(text, offset);
  if (start >= text.length) return undefined;
  const isExport = /^export[\t\n\f\r ]/.test(text.slice(start, start + 7));
  const nameAt = isExport ? skip(SPACE, text, start + 6) : start;
  const nameEnd = skip(IN_NAME, text, nameAt);
  const sign = text[nameEnd];
  // At the end of the file, all of it is the value of no name.
  if (sign === undefined) return withValue(text, { name: '', start }, skip(SPACE, text, nameAt));
  if (sign !== '=' && sign !== ':' && sign !== '\n')
    return { fault: 'a character here cannot be in the name of a variable', start };
  const name = withoutEnd(text.slice(nameAt, nameEnd));
  if (name.includes(' ')) return { fault: 'the name of a variable here has a space in it', start };
  const valueAt = skip(SPACE, text, nameEnd + 1);
  return sign === '\n' ? { name, start, end: valueAt } : withValue(text, { name, start }, valueAt);
}

function withValue(text: string, head: Pick<Statement, 'name' | 'start'>, at: number): Statement | InvalidStatement {
  const quote = text[at];
  if (quote === "'" || quote === '"') {
    const close = closingQuote(text, at, quote);
    if (close === undefined) return { fault: 'a quote that starts here is not closed', start: head.start };
    // Only the quote itself loses its backslash.
    const inner = text.slice(at + 1, close).replace(/\\([\s\S])/g, (all, char: string) => (char === quote ? char : all));
    return { ...head, quote, text: inner, end: close + 1 };
  }
  const newline = text.indexOf('\n', at);
  const end = newline < 0 ? text.length : newline;
  const line = text.slice(at, end);
  const comment = line.indexOf(' #');
  return { ...head, text: withoutEnd(comment < 0 ? line : line.slice(0, comment)), end: Math.min(end + 1, text.length) };
}

function closingQuote(text: string, at: number, quote: string): number | undefined {
  for (let index = at + 1; index < text.length; index += 1) {
    if (text[index] === '\\') index += 1;
    else if (text[index] === quote) return index;
  }
  return undefined;
}

function afterComments(text: string, offset: number): number {
  let at = skip(ANY_SPACE, text, offset);
  while (text[at] === '#') {
    const newline = text.indexOf('\n', at);
    at = newline < 0 ? text.length : skip(ANY_SPACE, text, newline);
  }
  return at;
}

/** After the characters of a kind. */
function skip(kind: RegExp, text: string, from: number): number {
  let at = from;
  while (at < text.length) {
    const character = String.fromCodePoint(text.codePointAt(at)!);
    if (!kind.test(character)) break;
    at += character.length;
  }
  return at;
}

function withoutEnd(text: string): string {
  let end = text.length;
  while (end > 0 && ANY_SPACE.test(text[end - 1]!)) end -= 1;
  return text.slice(0, end);
}
