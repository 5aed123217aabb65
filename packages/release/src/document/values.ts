import type { DocumentPath } from './document';
import { quoted } from '../problem/problem';
import { secretsIn } from './secrets';
import { looksRandom } from '../secrets/random';
import { isSecretName } from '../secrets/secret-name';

/** Whether what stands at a place may be a secret, whatever it looks like: no message repeats it. */
export function isHidden(path: DocumentPath): boolean {
  return path.includes('secrets') || isSecretName(String(path[path.length - 1]));
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
