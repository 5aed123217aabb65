import { evaluateCondition } from './conditions';
import type { Statement } from './python';

/** One clause of a compound statement. Two clauses never both run to their end: `if` and `else`, `try` and its `except`, two cases. */
export interface Clause {
  /** The statement with the first clause. */
  owner: Statement;
  index: number;
}

export interface Branch {
  statement: Statement;
  clause?: Clause;
  /** Does not run when the platform imports the file: only for a type checker, or only for `python file.py`. */
  unreachable?: 'type-checking' | 'main';
}

/** Analyzes the statements of a body: whether they run, and to which statements they are alternatives. */
export function analyzeBranches(body: readonly Statement[], typeCheckingNames: ReadonlySet<string>): Branch[] {
  let chain: Chain | undefined;
  const exhaustive = new Set<Branch>();
  const branches = body.map((statement): Branch => {
    chain = nextChain(chain, statement);
    if (!chain) return { statement };
    const unreachable = chain.kind === 'if' ? findUnreachable(chain, statement, typeCheckingNames) : undefined;
    const branch = { statement, clause: clauseOf(chain, statement.keyword), unreachable };
    if (chain.kind === 'if' && (chain.isDecided || statement.keyword === 'else')) exhaustive.add(branch);
    return branch;
  });
  const reachable = new Map<Statement, number>();
  for (const { unreachable, clause } of branches)
    if (clause && !unreachable) reachable.set(clause.owner, (reachable.get(clause.owner) ?? 0) + 1);
  // If all other clauses are unreachable, the last one always runs, so it is no alternative.
  return branches.map((branch) =>
    branch.clause && exhaustive.has(branch) && reachable.get(branch.clause.owner) === 1
      ? { ...branch, clause: undefined }
      : branch,
  );
}

/** The clauses of one compound statement so far. */
interface Chain {
  kind: 'if' | 'try' | 'case' | 'loop';
  owner: Statement;
  index: number;
  /** An earlier clause always runs, so the later ones never do. */
  isDecided?: boolean;
}

const CHAIN_KINDS: Record<string, Chain['kind']> = { if: 'if', try: 'try', case: 'case', for: 'loop', while: 'loop' };
const CONTINUATIONS = ['elif', 'else', 'except', 'finally'];

/** The chain that a statement opens or continues; any other statement ends it. */
function nextChain(chain: Chain | undefined, statement: Statement): Chain | undefined {
  const { keyword } = statement;
  const continues = CONTINUATIONS.includes(keyword) || (keyword === 'case' && chain?.kind === 'case');
  if (chain && continues) return { ...chain, index: chain.index + 1 };
  const kind = Object.hasOwn(CHAIN_KINDS, keyword) ? CHAIN_KINDS[keyword] : undefined;
  return kind && (kind !== 'case' || statement.body.length > 0) ? { kind, owner: statement, index: 0 } : undefined;
}

function clauseOf({ kind, owner, index }: Chain, keyword: string): Clause | undefined {
  if (kind === 'loop' || keyword === 'finally') return undefined;
  // The `else` of a `try` runs after its body.
  return { owner, index: kind === 'try' && keyword === 'else' ? 0 : index };
}

function findUnreachable(
  chain: Chain,
  { keyword, tokens }: Statement,
  typeCheckingNames: ReadonlySet<string>,
): Branch['unreachable'] {
  if (chain.isDecided) return 'type-checking';
  const truth = keyword === 'else' ? 'unknown' : evaluateCondition(tokens.slice(1), typeCheckingNames);
  if (truth === 'always') chain.isDecided = true;
  if (truth === 'never') return 'type-checking';
  return truth === 'main' ? 'main' : undefined;
}
