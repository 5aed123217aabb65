/** What the variables of a Dockerfile stand for at one place. */
export type Scope = ReadonlyMap<string, string>;

/**
 * A word as docker's shell lexer reads it: quotes taken out, `\` before a character, `$name`, `${name}`, and `${name:-word}`, `${name-word}`, `${name:+word}`, `${name+word}`,
 * in which a word may hold variables too. A name that nothing sets is empty. Throws an Error that says why where docker refuses the word too, or where the form is not one of these.
 */
export function expandWord(text: string, scope: Scope): string {
  return expandUntil({ text, at: 0 }, scope, '');
}

/** A word that may become several, such as `EXPOSE $PORTS`; none where it is empty. */
export function expandWords(text: string, scope: Scope): string[] {
  return expandWord(text, scope).split(/\s+/).filter(Boolean);
}

interface Reader {
  text: string;
  at: number;
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

/** Here a backslash is one, but before `"`, `$` and itself. */
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

/** Behind the `$`. */
function variable(reader: Reader, scope: Scope): string {
  if (reader.text[reader.at] !== '{') {
    const name = nameAt(reader);
    return name === '' ? '$' : (scope.get(name) ?? '');
  }
  reader.at += 1;
  const name = nameAt(reader);
  const [operator = ''] = /^(?:\}|:?[-+])/.exec(reader.text.slice(reader.at)) ?? [];
  if (name === '' || operator === '')
    throw new Error(`"\${${name}${reader.text.slice(reader.at)}" is a form of variable that only an engine reads`);
  reader.at += operator.length;
  const value = scope.get(name);
  if (operator === '}') return value ?? '';
  const word = expandUntil(reader, scope, '}');
  reader.at += 1;
  const isSet = operator.startsWith(':') ? value !== undefined && value !== '' : value !== undefined;
  if (operator.endsWith('-')) return isSet ? value! : word;
  return isSet ? word : '';
}

/** Digits and signs are names of their own, as in a shell: nothing ever sets them. */
function nameAt(reader: Reader): string {
  const [name = ''] = /^(?:[A-Za-z_]\w*|[0-9]+|[@*#?!$-])/.exec(reader.text.slice(reader.at)) ?? [];
  reader.at += name.length;
  return name;
}
