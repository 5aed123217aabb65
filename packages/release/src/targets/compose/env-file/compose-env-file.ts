import { LIMITS } from '../../../problem/limits';
import { KdcubeError, type Place } from '../../../problem/problem';
import { interpolate, type Lookup } from '../compose-file/compose-interpolate';

const NOTHING: Lookup = () => undefined;

/**
 * An env_file as compose reads it: quotes, comments after a space, several lines between quotes; `${…}` outside of single quotes is looked up in `outer`, then in the lines above. A name without a value gets that of `outer`.
 */
export function readEnvFile(
  text: string,
  outer: Lookup = NOTHING,
  unset: (name: string) => void = () => {},
  file = '.env',
): Record<string, string> {
  requireSize(text, file);
  let length = 0;
  const env: Record<string, string> = {};
  const lookup: Lookup = (name) => outer(name) ?? (Object.hasOwn(env, name) ? env[name] : undefined);
  const set = (name: string, value: string) => {
    Object.defineProperty(env, name, { value, enumerable: true, configurable: true, writable: true });
    length += value.length;
    if (length <= MAX_TOTAL) return;
    const message = `With its variables filled in, ${file} has more than ${MAX_TOTAL} characters.`;
    throw new KdcubeError({ code: 'limit-exceeded', message, hint: 'shorter values' });
  };
  const entry =
    /^[ \t]*(?:export[ \t]+)?([^\s=#:'"]+)[ \t]*(?:[=:][ \t]*(?:'((?:[^'])*)'|"((?:[^"\\]|\\[\s\S])*)"|([^\r\n]*))[^\r\n]*)?$/gm;
  const read = ([line, name, single, double, bare]: RegExpExecArray): void => {
    if (single !== undefined) set(name!, single);
    else if (double !== undefined) {
      const plain = unescaped(double);
      set(name!, interpolate(plain, lookup, unset) ?? plain);
    } else if (/[=:]/.test(line)) {
      const plain = (bare ?? '').replace(/(?:^|[ \t])#.*$/, '').trim();
      set(name!, interpolate(plain, lookup, unset) ?? plain);
    } else {
      const value = outer(name!);
      if (value !== undefined) set(name!, value);
    }
  };
  for (const found of text.matchAll(entry)) {
    try {
      read(found);
    } catch (error) {
      throw atLine(error, { file, line: text.slice(0, found.index).split('\n').length });
    }
  }
  return env;
}

const MAX_TOTAL = LIMITS.expandedTotal.max;

function requireSize(text: string, file: string): void {
  const bytes = new TextEncoder().encode(text).byteLength;
  if (bytes <= LIMITS.envFileBytes.max) return;
  const message = `${file} has ${bytes} bytes. At most ${LIMITS.envFileBytes.max} are read.`;
  throw new KdcubeError({ code: 'file-too-large', message, at: { file } });
}

function atLine(error: unknown, at: Place): unknown {
  return error instanceof KdcubeError ? new KdcubeError(error.problems.map((problem) => ({ ...problem, at }))) : error;
}

/** A file of `format: raw`: no quotes, no variables. */
export function readRawEnvFile(text: string, file = '.env'): Record<string, string> {
  requireSize(text, file);
  return Object.fromEntries([...text.matchAll(/^[ \t]*([^\s=#]+)=([^\r\n]*)$/gm)].map(([, name, value]) => [name!, value!]));
}

function unescaped(text: string): string {
  return text.replace(
    /\\([\s\S])/g,
    (all, char: string) => ({ n: '\n', r: '\r', t: '\t', $: '$$', '"': '"', '\\': '\\' })[char] ?? all,
  );
}
