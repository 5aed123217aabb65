import type { PythonImport } from './imports';
import { readFromImport, readImport } from './imports';
import type { LogicalLine, Token } from './lex';
import { lexPython, lineOf } from './lex';
import { UnreadablePython } from './strings';
import { indexAtLevel, isToken } from './tokens';

export interface Decorator {
  line: number;
  /** Without the `@`. */
  tokens: Token[];
}

export interface Statement {
  /** Its first word (`class`, `if`, `import`…; `def` for `async def` too), or empty where it begins with none. */
  keyword: string;
  /** Where it begins; of a decorated definition, where `def` or `class` is. */
  line: number;
  /** A simple statement whole; of a compound one its head, without `async` and the colon. */
  tokens: Token[];
  decorators: Decorator[];
  body: Statement[];
  import?: PythonImport;
}

/** A file that Python itself would refuse, or that this reader is not sure about, is not readable; nothing is to be concluded from it. */
export type PythonSource = { readable: true; body: Statement[] } | { readable: false; line: number; why: string };

const HEADS = new Set(['if', 'elif', 'else', 'try', 'except', 'finally', 'for', 'while', 'with', 'def', 'class']);

/** Reads a module's statements without Python, by the grammar of 3.12; what is inside expressions stays tokens. Never throws. */
export function readPython(source: string): PythonSource {
  try {
    return { readable: true, body: statementTree(lexPython(source)) };
  } catch (error) {
    if (!(error instanceof UnreadablePython)) throw error;
    return { readable: false, line: error.line ?? lineOf(source, error.offset), why: error.why };
  }
}

function statementTree(lines: readonly LogicalLine[]): Statement[] {
  const root: Statement[] = [];
  const blocks: Statement[][] = [root];
  let head: Statement | undefined;
  let decorators: Decorator[] = [];
  for (const { tokens, depth } of lines) {
    if (head ? depth !== blocks.length : depth >= blocks.length) throw misplaced('a block that does not fit', tokens);
    if (head) blocks.push(head.body);
    if (decorators.length > 0 && depth !== blocks.length - 1) throw misplaced('a decorator without a definition', tokens);
    blocks.length = depth + 1;
    head = undefined;
    if (isToken(tokens[0], '@')) {
      decorators.push({ line: tokens[0]!.line, tokens: tokens.slice(1) });
      continue;
    }
    const statements = readLine(tokens);
    const first = statements[0]!;
    if (decorators.length > 0 && !isDefinition(first)) throw misplaced('a decorator without a definition', tokens);
    first.decorators = decorators;
    decorators = [];
    for (const statement of statements) blocks[depth]!.push(statement);
    if (isToken(tokens.at(-1), ':')) head = first;
  }
  if (head || decorators.length > 0) throw misplaced('a block without a body', lines.at(-1)!.tokens);
  return root;
}

export function isDefinition(statement: Statement): boolean {
  return statement.keyword === 'class' || statement.keyword === 'def';
}

function misplaced(why: string, tokens: readonly Token[]): UnreadablePython {
  return new UnreadablePython(why, 0, tokens[0]?.line ?? 1);
}

/** One compound statement with what follows its colon in the same line, or the simple statements of a line. */
function readLine(tokens: Token[]): Statement[] {
  const isAsync = isToken(tokens[0], 'async') && isToken(tokens[1], 'def', 'for', 'with');
  const own = isAsync ? tokens.slice(1) : tokens;
  const colon = headEnd(own);
  if (colon === undefined) return simpleStatements(own);
  const head = statement(own.slice(0, colon), tokens[0]!.line);
  return [{ ...head, body: simpleStatements(own.slice(colon + 1)) }];
}

/** The index of the colon that ends a compound statement's head; undefined for a simple statement. */
function headEnd(tokens: readonly Token[]): number | undefined {
  const first = tokens[0];
  const isHead = first?.kind === 'name' && HEADS.has(first.text);
  // `match` and `case` are words like others elsewhere: a head where a block follows, and `case` also where it cannot be a name.
  const isCase = isToken(first, 'case') && !isToken(tokens[1], '=', ':', '.', ',', ';');
  if (!isHead && !isCase && !isToken(tokens.at(-1), ':')) return undefined;
  const colon = colonOf(tokens);
  if (colon !== undefined) return colon;
  if (isHead) throw misplaced(`"${first.text}" without a colon`, tokens);
  return undefined;
}

/** The first colon outside brackets that no lambda takes. */
function colonOf(tokens: readonly Token[]): number | undefined {
  let lambdas = 0;
  for (let at = 0; (at = indexAtLevel(tokens, at, ':', 'lambda')) < tokens.length; at++) {
    if (isToken(tokens[at], 'lambda')) lambdas++;
    else if (lambdas === 0) return at;
    else lambdas--;
  }
  return undefined;
}

function simpleStatements(tokens: Token[]): Statement[] {
  const statements: Statement[] = [];
  for (let at = 0; at < tokens.length;) {
    const end = indexAtLevel(tokens, at, ';');
    if (end === at) throw misplaced('a ";" without a statement', tokens);
    statements.push(statement(tokens.slice(at, end), tokens[at]!.line));
    at = end + 1;
  }
  return statements;
}

function statement(tokens: Token[], line: number): Statement {
  const keyword = tokens[0]?.kind === 'name' ? tokens[0].text : '';
  const found: Statement = { keyword, line, tokens, decorators: [], body: [] };
  if (keyword === 'import') found.import = readImport(tokens);
  if (keyword === 'from') found.import = readFromImport(tokens);
  return found;
}
