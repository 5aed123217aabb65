import type { Token } from './lex';
import { UnreadablePython } from './strings';
import { dottedName, indexAtLevel, isToken } from './tokens';

/** `import a.b as c` has level 0, no module, and `a.b` among its names; `from ..a import b` has level 2 and module `a`. A star is the name `*`. */
export interface PythonImport {
  kind: 'import' | 'from';
  level: number;
  module: string;
  names: { name: string; as?: string }[];
  line: number;
}

/** `tokens` are the whole statement, from the word `import` on. Throws UnreadablePython where it is not one. */
export function readImport(tokens: readonly Token[]): PythonImport {
  return { kind: 'import', level: 0, module: '', names: readNames(tokens.slice(1), tokens[0]!), line: tokens[0]!.line };
}

/** The same for `from … import …`. */
export function readFromImport(tokens: readonly Token[]): PythonImport {
  let at = 1;
  while (isToken(tokens[at], '.')) at++;
  const level = at - 1;
  const word = indexAtLevel(tokens, at, 'import');
  const module = word === at && level > 0 ? '' : dottedName(tokens.slice(at, word));
  if (module === undefined) throw notAnImport(tokens[0]!);
  return { kind: 'from', level, module, names: importedNames(tokens.slice(word + 1), tokens[0]!), line: tokens[0]!.line };
}

function importedNames(tokens: readonly Token[], first: Token): PythonImport['names'] {
  if (tokens.length === 1 && isToken(tokens[0], '*')) return [{ name: '*' }];
  const inBrackets = isToken(tokens[0], '(') && isToken(tokens.at(-1), ')');
  return readNames(inBrackets ? tokens.slice(1, -1) : tokens, first);
}

function readNames(tokens: readonly Token[], first: Token): PythonImport['names'] {
  const names: PythonImport['names'] = [];
  for (let at = 0; at < tokens.length;) {
    const end = indexAtLevel(tokens, at, ',');
    names.push(readName(tokens.slice(at, end), first));
    at = end + 1;
  }
  if (names.length === 0) throw notAnImport(first);
  return names;
}

function readName(tokens: readonly Token[], first: Token): PythonImport['names'][number] {
  const word = indexAtLevel(tokens, 0, 'as');
  const name = dottedName(tokens.slice(0, word));
  const as = dottedName(tokens.slice(word + 1));
  if (name === undefined || (word < tokens.length && as === undefined)) throw notAnImport(first);
  return as === undefined ? { name } : { name, as };
}

function notAnImport({ line }: Token): UnreadablePython {
  return new UnreadablePython('an import that is not one', 0, line);
}
