export type Mapping = Record<string, unknown>;

export function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Merges a service of another file by compose's rules: mappings are merged, lists are joined, volumes, variables and env files are replaced by name, commands are replaced. */
export function mergedService(base: Mapping, over: Mapping): Mapping {
  const merged: Mapping = { ...base };
  for (const [key, value] of Object.entries(over)) merged[key] = key in base ? mergedKey(key, base[key], value) : value;
  return merged;
}

function mergedKey(key: string, base: unknown, over: unknown): unknown {
  if (key === 'command' || key === 'entrypoint' || key === 'test') return over;
  if (over === null) return base;
  if (key === 'environment') return variableLines({ ...environmentOf(base), ...environmentOf(over) });
  if (key === 'env_file')
    return uniqueBy([...listOf(base), ...listOf(over)], (entry) => (isMapping(entry) ? entry.written : entry));
  if (key === 'volumes') return uniqueBy([...listOf(base), ...listOf(over)], targetOf);
  if (isMapping(base) && isMapping(over)) return mergedService(base, over);
  return Array.isArray(base) && Array.isArray(over) ? [...(base as unknown[]), ...(over as unknown[])] : over;
}

/** The last of each name, at the place of the first. */
function uniqueBy(list: readonly unknown[], nameOf: (item: unknown) => unknown): unknown[] {
  return [...new Map(list.map((item) => [nameOf(item), item])).values()];
}

/** A copy without the values at these paths, which a later file resets or overrides. */
export function withoutPaths(root: Mapping, paths: readonly (readonly (string | number)[])[]): Mapping {
  const copy = structuredClone(root);
  for (const path of paths) {
    const last = path[path.length - 1];
    const parent = path.slice(0, -1).reduce<unknown>((part, key) => (isMapping(part) ? part[key] : undefined), copy);
    if (isMapping(parent) && last !== undefined) delete parent[last];
  }
  return copy;
}

/** The variables of a list or a mapping; null: the value of the shell. */
export function environmentOf(value: unknown): Record<string, string | null> {
  if (isMapping(value))
    return Object.fromEntries(
      Object.entries(value).flatMap(([name, text]) =>
        typeof text === 'object' && text !== null ? [] : [[name, text === null ? null : String(text)]],
      ),
    ) as Record<string, string | null>;
  return Object.fromEntries(
    listOf(value).flatMap((line): [string, string | null][] => {
      if (typeof line !== 'string') return [];
      const end = line.indexOf('=');
      return [end < 0 ? [line, null] : [line.slice(0, end), line.slice(end + 1)]];
    }),
  );
}

/** What compose merges is a list from then on, of which `!reset` cannot take single variables away. */
function variableLines(variables: Record<string, string | null>): string[] {
  return Object.entries(variables).map(([name, value]) => (value === null ? name : `${name}=${value}`));
}

export function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : value === undefined || value === null ? [] : [value];
}

function targetOf(volume: unknown): unknown {
  if (typeof volume === 'string') return volumeOf(volume)?.target ?? volume;
  return isMapping(volume) ? volume.target : volume;
}

export interface ComposeVolume {
  /** Undefined: an anonymous volume. A path, or a volume's name. */
  source?: string;
  target: string;
  options: string[];
}

/** `source:target:options`; a drive's letter of Windows is part of a path. */
export function volumeOf(text: string): ComposeVolume | undefined {
  const parts = /^(?:((?:[A-Za-z]:[\\/])?[^:]+):)?(\/[^:]*)(?::([^:]*))?$/.exec(text);
  if (!parts) return undefined;
  const [, source, target = '', options] = parts;
  return { ...(source !== undefined && { source }), target, options: options === undefined ? [] : options.split(',') };
}
