import { PythonSyntaxError } from './syntax-error';
import type { Token } from './tokens';
import { dottedName, indexAtLevel, isToken } from './tokens';

/** `import a.b as c` has level 0, an empty module, and `a.b` among its names; `from ..a import b` has level 2 and module `a`. A star import has the name `*`. */
export interface PythonImport {
  kind: 'import' | 'from';
  level: number;
  module: string;
  names: { name: string; as?: string }[];
  line: number;
}

/** Parses `import …`. `tokens` are the whole statement. Throws PythonSyntaxError. */
export function parseImport(tokens: readonly Token[]): PythonImport {
  return { kind: 'import', level: 0, module: '', names: parseNames(tokens.slice(1), tokens[0]!), line: tokens[0]!.line };
}

/** Parses `from … import …`. `tokens` are the whole statement. Throws PythonSyntaxError. */
export function parseFromImport(tokens: readonly Token[]): PythonImport {
  let at = 1;
  while (isToken(tokens[at], '.')) at++;
  const level = at - 1;
  const keyword = indexAtLevel(tokens, at, 'import');
  const module = keyword === at && level > 0 ? '' : dottedName(tokens.slice(at, keyword));
  if (module === undefined) throw invalidImport(tokens[0]!);
  return { kind: 'from', level, module, names: parseFromNames(tokens.slice(keyword + 1), tokens[0]!), line: tokens[0]!.line };
}

function parseFromNames(tokens: readonly Token[], first: Token): PythonImport['names'] {
  if (tokens.length === 1 && isToken(tokens[0], '*')) return [{ name: '*' }];
  const isBracketed = isToken(tokens[0], '(') && isToken(tokens.at(-1), ')');
  return parseNames(isBracketed ? tokens.slice(1, -1) : tokens, first);
}

function parseNames(tokens: readonly Token[], first: Token): PythonImport['names'] {
  const names: PythonImport['names'] = [];
  for (let at = 0; at < tokens.length;) {
    const end = indexAtLevel(tokens, at, ',');
    names.push(parseName(tokens.slice(at, end), first));
    at = end + 1;
  }
  if (names.length === 0) throw invalidImport(first);
  return names;
}

function parseName(tokens: readonly Token[], first: Token): PythonImport['names'][number] {
  const keyword = indexAtLevel(tokens, 0, 'as');
  const name = dottedName(tokens.slice(0, keyword));
  const as = dottedName(tokens.slice(keyword + 1));
  if (name === undefined || (keyword < tokens.length && as === undefined)) throw invalidImport(first);
  return as === undefined ? { name } : { name, as };
}

function invalidImport({ line }: Token): PythonSyntaxError {
  return new PythonSyntaxError('invalid import statement', 0, line);
}
