import { interpolate, type Lookup } from '../compose-file/compose-interpolate';

const NOTHING: Lookup = () => undefined;

/**
 * An env_file as compose reads it: quotes, comments after a space, several lines between quotes; `${…}` outside of single quotes by `outer`, then by what stands above. A name alone is `outer`'s.
 */
export function readEnvFile(
  text: string,
  outer: Lookup = NOTHING,
  unset: (name: string) => void = () => {},
): Record<string, string> {
  const env: Record<string, string> = {};
  const lookup: Lookup = (name) => outer(name) ?? (Object.hasOwn(env, name) ? env[name] : undefined);
  const set = (name: string, value: string) =>
    Object.defineProperty(env, name, { value, enumerable: true, configurable: true, writable: true });
  const entry =
    /^[ \t]*(?:export[ \t]+)?([^\s=#:'"]+)[ \t]*(?:[=:][ \t]*(?:'((?:[^'])*)'|"((?:[^"\\]|\\[\s\S])*)"|([^\r\n]*))[^\r\n]*)?$/gm;
  for (const [line, name, single, double, bare] of text.matchAll(entry)) {
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
  }
  return env;
}

/** A file of `format: raw`: no quotes, no variables. */
export function readRawEnvFile(text: string): Record<string, string> {
  return Object.fromEntries([...text.matchAll(/^[ \t]*([^\s=#]+)=([^\r\n]*)$/gm)].map(([, name, value]) => [name!, value!]));
}

function unescaped(text: string): string {
  return text.replace(
    /\\([\s\S])/g,
    (all, char: string) => ({ n: '\n', r: '\r', t: '\t', $: '$$', '"': '"', '\\': '\\' })[char] ?? all,
  );
}
