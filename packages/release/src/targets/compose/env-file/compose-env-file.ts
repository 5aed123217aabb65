import { LIMITS } from '../../../problem/limits';
import { KdcubeError, quoted, type Place } from '../../../problem/problem';
import { interpolate, type Lookup, type OnUnset } from '../compose-file/compose-interpolate';
import { readStatement, type Statement } from './env-statement';

const NOTHING: Lookup = () => undefined;
const MAX_TOTAL = LIMITS.expandedTotal.max;

/**
 * An env_file as compose reads it (the statements: env-statement.ts). `${…}` outside of single quotes is looked up in `outer`, then in the lines above. A name without a value gets that of `outer`. Throws for what compose rejects.
 */
export function readEnvFile(
  text: string,
  outer: Lookup = NOTHING,
  unset: OnUnset = () => {},
  file = '.env',
): Record<string, string> {
  requireSize(text, file);
  const source = text.replace(/^\uFEFF/, '');
  const env: Record<string, string> = {};
  const lookup: Lookup = (name) => outer(name) ?? (Object.hasOwn(env, name) ? env[name] : undefined);
  let length = 0;
  let offset = 0;
  // Continued, not counted from the start for each statement.
  let line = 1;
  let counted = 0;
  for (;;) {
    const statement = readStatement(source, offset);
    if (statement === undefined) return env;
    for (; counted < statement.start; counted += 1) if (source[counted] === '\n') line += 1;
    const at = { file, line };
    if ('fault' in statement) throw invalid(`${file} is not an env file: ${statement.fault}.`, at);
    const value = placed(at, () => valueOf(statement, lookup, unset, outer));
    if (value !== undefined) {
      Object.defineProperty(env, statement.name, { value, enumerable: true, configurable: true, writable: true });
      length += value.length;
      if (length > MAX_TOTAL) {
        const message = `With its variables filled in, ${file} has more than ${MAX_TOTAL} characters.`;
        throw new KdcubeError({ code: 'limit-exceeded', message, hint: 'shorter values', at });
      }
    }
    offset = statement.end;
  }
}

/** Undefined: the name has no value, and `outer` has none for it. */
function valueOf({ name, quote, text }: Statement, lookup: Lookup, unset: OnUnset, outer: Lookup): string | undefined {
  if (text === undefined) return outer(name);
  if (quote === "'") return text;
  const value = interpolate(quote === '"' ? unescaped(text) : text, lookup, unset);
  if (value === undefined)
    throw new KdcubeError({
      code: 'wrong-value',
      message: `The value of ${quoted(name)} has a "\${" that does not start a variable of compose.`,
      hint: `single quotes: ${name}='…'`,
    });
  return value;
}

function invalid(message: string, at: Place): KdcubeError {
  return new KdcubeError({ code: 'wrong-value', message, hint: 'NAME=value', at });
}

function requireSize(text: string, file: string): void {
  const bytes = new TextEncoder().encode(text).byteLength;
  if (bytes <= LIMITS.envFileBytes.max) return;
  const message = `${file} has ${bytes} bytes. At most ${LIMITS.envFileBytes.max} are read.`;
  throw new KdcubeError({ code: 'file-too-large', message, at: { file } });
}

function placed<T>(at: Place, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof KdcubeError ? new KdcubeError(error.problems.map((problem) => ({ ...problem, at }))) : error;
  }
}

/** A file of `format: raw`: no quotes, no variables. */
export function readRawEnvFile(text: string, file = '.env'): Record<string, string> {
  requireSize(text, file);
  return Object.fromEntries(
    [...text.replace(/^\uFEFF/, '').matchAll(/^[ \t]*([^\s=#]+)=([^\r\n]*)$/gm)].map(([, name, value]) => [name!, value!]),
  );
}

const ESCAPES: Record<string, string> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  $: '$$',
  '"': '"',
  '\\': '\\',
};

/** The escapes of double quotes. Octal ones need three digits; all others stay as they are. */
function unescaped(text: string): string {
  return text.replace(/\\(?:0(\d{0,3})|([abcfnrtv$"\\]))/g, (all, octal: string | undefined, char: string) => {
    if (octal === undefined) return ESCAPES[char] ?? all;
    return /^[0-3][0-7]{2}$/.test(octal) ? String.fromCharCode(parseInt(octal, 8)) : all;
  });
}
