import type { Env } from './settings';

/**
 * An environment as compose's env_file: between single quotes nothing is expanded and lines may end; where the value has a single quote itself, double
 * quotes with what they expand escaped. One reader's form only: ECS is given the values as they are.
 */
export function envFile(env: Env): string {
  return Object.entries(env)
    .map(([name, value]) => `${name}=${quotedValue(value)}\n`)
    .join('');
}

function quotedValue(value: string): string {
  if (/^[\w./:@,+-]*$/.test(value)) return value;
  // A backslash before the closing quote would escape it.
  if (!/['\r]/.test(value) && !value.endsWith('\\')) return `'${value}'`;
  const escaped = value
    .replace(/[\\"$]/g, (char) => `\\${char}`)
    .replace(/\n/g, '\\n')
    .replace(/\r/g, '\\r');
  return `"${escaped}"`;
}
