import { dottedName, indexAtLevel, isToken, type Token } from '../python/tokens';
import { walkStatements } from '../python/python';
import { readBundle, runtimeFiles, statementsOf } from './layout';

/** A function of a bundle that the platform runs in an environment of its own, where it installs packages (`@venv`, kdcube/kdcube 0a2b187f1, infra/plugin/bundle_loader.py). */
export interface Venv {
  file: string;
  line: number;
  /** The path in the bundle of the file that lists the packages; undefined if it is computed. */
  requirements: string | undefined;
}

/** A string without escapes and without parts that are computed. */
const PLAIN_STRING = /^[uU]?(['"])([^'"\\\n{}]*)\1$/;
const DEFAULT_REQUIREMENTS = 'requirements.txt';

/** Every `@venv(…)` of a bundle, as far as its files can be read. `files`: its Python files, by path. */
export function findVenvs(files: ReadonlyMap<string, string>, at: { id: string; folder: string }): Venv[] {
  const bundle = readBundle(files, at);
  return runtimeFiles(bundle)
    .filter((file) => bundle.files.get(file)!.includes('venv'))
    .flatMap((file) =>
      [...walkStatements(statementsOf(bundle, file) ?? [])].flatMap(({ decorators }) =>
        decorators.flatMap(({ tokens, line }) => {
          const open = tokens.findIndex((token) => isToken(token, '('));
          const name = dottedName(tokens.slice(0, open === -1 ? tokens.length : open));
          if (open === -1 || name === undefined || name.split('.').at(-1) !== 'venv') return [];
          return [{ file, line, requirements: requirementsOf(tokens.slice(open + 1, -1)) }];
        }),
      ),
    );
}

/** The value of `requirements=`. All arguments are keywords. */
function requirementsOf(tokens: readonly Token[]): string | undefined {
  for (let at = 0; at < tokens.length;) {
    const end = indexAtLevel(tokens, at, ',');
    if (isToken(tokens[at], 'requirements') && isToken(tokens[at + 1], '=')) {
      const [value, ...more] = tokens.slice(at + 2, end);
      const text = more.length === 0 && value?.kind === 'string' ? PLAIN_STRING.exec(value.text)?.[2] : undefined;
      return text === undefined ? undefined : text.trim() || DEFAULT_REQUIREMENTS;
    }
    // `**options`
    if (isToken(tokens[at], '**')) return undefined;
    at = end + 1;
  }
  return DEFAULT_REQUIREMENTS;
}
