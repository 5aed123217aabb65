import { printable } from '@kdcube/release/internal';
import type { HttpResponse } from './types';

/** One entry of `errors` in an error response of the registry protocol. */
export interface RegistryError {
  code: string;
  message: string;
  /** More of the reason, where it is text: Nexus and Artifactory have the reason here, and only the code's name in `message`. */
  detail: string;
}

/** The errors of a response in the protocol's format; none for an HTML page or anything else. */
export function parseErrors(answer: HttpResponse): RegistryError[] {
  let json: unknown;
  try {
    json = JSON.parse(answer.body.toString('utf8'));
  } catch {
    return [];
  }
  const list = (json as { errors?: unknown } | null)?.errors;
  if (!Array.isArray(list)) return [];
  return list
    .slice(0, 5)
    .map((entry) => ({ code: asText(entry?.code), message: asText(entry?.message), detail: detailText(entry?.detail) }));
}

/** The whole text of a response, to search in. */
export function errorText(answer: HttpResponse): string {
  const errors = parseErrors(answer).map(({ code, message, detail }) => `${code} ${message} ${detail}`);
  return errors.length > 0 ? errors.join('\n') : answer.body.toString('utf8', 0, 4096);
}

/** Whether a web page came where the protocol speaks JSON: a proxy, a login page, or a host that is no registry. */
export function isHtml(answer: HttpResponse): boolean {
  return (
    /^text\/html\b/i.test(answer.headers['content-type'] ?? '') ||
    /^\s*<(!doctype|html)/i.test(answer.body.toString('latin1', 0, 64))
  );
}

/** Of a body, at most so much is looked at. A secret that is cut off before it is redacted would be printed in part. */
const MAX_TEXT = 65_536;

/** A response in one line for a message: status, then the registry's own text, without any of `secrets`. */
export function describeResponse(answer: HttpResponse, secrets: Iterable<string> = []): string {
  const errors = parseErrors(answer).flatMap((error) => describeError(error) || []);
  const body = () => redactSecrets(answer.body.toString('utf8', 0, MAX_TEXT), secrets);
  const text = isHtml(answer)
    ? redactSecrets(describePage(body()), secrets)
    : errors.length > 0
      ? redactSecrets(errors.join('; '), secrets)
      : body().trim();
  return `${answer.status}${text ? ` (${shorten(text)})` : ''}`;
}

function describeError({ code, message, detail }: RegistryError): string {
  const isRepeated = `${code} ${message}`.toLowerCase().includes(detail.toLowerCase());
  return [code, message, ...(isRepeated ? [] : [detail])].filter(Boolean).join(': ');
}

/** The title or the first heading of a web page: proxies put the reason there. */
function describePage(html: string): string {
  const title = ['title', 'h1', 'h2', 'p'].map((tag) => elementText(html, tag)).find((text) => text !== '');
  return title === undefined ? 'a web page' : `a web page: ${title}`;
}

/** The text of the first element with this tag, without the tags in it. */
function elementText(html: string, tag: string): string {
  const start = html.search(new RegExp(`<${tag}[\\s>]`, 'i'));
  if (start === -1) return '';
  const end = html.toLowerCase().indexOf(`</${tag}`, start);
  const inner = html.slice(html.indexOf('>', start) + 1, end === -1 ? start + 1000 : end);
  return inner
    .replace(/<[^<>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}

/** A `detail` that is text, or the texts in an object: Artifactory has `{"description": "…"}`. Scopes and lists of layers do not help a reader. */
function detailText(detail: unknown): string {
  if (typeof detail === 'string') return detail.trim();
  if (typeof detail !== 'object' || detail === null || Array.isArray(detail)) return '';
  const { description, message, reason, error } = detail as Record<string, unknown>;
  return asText([description, message, reason, error].find((value) => typeof value === 'string')).trim();
}

function redactSecrets(text: string, secrets: Iterable<string>): string {
  let result = text;
  // A very short secret would blank out half of the alphabet, and protects nothing.
  for (const secret of secrets) if (secret.length >= 4) result = result.replaceAll(secret, '…');
  return result;
}

/** Only after the secrets are redacted: half a secret would not be recognized. */
function shorten(text: string): string {
  return printable(text.length > 300 ? `${text.slice(0, 299)}…` : text);
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
