import { LIMITS } from '../../../problem/limits';
import { KdcubeError } from '../../../problem/problem';

const MAX_LENGTH = LIMITS.expandedCharacters.max;

/** The value of a variable of compose; undefined if it is not set. */
export type Lookup = (name: string) => string | undefined;

/** Called for a variable without a value, which compose replaces with nothing. `required`: with `${NAME:?…}`, compose stops here. */
export type OnUnset = (name: string, required: boolean) => void;

/** Fills in variables by compose's rules for `$NAME` and `${NAME:-word}`. Undefined if compose would reject the text. Throws for a value that is too long. */
export function interpolate(text: string, lookup: Lookup, unset: OnUnset, depth = 0): string | undefined {
  if (!text.includes('$')) return text;
  if (depth > LIMITS.expansionDepth.max) return undefined;
  let value = '';
  let at = 0;
  while (at < text.length) {
    const dollar = text.indexOf('$', at);
    value += text.slice(at, dollar < 0 ? text.length : dollar);
    if (value.length > Math.max(MAX_LENGTH, text.length)) throw tooLong();
    if (dollar < 0) break;
    const read =
      text[dollar + 1] === '{' ? readBraces(text, dollar, lookup, unset, depth) : readName(text, dollar, lookup, unset);
    if (!read) return undefined;
    value += read.value;
    at = read.end;
  }
  return value;
}

interface InterpolatedText {
  value: string;
  end: number;
}

/** `$$` is a dollar sign, and so is one that no name follows. */
function readName(text: string, dollar: number, lookup: Lookup, unset: OnUnset): InterpolatedText {
  NAME.lastIndex = dollar + 1;
  const name = NAME.exec(text)?.[0];
  if (name === undefined) return { value: '$', end: dollar + (text[dollar + 1] === '$' ? 2 : 1) };
  return { value: valueOf(name, lookup, unset), end: dollar + 1 + name.length };
}

const NAME = /[a-z_][a-z0-9_]*/iy;
const BRACES = /([a-z_][a-z0-9_]*)(:?[-+?]|\})/iy;

function readBraces(text: string, dollar: number, lookup: Lookup, unset: OnUnset, depth: number): InterpolatedText | undefined {
  BRACES.lastIndex = dollar + 2;
  const head = BRACES.exec(text);
  if (!head) return undefined;
  const [, name = '', operator = ''] = head;
  const from = BRACES.lastIndex;
  if (operator === '}') return { value: valueOf(name, lookup, unset), end: from };
  const close = closingBrace(text, dollar);
  if (close < from) return undefined;
  const end = close + 1;
  const found = lookup(name);
  const given = found !== undefined && (operator.length === 1 || found !== '');
  if (operator.endsWith('?')) {
    if (!given) unset(name, true);
    return { value: given ? found : '', end };
  }
  if (operator.endsWith('+') ? !given : given) return { value: found ?? '', end };
  const word = interpolate(text.slice(from, close), lookup, unset, depth + 1);
  return word === undefined ? undefined : { value: word, end };
}

/** The brace that closes the one at `dollar`, as compose counts them: any brace opens one, and the character after it never counts. Without one, the last brace of the line. */
function closingBrace(text: string, dollar: number): number {
  const newline = text.indexOf('\n', dollar);
  const last = text.lastIndexOf('}', newline < 0 ? text.length : newline);
  let open = 0;
  for (let at = dollar + 1; at <= last; at += 1) {
    if (text[at] === '}') open -= 1;
    if (text[at] === '}' && open === 0) return at;
    if (text[at] !== '{') continue;
    open += 1;
    at += 1;
  }
  return last;
}

function tooLong(): KdcubeError {
  const message = `With its variables filled in, this value has more than ${MAX_LENGTH} characters.`;
  return new KdcubeError({ code: 'limit-exceeded', message, hint: 'a shorter value' });
}

function valueOf(name: string, lookup: Lookup, unset: OnUnset): string {
  const value = lookup(name);
  if (value === undefined) unset(name, false);
  return value ?? '';
}
