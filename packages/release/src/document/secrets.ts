import { findSecrets } from '../secrets/detect';
import { placeholderIn } from '../secrets/placeholder';
import { isSecretItself } from '../secrets/secret-name';
import type { DocumentPath } from './document';

/** Secrets that carry their maker's mark, shorter than those that their makers give out today. Entropy is not looked at here: ids and digests have it too. Repetitions before a match are bounded, or a long text would be searched in quadratic time. */
const MARKS: [RegExp, string][] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----/, 'a private key'],
  [/\bAKIA[0-9A-Z]{16}\b/, 'an AWS access key'],
  [/\b(?:ghp|gho|ghu|ghs|ghr)_[A-Za-z0-9]{30,}\b/, 'a GitHub token'],
  [/\bgithub_pat_[A-Za-z0-9_]{30,}\b/, 'a GitHub token'],
  [/\bglpat-[A-Za-z0-9_-]{20,}/, 'a GitLab token'],
  [/\bxox[abprs]-[A-Za-z0-9-]{10,}/, 'a Slack token'],
  [/\bsk-(?=[A-Za-z_-]{0,200}\d)(?:ant-|proj-)?[A-Za-z0-9_-]{20,}/, 'an API key'],
  [/\bAIza[A-Za-z0-9_-]{35}\b/, 'a Google API key'],
];

/** What stands for a password that comes from elsewhere (`$PASSWORD`, `{{ password }}`, `<FILL_ME>`, `***`) is none. */
const PASSWORD_URL = /\b[a-z][a-z0-9+.-]{0,30}:\/\/[^/\s:@]*:(?![$<{*%])[^/\s@]+@/i;

/** `host=db password=…`, `https://h/p?token=…`, `AccountName=a;AccountKey=…`. */
const SETTING = /(?:^|[\s;?&,])([A-Za-z][\w.-]{0,60})=(?:'([^']{1,500})'|"([^"]{1,500})"|([^\s;&'"]{1,500}))/g;

/** Where in plain data secrets stand that can be told by their look, or by a name inside of a text. The values themselves are never returned. */
export function secretsIn(value: unknown, path: DocumentPath = []): { path: DocumentPath; kind: string }[] {
  if (typeof value === 'string') {
    const kind = kindOf(value, path);
    return kind === undefined ? [] : [{ path, kind }];
  }
  if (Array.isArray(value)) return value.flatMap((item, index) => secretsIn(item, [...path, index]));
  if (value && typeof value === 'object') return Object.entries(value).flatMap(([key, item]) => secretsIn(item, [...path, key]));
  return [];
}

function kindOf(text: string, path: DocumentPath): string | undefined {
  const mark = MARKS.find(([pattern]) => pattern.test(text));
  if (mark) return mark[1];
  // A repository's URL has a problem of its own for this (url-with-password).
  const isRepository = path[path.length - 1] === 'repo' || path[0] === 'repos';
  if (!isRepository && PASSWORD_URL.test(text)) return 'a URL with a password';
  const found = findSecrets(text).find(({ rule }) => rule !== 'url-with-password');
  if (found) return `a secret (${found.rule})`;
  return insideOf(text);
}

/** A secret by the name that it has inside of a text: in JSON, in a connection string, in the query of a URL. */
function insideOf(text: string): string | undefined {
  if (/^\s*[[{]/.test(text)) {
    const found = namedSecret(parsed(text), []);
    return found && `JSON with a secret in ${found.join('.')}`;
  }
  for (const [, name, ...values] of text.matchAll(SETTING)) {
    const value = values.find((each) => each !== undefined)!;
    if (placeholderIn(value) === undefined && isSecretItself(name!, value)) return `a text with a secret in ${name!}`;
  }
  return undefined;
}

function namedSecret(value: unknown, path: string[]): string[] | undefined {
  if (typeof value === 'string') {
    const isSecret = placeholderIn(value) === undefined && isSecretItself(path.at(-1) ?? '', value);
    // JSON in JSON, and a mark in it.
    return isSecret || kindOf(value, path) !== undefined ? path : undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, item] of Object.entries(value)) {
    const found = namedSecret(item, [...path, Array.isArray(value) ? (path.at(-1) ?? key) : key]);
    if (found) return found;
  }
  return undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
