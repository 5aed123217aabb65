import type { DocumentPath } from './document';

/** Secrets that carry their maker's mark. Entropy is not looked at here: ids and digests have it too. Repetitions before a match are bounded, or a long text would be searched in quadratic time. */
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

/** Where in plain data secrets stand that can be told by their look. The values themselves are never returned. */
export function secretsIn(value: unknown, path: DocumentPath = []): { path: DocumentPath; kind: string }[] {
  if (typeof value === 'string') {
    const mark = MARKS.find(([pattern]) => pattern.test(value));
    if (mark) return [{ path, kind: mark[1] }];
    // A repository's URL has a problem of its own for this (url-with-password).
    const repository = path[path.length - 1] === 'repo' || path[0] === 'repos';
    return !repository && PASSWORD_URL.test(value) ? [{ path, kind: 'a URL with a password' }] : [];
  }
  if (Array.isArray(value)) return value.flatMap((item, index) => secretsIn(item, [...path, index]));
  if (value && typeof value === 'object') return Object.entries(value).flatMap(([key, item]) => secretsIn(item, [...path, key]));
  return [];
}
