import type { Token } from './lex';
import type { Statement } from './python';
import { dottedName, indexAtLevel, isToken } from './tokens';

/** Two arms of one block never both run to their end: `if` and `else`, `try` and its `except`, two cases. */
export interface Arm {
  block: Statement;
  arm: number;
}

export interface Branch {
  statement: Statement;
  arm?: Arm;
  /** It does not run where the platform imports the file: `types` only a type checker reads, `main` only `python file.py` runs. */
  dead?: 'types' | 'main';
}

type Truth = 'always' | 'never' | 'main' | 'unknown';

/** The statements of one body, with what is known of whether and with which others they run. `checking`: the file's names for typing.TYPE_CHECKING. */
export function branchesOf(body: readonly Statement[], checking: ReadonlySet<string>): Branch[] {
  let chain: Chain | undefined;
  const sure = new Set<Branch>();
  const branches = body.map((statement): Branch => {
    chain = nextChain(chain, statement);
    if (!chain) return { statement };
    const dead = chain.kind === 'if' ? deadBecause(chain, statement, checking) : undefined;
    const branch = { statement, arm: armOf(chain, statement.keyword), dead };
    if (chain.kind === 'if' && (chain.decided || statement.keyword === 'else')) sure.add(branch);
    return branch;
  });
  const live = new Map<Statement, number>();
  for (const { dead, arm } of branches) if (arm && !dead) live.set(arm.block, (live.get(arm.block) ?? 0) + 1);
  // Where every other arm is dead, the last one is no arm: it always runs.
  return branches.map((branch) =>
    branch.arm && sure.has(branch) && live.get(branch.arm.block) === 1 ? { ...branch, arm: undefined } : branch,
  );
}

interface Chain {
  kind: 'if' | 'try' | 'case' | 'loop';
  block: Statement;
  arms: number;
  /** An earlier arm always runs, so this one never does. */
  decided?: boolean;
}

const CHAINS: Record<string, Chain['kind']> = { if: 'if', try: 'try', case: 'case', for: 'loop', while: 'loop' };

/** The chain that a statement opens or goes on with; every other statement ends it. */
function nextChain(chain: Chain | undefined, statement: Statement): Chain | undefined {
  const goesOn =
    chain && ['elif', 'else', 'except', 'finally', ...(chain.kind === 'case' ? ['case'] : [])].includes(statement.keyword);
  if (goesOn) return { ...chain, arms: chain.arms + 1 };
  const kind = Object.hasOwn(CHAINS, statement.keyword) ? CHAINS[statement.keyword] : undefined;
  return kind && (kind !== 'case' || isBlock(statement)) ? { kind, block: statement, arms: 0 } : undefined;
}

function isBlock(statement: Statement): boolean {
  return statement.body.length > 0;
}

function armOf({ kind, block, arms }: Chain, keyword: string): Arm | undefined {
  if (kind === 'loop' || keyword === 'finally') return undefined;
  // The `else` of a `try` runs after its body.
  return { block, arm: kind === 'try' && keyword === 'else' ? 0 : arms };
}

function deadBecause(chain: Chain, statement: Statement, checking: ReadonlySet<string>): Branch['dead'] {
  if (chain.decided) return 'types';
  const truth = statement.keyword === 'else' ? 'unknown' : truthOf(statement.tokens.slice(1), checking);
  if (truth === 'always') chain.decided = true;
  if (truth === 'never') return 'types';
  return truth === 'main' ? 'main' : undefined;
}

/** What is known of a condition: TYPE_CHECKING and False never hold, `__name__ == "__main__"` does not hold in an import. */
function truthOf(tokens: readonly Token[], checking: ReadonlySet<string>): Truth {
  if (indexAtLevel(tokens, 0, 'if', 'lambda', ':=') < tokens.length) return 'unknown';
  const choices = splitBy(tokens, 'or');
  if (choices.length > 1) return anyOf(choices.map((part) => truthOf(part, checking)));
  const parts = splitBy(tokens, 'and');
  if (parts.length > 1) return allOf(parts.map((part) => truthOf(part, checking)));
  const nots = tokens.findIndex((token) => !isToken(token, 'not'));
  if (nots > 0) return negated(truthOf(tokens.slice(nots), checking), nots);
  const inner = withoutBrackets(tokens);
  return inner ? truthOf(inner, checking) : atomOf(tokens, checking);
}

function anyOf(truths: Truth[]): Truth {
  if (truths.includes('always')) return 'always';
  if (truths.every((truth) => truth === 'never')) return 'never';
  return truths.every((truth) => truth === 'never' || truth === 'main') ? 'main' : 'unknown';
}

function allOf(truths: Truth[]): Truth {
  if (truths.includes('never')) return 'never';
  if (truths.includes('main')) return 'main';
  return truths.every((truth) => truth === 'always') ? 'always' : 'unknown';
}

function negated(truth: Truth, times: number): Truth {
  if (times % 2 === 0 && truth !== 'main') return truth;
  if (truth === 'never') return 'always';
  return truth === 'always' ? 'never' : 'unknown';
}

function atomOf(tokens: readonly Token[], checking: ReadonlySet<string>): Truth {
  const name = dottedName(tokens);
  if (name !== undefined && (checking.has(name) || name.endsWith('.TYPE_CHECKING') || name === 'False' || name === 'None'))
    return 'never';
  if (name === 'True') return 'always';
  if (tokens.length === 1 && tokens[0]!.kind === 'number') return numberTruth(tokens[0]!.text);
  const texts = tokens.map((token) => token.text.replace(/^'(.*)'$/s, '"$1"'));
  return ['__name__ == "__main__"', '"__main__" == __name__'].includes(texts.join(' ')) ? 'main' : 'unknown';
}

function numberTruth(text: string): Truth {
  if (text === '0') return 'never';
  return text === '1' ? 'always' : 'unknown';
}

function splitBy(tokens: readonly Token[], word: string): Token[][] {
  const parts: Token[][] = [];
  for (let at = 0; at <= tokens.length;) {
    const end = indexAtLevel(tokens, at, word);
    parts.push(tokens.slice(at, end));
    at = end + 1;
  }
  return parts;
}

function withoutBrackets(tokens: readonly Token[]): Token[] | undefined {
  if (!isToken(tokens[0], '(') || indexAtLevel(tokens, 1, ')') !== tokens.length - 1) return undefined;
  return tokens.slice(1, -1);
}

/** The names that a file has for typing.TYPE_CHECKING. */
export function checkingNames(body: readonly Statement[]): Set<string> {
  const names = new Set(['TYPE_CHECKING']);
  for (const { import: found } of everyStatement(body)) {
    for (const { name, as } of found?.kind === 'from' ? found.names : []) if (name === 'TYPE_CHECKING' && as) names.add(as);
  }
  return names;
}

/** Every statement, with those inside it, in the order of the text. */
export function* everyStatement(body: readonly Statement[]): Generator<Statement> {
  for (const statement of body) {
    yield statement;
    yield* everyStatement(statement.body);
  }
}
