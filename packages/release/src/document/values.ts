import type { DocumentPath } from './document';
import { quoted } from '../problem/problem';
import { secretsIn } from './secrets';

/** What samples leave for a person to fill in. */
const PLACEHOLDERS: RegExp[] = [
  /<[A-Z][A-Z0-9_ -]*>/,
  /^(?:sk-(?:proj-|ant-)?|hf_)?\.{3}$/,
  /(?:^|[-_:/\s])\.\.\.$/,
  /\bYOUR[_-][A-Z]+/,
  /\b(?:your\.domain\.com|yourcompany(?:\.com)?|path\/to\/)/i,
  /^(?:REDACTED|TODO|TBD|X{3,12}|CHANGE[-_ ]?ME|REPLACE[-_ ]?ME|FILL[-_ ]?ME(?:[-_ ]?IN)?)$/i,
];

/** The part of a value that is a placeholder; undefined where there is none. Only what the samples' authors wrote can match, so it can be shown. */
export function placeholderIn(text: string): string | undefined {
  for (const pattern of PLACEHOLDERS) {
    const match = pattern.exec(text);
    if (match) return match[0];
  }
  return undefined;
}

/** Names that promise a secret. `KEY` alone does not: REDIS_KEYPREFIX and METRICS_KEYS are none. */
const SECRET_NAME =
  /(?:^|_)(?:PASSWORD|PASSWD|PASS|PWD|SECRET|TOKEN|CREDENTIALS?|API_?KEY|APIKEY|PRIVATE_KEY|ACCESS_KEY|CLIENTSECRET|AUTH_HEADER_VALUE)(?:_\d+)?$/;
/** Names of that look that hold none: cookies' and headers' names, paths, limits. */
const NO_SECRET_NAME = /(?:_NAME|_PATH|_FILE|_ENABLED|_TTL(?:_SECONDS)?|_HEADER|_COOKIE)$/;

export function isSecretName(name: string): boolean {
  const upper = name.toUpperCase();
  return SECRET_NAME.test(upper) && !NO_SECRET_NAME.test(upper);
}

/** Whether what stands at a place may be a secret, whatever it looks like: no message repeats it. */
export function isHidden(path: DocumentPath): boolean {
  return path.includes('secrets') || isSecretName(String(path[path.length - 1]));
}

/**
 * Whether a value looks drawn at random, as keys and tokens are: one long word of one alphabet with nearly as many bits to a character as chance gives.
 * Words, ids, paths, ARNs, digests (which say `sha256:`) and JSON are none: their parts are looked at one by one.
 */
export function looksRandom(text: string): boolean {
  // An AWS secret key has slashes, at which the words below end.
  const key = /(?<![\w/+=-])[A-Za-z0-9/+]{40}(?![\w/+=-])/.exec(text)?.[0];
  if (key && /[a-z]/.test(key) && /[A-Z]/.test(key) && /\d/.test(key) && entropy(key) > 4.3) return true;
  return text.split(/[\s"'`,;:=/\\@?&#(){}[\]<>|]+/).some((word, index, parts) => isRandomWord(word, parts[index - 1]));
}

function isRandomWord(word: string, before: string | undefined): boolean {
  if (before === 'sha256' || word.length < 20 || word.length > 500) return false;
  if (!/^[\w.+~-]+$/.test(word)) return false;
  // Words joined by dashes, dots and underscores are names; a UUID and a commit are ids.
  if (word.split(/[-_.~+]/).every((part) => part.length < 16)) return false;
  // An id of AWS: subnet-…, sg-…, fsap-….
  if (/^[a-z]+-[0-9a-f]{8,17}$/.test(word)) return false;
  if (/^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(word)) return false;
  const hex = /^[0-9a-f]+$/i.test(word);
  if (hex) return word.length >= 32 && word.length !== 40 && entropy(word.toLowerCase()) > 3.2;
  const kinds = [/[a-z]/, /[A-Z]/, /\d/].filter((kind) => kind.test(word)).length;
  return kinds >= 2 && /\d/.test(word) && entropy(word) > 3.7;
}

/** Shannon's, in bits a character. */
function entropy(text: string): number {
  const seen = new Map<string, number>();
  for (const char of text) seen.set(char, (seen.get(char) ?? 0) + 1);
  let bits = 0;
  for (const times of seen.values()) bits -= (times / text.length) * Math.log2(times / text.length);
  return bits;
}

/** Why no process can have this value in its environment; undefined where one can. */
export function valueFault(value: string): string | undefined {
  if (value.includes('\0')) return 'it holds a NUL, at which every program would end it';
  // A half of a pair is no character, and would be sent as another one.
  if (/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(value)) return 'it holds half of a character';
  return undefined;
}

/** Whether a text may be a secret, or has one in it, by its look. */
export function mayHoldSecret(value: unknown): boolean {
  return secretsIn(value).length > 0 || looksRandom(typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));
}

/** A word of a file in a message; a secret that slipped in there is not repeated. */
export function quotedWord(text: unknown): string {
  return mayHoldSecret(text) ? '"…"' : quoted(text);
}

/** Whether a value must not be shown: by its name, or by its look. */
export function isSecretValue(name: string, value: string): boolean {
  return value !== '' && (isSecretName(name) || looksRandom(value) || secretsIn(value).length > 0);
}
