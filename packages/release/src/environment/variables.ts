import type { Problem } from '../problem/problem';
import { LIMITS } from '../problem/limits';
import { quoted } from '../problem/problem';
import type { DocumentPath } from '../document/document';
import { isMapping } from '../document/layers';

const MAX_LENGTH = LIMITS.filledCharacters.max;

const REFERENCE = /\$\$\{|\$\{([^}]*)\}?/g;

export interface Filled {
  value: unknown;
  problems: { problem: Omit<Problem, 'at'>; path: DocumentPath }[];
}

/**
 * Replaces each `${name}` by the variable of this name in the environment's `vars:`. Environment variables of the machine are never used: a
 * name that `vars:` does not define is a problem, not an empty text. `$${` gives a plain `${`, for values with variables that the deployed
 * program replaces. `abstract`: the file is only extended, and the file that extends it may define more variables; undefined ones become
 * placeholders.
 */
export function fillVariables(root: unknown, abstract = false): Filled {
  const vars = isMapping(root) && isMapping(root.vars) ? root.vars : {};
  const names = Object.keys(vars).slice(0, 5);
  const problems: Filled['problems'] = [];
  let length = 0;
  const fill = (text: string, path: DocumentPath): string => {
    // A long variable that is used often could exhaust the memory.
    if (length > MAX_LENGTH) return text;
    const filled = replaced(text, path);
    length += filled.length;
    if (length > MAX_LENGTH) problems.push({ path, problem: tooLong() });
    return filled;
  };
  const replaced = (text: string, path: DocumentPath): string =>
    text.replace(REFERENCE, (found, name: string | undefined) => {
      if (name === undefined) return '${';
      if (!found.endsWith('}')) {
        problems.push({
          path,
          problem: { code: 'unknown-variable', message: 'The "${" here has no closing "}".', hint: '$${ for a plain ${' },
        });
        return found;
      }
      const value = Object.hasOwn(vars, name) ? vars[name] : undefined;
      if (typeof value === 'string') return value;
      if (abstract) return 'x';
      problems.push({ path, problem: unknown(name, names) });
      return found;
    });
  const walk = (value: unknown, path: DocumentPath): unknown => {
    if (typeof value === 'string') return fill(value, path);
    if (Array.isArray(value)) return value.map((item, index) => walk(item, [...path, index]));
    if (!isMapping(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, path.length === 0 && key === 'vars' ? item : walk(item, [...path, key])]),
    );
  };
  for (const [name, value] of Object.entries(vars)) {
    if (typeof value === 'string' && value.includes('${'))
      problems.push({
        path: ['vars', name],
        problem: {
          code: 'unknown-variable',
          message: 'A variable in vars cannot refer to another variable.',
          hint: 'write the text itself; $${ for a plain ${',
        },
      });
  }
  return { value: walk(root, []), problems };
}

function tooLong(): Omit<Problem, 'at'> {
  return {
    code: 'limit-exceeded',
    message: `With its variables filled in, this environment has more than ${MAX_LENGTH} characters here.`,
    hint: 'a shorter value in vars:',
  };
}

function unknown(name: string, names: string[]): Omit<Problem, 'at'> {
  return {
    code: 'unknown-variable',
    message: `${quoted(name)} is not defined in vars. Only what the environment itself defines is replaced, so that it means the same on every machine.`,
    hint:
      names.length > 0
        ? `one of ${names.join(', ')}; or $\${ for a plain \${`
        : `vars:\n  ${/^\w+$/.test(name) ? name : 'name'}: "…"`,
  };
}
