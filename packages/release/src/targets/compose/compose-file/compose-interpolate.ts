import { LIMITS } from '../../../problem/limits';
import { KdcubeError } from '../../../problem/problem';

const MAX_LENGTH = LIMITS.expandedCharacters.max;

/** The value of a variable of compose; undefined if it is not set. */
export type Lookup = (name: string) => string | undefined;

/** Fills in variables by compose's rules for `$NAME` and `${NAME:-word}`. Undefined if compose would reject the text. `unset` is called for each name without a value, which compose replaces with nothing. Throws for a value that is too long. */
export function interpolate(text: string, lookup: Lookup, unset: (name: string) => void): string | undefined {
  if (!text.includes('$')) return text;
  const read = interpolateUntil(text, 0, lookup, unset, '', 0);
  return read?.value;
}

interface InterpolatedText {
  value: string;
  end: number;
}

/** Up to `close`, or to the end. */
function interpolateUntil(
  text: string,
  from: number,
  lookup: Lookup,
  unset: (name: string) => void,
  close: '' | '}',
  depth: number,
): InterpolatedText | undefined {
  if (depth > LIMITS.expansionDepth.max) return undefined;
  let value = '';
  let at = from;
  while (at < text.length) {
    if (value.length > Math.max(MAX_LENGTH, text.length)) throw tooLong();
    if (close !== '' && text[at] === close) return { value, end: at };
    if (text[at] !== '$') {
      value += text[at];
      at += 1;
    } else if (text[at + 1] === '$') {
      value += '$';
      at += 2;
    } else if (text[at + 1] === '{') {
      const braced = readBraces(text, at + 2, lookup, unset, depth);
      if (!braced) return undefined;
      value += braced.value;
      at = braced.end;
    } else {
      const name = /^[A-Za-z_][A-Za-z0-9_]*/.exec(text.slice(at + 1))?.[0];
      if (name === undefined) return undefined;
      value += valueOf(name, lookup, unset);
      at += 1 + name.length;
    }
  }
  return close === '' ? { value, end: at } : undefined;
}

/** After `${`. */
function readBraces(
  text: string,
  from: number,
  lookup: Lookup,
  unset: (name: string) => void,
  depth: number,
): InterpolatedText | undefined {
  const head = /^([A-Za-z_][A-Za-z0-9_]*)(:?[-+?]|\})/.exec(text.slice(from));
  if (!head) return undefined;
  const [all, name = '', operator = ''] = head;
  if (operator === '}') return { value: valueOf(name, lookup, unset), end: from + all.length };
  const found = lookup(name);
  const given = found !== undefined && (operator.length === 1 || found !== '');
  // A word that is not used may contain variables that are not set.
  const isUsed = operator.endsWith('+') ? given : !given;
  const word = interpolateUntil(text, from + all.length, lookup, isUsed ? unset : () => {}, '}', depth + 1);
  if (!word) return undefined;
  const end = word.end + 1;
  if (operator.endsWith('+')) return { value: given ? word.value : '', end };
  if (given) return { value: found, end };
  // compose would stop here, with the word as its error message.
  if (operator.endsWith('?')) unset(name);
  return { value: operator.endsWith('?') ? '' : word.value, end };
}

function tooLong(): KdcubeError {
  const message = `With its variables filled in, this value has more than ${MAX_LENGTH} characters.`;
  return new KdcubeError({ code: 'limit-exceeded', message, hint: 'a shorter value' });
}

function valueOf(name: string, lookup: Lookup, unset: (name: string) => void): string {
  const value = lookup(name);
  if (value === undefined) unset(name);
  return value ?? '';
}
