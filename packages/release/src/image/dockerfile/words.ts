import { LIMITS } from '../../problem/limits';

/** Removes the quotes from a word of a Dockerfile. */
export function unquoted(text: string): string {
  // Outside quotes, a backslash is matched together with the next character: otherwise each escaped quote would start a search for its end.
  return text.replace(
    /\\[^]|"((?:[^"\\]|\\[^])*)"|'([^']*)'/g,
    (whole, double?: string, single?: string) => double ?? single ?? (whole[0] === '\\' ? whole : ''),
  );
}

const MAX_LENGTH = LIMITS.expandedCharacters.max;

/** Whether `expand` stopped because its result would exceed the limit. */
export function isTooLong(expanded: string): boolean {
  return expanded.length > MAX_LENGTH;
}

/** Expands `$NAME`, `${NAME}`, `${NAME:-word}` and `${NAME:+word}` as Docker does, and removes quotes. `missing` gives the value of an unset variable. */
export function expand(text: string, scope: ReadonlyMap<string, string>, missing: (name: string) => string): string {
  let length = 0;
  const valueOf = (name: string, operator: string | undefined, word = ''): string => {
    const value = scope.get(name);
    if (operator === '-') return value || word;
    if (operator === '+') return value ? word : '';
    return value ?? missing(name);
  };
  return unquoted(
    text.replace(
      /'[^']*'|\\\$|\$(?:\{([A-Za-z_]\w*)(?::?([-+])([^}]{0,4096}))?\}|([A-Za-z_]\w*))/g,
      (whole, braced?: string, operator?: string, word?: string, bare?: string) => {
        const name = braced ?? bare;
        if (name === undefined) return whole.replace(/^\\/, '');
        if (length > MAX_LENGTH) return '';
        const value = valueOf(name, operator, word);
        length += value.length;
        return value;
      },
    ),
  );
}

/** Whether a source in the build context is, contains or may match the folder `bundles`. Variables that the stage does not set are empty, as in Docker. */
export function touchesBundles(source: string, scope: ReadonlyMap<string, string>): boolean {
  const parts = contextPath(source, scope);
  return parts !== undefined && (parts[0] === undefined || globMatches(parts[0], 'bundles'));
}

/** Whether a source names the folder `frontend`. The whole context does not: an image gets the frontend only if its Dockerfile says so. */
export function namesFrontend(source: string, scope: ReadonlyMap<string, string>): boolean {
  return contextPath(source, scope)?.[0] === 'frontend';
}

/** Whether a source is the file config.json of the build context. */
export function namesConfig(source: string, scope: ReadonlyMap<string, string>): boolean {
  return contextPath(source, scope)?.join('/') === 'config.json';
}

/** The parts of a source's path in the context: none for the whole context, undefined for a URL. */
function contextPath(source: string, scope: ReadonlyMap<string, string>): string[] | undefined {
  const path = expand(source, scope, () => '');
  if (/^[a-z][a-z0-9+.-]*:\/\/|^git@/i.test(path)) return undefined;
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts;
}

function globMatches(glob: string, name: string): boolean {
  // Merge consecutive stars: otherwise the regular expression would try every combination.
  const pattern = glob.replace(/\*+/g, '*').replace(/\\?[^]/g, (char) => {
    if (char === '*') return '.*';
    if (char === '?') return '.';
    return char === '[' || char === ']' ? char : char.slice(-1).replace(/[^\w[\]^-]/g, '\\$&');
  });
  try {
    return new RegExp(`^${pattern}$`).test(name);
  } catch {
    return false;
  }
}
