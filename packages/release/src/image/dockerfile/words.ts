/** A word of a Dockerfile, unquoted. */
export function unquoted(text: string): string {
  return text.replace(/"((?:[^"\\]|\\[^])*)"|'([^']*)'/g, (_, double?: string, single?: string) => double ?? single ?? '');
}

/** Expands `$NAME`, `${NAME}`, `${NAME:-word}` and `${NAME:+word}` as Docker does, and removes quotes. `missing` gives the value of an unset variable. */
export function expand(text: string, scope: ReadonlyMap<string, string>, missing: (name: string) => string): string {
  return unquoted(
    text.replace(
      /'[^']*'|\\\$|\$(?:\{([A-Za-z_]\w*)(?::?([-+])([^}]*))?\}|([A-Za-z_]\w*))/g,
      (whole, braced?: string, operator?: string, word?: string, bare?: string) => {
        const name = braced ?? bare;
        if (name === undefined) return whole.replace(/^\\/, '');
        const value = scope.get(name);
        if (operator === '-') return value || (word ?? '');
        if (operator === '+') return value ? (word ?? '') : '';
        return value ?? missing(name);
      },
    ),
  );
}

/** Whether a source in the build context is, contains or may match the folder `bundles`. Variables that the stage does not set are empty, as in Docker. */
export function touchesBundles(source: string, scope: ReadonlyMap<string, string>): boolean {
  const path = expand(source, scope, () => '');
  if (/^[a-z][a-z0-9+.-]*:\/\/|^git@/i.test(path)) return false;
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts[0] === undefined || globMatches(parts[0], 'bundles');
}

function globMatches(glob: string, name: string): boolean {
  const pattern = glob.replace(/\\?[^]/g, (char) => {
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
