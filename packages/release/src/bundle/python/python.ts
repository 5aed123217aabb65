import { lineOf } from './cursor';
import type { PythonImport } from './imports';
import { parseFromImport, parseImport } from './imports';
import type { LogicalLine } from './lex';
import { lexPython } from './lex';
import { PythonSyntaxError } from './syntax-error';
import type { Token } from './tokens';
import { indexAtLevel, isToken } from './tokens';

interface Decorator {
  line: number;
  /** Without the `@`. */
  tokens: Token[];
}

export interface Statement {
  /** Its first word (`class`, `if`, `import`…; `def` for `async def` too), or empty if it starts with another token. */
  keyword: string;
  /** Where it starts; for a decorated definition, the line of `def` or `class`. */
  line: number;
  /** A simple statement in full; of a compound statement the header, without `async` and the colon. */
  tokens: Token[];
  decorators: Decorator[];
  body: Statement[];
  import?: PythonImport;
}

/** A file is not readable if Python would reject it or if this reader does not support it. No conclusion may be drawn from it. */
export type PythonSource = { readable: true; body: Statement[] } | { readable: false; line: number; reason: string };

const COMPOUND_KEYWORDS = new Set(['if', 'elif', 'else', 'try', 'except', 'finally', 'for', 'while', 'with', 'def', 'class']);

/** Parses the statements of a module by the grammar of Python 3.12; expressions stay tokens. Never throws. */
export function readPython(source: string): PythonSource {
  try {
    return { readable: true, body: buildStatementTree(lexPython(source)) };
  } catch (error) {
    if (!(error instanceof PythonSyntaxError)) throw error;
    return { readable: false, line: error.line ?? lineOf(source, error.offset), reason: error.reason };
  }
}

export function isDefinition(statement: Statement): boolean {
  return statement.keyword === 'class' || statement.keyword === 'def';
}

/** Every statement and the statements inside it, in source order. */
export function* walkStatements(body: readonly Statement[]): Generator<Statement> {
  for (const statement of body) {
    yield statement;
    yield* walkStatements(statement.body);
  }
}

function buildStatementTree(lines: readonly LogicalLine[]): Statement[] {
  const root: Statement[] = [];
  const blocks: Statement[][] = [root];
  let header: Statement | undefined;
  let decorators: Decorator[] = [];
  for (const { tokens, depth } of lines) {
    if (header && depth !== blocks.length) throw syntaxError('expected an indented block', tokens);
    if (!header && depth >= blocks.length) throw syntaxError('unexpected indent', tokens);
    if (header) blocks.push(header.body);
    if (decorators.length > 0 && depth !== blocks.length - 1) throw syntaxError('decorator without a definition', tokens);
    blocks.length = depth + 1;
    header = undefined;
    if (isToken(tokens[0], '@')) {
      decorators.push({ line: tokens[0]!.line, tokens: tokens.slice(1) });
      continue;
    }
    const statements = parseLine(tokens);
    const first = statements[0]!;
    if (decorators.length > 0 && !isDefinition(first)) throw syntaxError('decorator without a definition', tokens);
    first.decorators = decorators;
    decorators = [];
    for (const statement of statements) blocks[depth]!.push(statement);
    if (isToken(tokens.at(-1), ':')) header = first;
  }
  if (header || decorators.length > 0) throw syntaxError('unexpected end of file', lines.at(-1)!.tokens);
  return root;
}

function syntaxError(reason: string, tokens: readonly Token[]): PythonSyntaxError {
  return new PythonSyntaxError(reason, 0, tokens[0]?.line ?? 1);
}

/** One compound statement with what follows its colon on the same line, or the simple statements of a line. */
function parseLine(tokens: Token[]): Statement[] {
  const isAsync = isToken(tokens[0], 'async') && isToken(tokens[1], 'def', 'for', 'with');
  const withoutAsync = isAsync ? tokens.slice(1) : tokens;
  const colon = headerEnd(withoutAsync);
  if (colon === undefined) return simpleStatements(withoutAsync);
  const header = createStatement(withoutAsync.slice(0, colon), tokens[0]!.line);
  return [{ ...header, body: simpleStatements(withoutAsync.slice(colon + 1)) }];
}

/** The index of the colon that ends the header of a compound statement; undefined for a simple statement. */
function headerEnd(tokens: readonly Token[]): number | undefined {
  const first = tokens[0];
  const isCompound = first?.kind === 'name' && COMPOUND_KEYWORDS.has(first.text);
  // `match` and `case` are soft keywords: they start a header if a block follows, and `case` also if it cannot be a name.
  const isCase = isToken(first, 'case') && !isToken(tokens[1], '=', ':', '.', ',', ';');
  if (!isCompound && !isCase && !isToken(tokens.at(-1), ':')) return undefined;
  const colon = headerColon(tokens);
  if (colon !== undefined) return colon;
  if (isCompound) throw syntaxError(`expected ":" after "${first.text}"`, tokens);
  return undefined;
}

/** The first colon outside brackets that belongs to no lambda. */
function headerColon(tokens: readonly Token[]): number | undefined {
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
    if (end === at) throw syntaxError('";" without a statement', tokens);
    statements.push(createStatement(tokens.slice(at, end), tokens[at]!.line));
    at = end + 1;
  }
  return statements;
}

function createStatement(tokens: Token[], line: number): Statement {
  const keyword = tokens[0]?.kind === 'name' ? tokens[0].text : '';
  const statement: Statement = { keyword, line, tokens, decorators: [], body: [] };
  if (keyword === 'import') statement.import = parseImport(tokens);
  if (keyword === 'from') statement.import = parseFromImport(tokens);
  return statement;
}
