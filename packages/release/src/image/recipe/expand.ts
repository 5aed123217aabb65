import { LIMITS } from '../../problem/limits';

const MAX_LENGTH = LIMITS.expandedCharacters.max;
const MAX_DEPTH = LIMITS.expansionDepth.max;

/** The variables of a Dockerfile at one line. */
export type Scope = ReadonlyMap<string, string>;

/**
 * Expands a word as Docker's shell lexer does: quotes, `\` escapes, `$name`, `${name}`, and `${name:-word}`, `${name-word}`, `${name:+word}`, `${name+word}`, where the word may contain variables
 * too. An unset variable is empty. Throws an Error for words that Docker rejects too, and for other forms of variables.
 */
export function expandWord(text: string, scope: Scope): string {
  return expandUntil({ text, at: 0, depth: 0, expanded: 0 }, scope, '');
}

/** A word that may expand to several, such as `EXPOSE $PORTS`, or to none. */
export function expandToList(text: string, scope: Scope): string[] {
  return expandWord(text, scope).split(/\s+/).filter(Boolean);
}

interface Reader {
  text: string;
  at: number;
  /** The nesting depth of words. */
  depth: number;
  /** The number of characters from variables. */
  expanded: number;
}

function expandUntil(reader: Reader, scope: Scope, end: string): string {
  let result = '';
  while (reader.at < reader.text.length) {
    const char = reader.text[reader.at]!;
    if (char === end) return result;
    reader.at += 1;
    if (char === "'") result += singleQuoted(reader);
    else if (char === '"') result += doubleQuoted(reader, scope);
    else if (char === '$') result += variable(reader, scope);
    else if (char === '\\') result += reader.text[reader.at++] ?? '';
    else result += char;
  }
  if (end !== '') throw new Error(`a "${end}" is missing`);
  return result;
}

function singleQuoted(reader: Reader): string {
  const end = reader.text.indexOf("'", reader.at);
  if (end === -1) throw new Error('a single quote is never closed');
  const inside = reader.text.slice(reader.at, end);
  reader.at = end + 1;
  return inside;
}

/** A backslash escapes only `"`, `$` and itself here. */
function doubleQuoted(reader: Reader, scope: Scope): string {
  let result = '';
  while (reader.at < reader.text.length) {
    const char = reader.text[reader.at++]!;
    if (char === '"') return result;
    if (char === '$') result += variable(reader, scope);
    else if (char === '\\' && '"$\\'.includes(reader.text[reader.at] ?? ' ')) result += reader.text[reader.at++];
    else result += char;
  }
  throw new Error('a double quote is never closed');
}

/** Expands the text after a `$`. */
function variable(reader: Reader, scope: Scope): string {
  const value = variableValue(reader, scope);
  reader.expanded += value.length;
  if (reader.expanded > MAX_LENGTH) throw new Error(`its variables have more than ${MAX_LENGTH} characters`);
  return value;
}

function variableValue(reader: Reader, scope: Scope): string {
  if (reader.text[reader.at] !== '{') {
    const name = nameAt(reader);
    return name === '' ? '$' : (scope.get(name) ?? '');
  }
  reader.at += 1;
  const name = nameAt(reader);
  const [operator = ''] = /^(?:\}|:?[-+])/.exec(reader.text.slice(reader.at)) ?? [];
  if (name === '' || operator === '')
    throw new Error(`"\${${name}${reader.text.slice(reader.at)}" is a form of variable that only an engine supports`);
  reader.at += operator.length;
  const value = scope.get(name);
  if (operator === '}') return value ?? '';
  reader.depth += 1;
  if (reader.depth > MAX_DEPTH) throw new Error(`it has more than ${MAX_DEPTH} variables in each other`);
  const word = expandUntil(reader, scope, '}');
  reader.depth -= 1;
  reader.at += 1;
  const isSet = operator.startsWith(':') ? value !== undefined && value !== '' : value !== undefined;
  if (operator.endsWith('-')) return isSet ? value! : word;
  return isSet ? word : '';
}

/** Digits and special characters are names, as in a shell; they are never set. */
function nameAt(reader: Reader): string {
  const [name = ''] = /^(?:[A-Za-z_]\w*|[0-9]+|[@*#?!$-])/.exec(reader.text.slice(reader.at)) ?? [];
  reader.at += name.length;
  return name;
}
