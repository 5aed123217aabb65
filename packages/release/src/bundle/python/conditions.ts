import type { Statement } from './python';
import { walkStatements } from './python';
import type { Token } from './tokens';
import { dottedName, indexAtLevel, isToken, withoutOuterBrackets } from './tokens';

/** `main` holds only for `python file.py`, not for an import. */
export type Truth = 'always' | 'never' | 'main' | 'unknown';

/** The names in a file that refer to typing.TYPE_CHECKING. */
export function findTypeCheckingNames(body: readonly Statement[]): Set<string> {
  const typeCheckingNames = new Set(['TYPE_CHECKING']);
  for (const statement of walkStatements(body)) {
    const names = statement.import?.kind === 'from' ? statement.import.names : [];
    for (const { name, as } of names) if (name === 'TYPE_CHECKING' && as) typeCheckingNames.add(as);
  }
  return typeCheckingNames;
}

/** Evaluates a condition as of the platform's import of the file: TYPE_CHECKING and False never hold, nor does `__name__ == "__main__"`. */
export function evaluateCondition(tokens: readonly Token[], typeCheckingNames: ReadonlySet<string>): Truth {
  if (indexAtLevel(tokens, 0, 'if', 'lambda', ':=') < tokens.length) return 'unknown';
  const alternatives = splitAtLevel(tokens, 'or');
  if (alternatives.length > 1) return anyOf(alternatives.map((part) => evaluateCondition(part, typeCheckingNames)));
  const requirements = splitAtLevel(tokens, 'and');
  if (requirements.length > 1) return allOf(requirements.map((part) => evaluateCondition(part, typeCheckingNames)));
  const negations = tokens.findIndex((token) => !isToken(token, 'not'));
  if (negations > 0) return negate(evaluateCondition(tokens.slice(negations), typeCheckingNames), negations);
  const inner = withoutOuterBrackets(tokens);
  return inner.length < tokens.length ? evaluateCondition(inner, typeCheckingNames) : evaluateOperand(tokens, typeCheckingNames);
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

function negate(truth: Truth, times: number): Truth {
  if (times % 2 === 0 && truth !== 'main') return truth;
  if (truth === 'never') return 'always';
  return truth === 'always' ? 'never' : 'unknown';
}

function evaluateOperand(tokens: readonly Token[], typeCheckingNames: ReadonlySet<string>): Truth {
  const name = dottedName(tokens);
  if (name === 'False' || name === 'None') return 'never';
  if (name !== undefined && (typeCheckingNames.has(name) || name.endsWith('.TYPE_CHECKING'))) return 'never';
  if (name === 'True') return 'always';
  if (tokens.length === 1 && tokens[0]!.kind === 'number') return evaluateNumber(tokens[0]!.text);
  const texts = tokens.map((token) => token.text.replace(/^'(.*)'$/s, '"$1"'));
  return ['__name__ == "__main__"', '"__main__" == __name__'].includes(texts.join(' ')) ? 'main' : 'unknown';
}

function evaluateNumber(text: string): Truth {
  if (text === '0') return 'never';
  return text === '1' ? 'always' : 'unknown';
}

function splitAtLevel(tokens: readonly Token[], keyword: string): Token[][] {
  const parts: Token[][] = [];
  for (let at = 0; at <= tokens.length;) {
    const end = indexAtLevel(tokens, at, keyword);
    parts.push(tokens.slice(at, end));
    at = end + 1;
  }
  return parts;
}
