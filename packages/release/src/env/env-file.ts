import type { Env } from './settings';

/**
 * Variables as an env_file of compose: in single quotes, where nothing is expanded and line breaks are allowed; a value with a single quote is in double
 * quotes, with everything that they expand escaped. Only for compose: ECS gets the values as they are.
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
