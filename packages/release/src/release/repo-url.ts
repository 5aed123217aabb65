import type { Problem } from '../problem/problem';
import { isLoopback, shownUrl } from './refs';

/** The location of a repository: a URL, or a bare name that the `repos:` map or the workspace's own remote resolves. */
export type RepoPlace = { kind: 'url'; url: string } | { kind: 'name'; name: string };

type Finding = Pick<Problem, 'code' | 'message' | 'hint'>;

/** Why a URL is rejected, and a hint. */
type Refusal = readonly [why: string, hint?: string];

const TRANSPORTS = 'use ssh://, https:// or file://';

/**
 * Parses a repository as written in release.yaml. Only ssh, https and file: git's other transports can run programs. One grammar, narrower
 * than that of git, curl, ssh, a shell and URL libraries: it rejects whatever two of them may parse differently.
 */
export function parseRepo(text: string): RepoPlace | Finding {
  if (isBareName(text)) return { kind: 'name', name: text };
  const refusal = refuseCharacters(text) ?? refuseForm(text);
  if (refusal === undefined) return { kind: 'url', url: text };
  if (refusal === 'secret') {
    return {
      code: 'url-with-password',
      message: `${shownUrl(text)} carries a user name or a secret, and release.yaml is for everybody to read.`,
      hint: 'use a git credential helper, or ssh',
    };
  }
  const [why, hint] = refusal;
  return { code: 'unsafe-url', message: `${shownUrl(text)} is not a repository URL that a release can use: ${why}.`, hint };
}

function isBareName(text: string): boolean {
  return text.length <= 1000 && /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(text);
}

function refuseCharacters(text: string): Refusal | undefined {
  if (text === '' || /[\p{Z}\p{C}]/u.test(text))
    return ['it is empty, or holds a space, a control character or an invisible one'];
  if (text.length > 1000) return ['it is too long'];
  if (text.startsWith('-')) return ['it starts with a dash, which git takes for an option'];
  return undefined;
}

/** `user@host:path`, the ssh form of scp and git. */
const SCP = /^(?:([^@:/]*)@)?([^@:/[\]]*):(?!\/\/)([^:@]*)$/;

function refuseForm(text: string): Refusal | 'secret' | undefined {
  if (/^[A-Za-z0-9+.-]+::/.test(text)) return ['a remote helper would run a program', TRANSPORTS];
  if (/^[A-Za-z]:[\\/]/.test(text)) return ['it is a path on one machine', 'file:///C:/absolute/path'];
  if (/^(?:https?|ssh|file|git):(?!\/\/)/i.test(text)) return ['two slashes are missing after the colon'];
  if (/^(?:\/|\.\.?\/|~)/.test(text)) return ['it is a path on one machine', 'file:///absolute/path'];
  const [, user, host, path] = SCP.exec(text) ?? [];
  if (host !== undefined && path !== undefined) {
    if (user === undefined && host.length === 1) return ['a letter and a colon are a drive on Windows', `ssh://${host}/path`];
    if (path === '' || path.startsWith('-')) return ['its path is empty or starts with a dash'];
    return refuseUser(user) ?? refuseHost(host) ?? refusePath(path.replace(/^\//, ''), 'ssh');
  }
  return refuseUrl(text);
}

function refuseUrl(text: string): Refusal | 'secret' | undefined {
  const [, scheme, authority = '', path = ''] = /^([^:/]+):\/\/([^/]*)(.*)$/.exec(text) ?? [];
  if (scheme === undefined)
    return ['it is neither a URL nor a name', 'such as git@github.com:org/repo.git, or a name from the repos: map'];
  if (!['ssh', 'https', 'http', 'file'].includes(scheme)) {
    const lower = /^(?:ssh|https?|file)$/i.test(scheme) ? `${scheme.toLowerCase()}://` : undefined;
    return [`${scheme}:// is not a transport it may use`, lower ? `write ${lower} in lower case` : TRANSPORTS];
  }
  if (scheme === 'file') {
    if (authority !== '') return ['a file URL has no host', 'file:///absolute/path'];
    return path === '' ? ['its path is empty'] : refusePath(path.slice(1), scheme);
  }
  const [, user, secret, host, port] = /^(?:([^@:]*)(:[^@]*)?@)?([^@:[\]]*|\[[^\]]*\])(?::(.*))?$/.exec(authority) ?? [];
  if (/[\\?#]/.test(authority) || host === undefined) return ['its host, port or user name is not written in the usual way'];
  if (secret || (user && scheme !== 'ssh')) return 'secret';
  if (port !== undefined && !isPort(port)) return ['its port is not a number from 1 to 65535'];
  const refusal = refuseUser(user) ?? refuseHost(host) ?? refusePath(path.slice(1), scheme);
  if (refusal) return refusal;
  if (scheme === 'http' && !isLoopback(host))
    return ['plain http can be changed on its way', shownUrl(text).replace(/^http:/, 'https:')];
  return undefined;
}

function isPort(text: string): boolean {
  return /^[1-9][0-9]{0,4}$/.test(text) && Number(text) <= 65_535;
}

const DASH: Refusal = ['a part of it starts with a dash, which git takes for an option'];

function startsWithDash(part: string | undefined): boolean {
  return part !== undefined && /^(?:-|%2d)/i.test(part);
}

function refuseUser(user: string | undefined): Refusal | undefined {
  if (startsWithDash(user)) return DASH;
  if (user === undefined || /^[A-Za-z0-9_][A-Za-z0-9._+-]*$/.test(user)) return undefined;
  return ['its user name is empty, starts with a dot, or has other characters than letters, digits and . _ + -'];
}

const LABEL = /^[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?$/;

function refuseHost(host: string): Refusal | undefined {
  if (startsWithDash(host)) return DASH;
  if (host.startsWith('[')) {
    const isAddress = /^\[[0-9A-Fa-f:.]+\]$/.test(host) && URL.canParse(`http://${host}/`);
    return isAddress ? undefined : ['its IPv6 address is not valid, or has a zone'];
  }
  if (/[^\u0000-\u007f]/.test(host))
    return ['its host has characters that are not ASCII', 'write the host as xn--…, as DNS does'];
  const labels = host.split('.');
  if (host.length > 253 || !labels.every((label) => label.length <= 63 && LABEL.test(label)))
    return ['its host is empty, or is not made of letters, digits, dots and inner dashes'];
  // Some parsers read 127.1, 0x7f000001 and 0177.0.0.1 as addresses, others as names.
  const isNumeric = /^(?:[0-9]+|0x[0-9a-f]*)$/i.test(labels.at(-1)!);
  if (isNumeric && !/^(?:(?:0|[1-9][0-9]?|1[0-9]{2}|2[0-4][0-9]|25[0-5])(?:\.(?!$)|$)){4}$/.test(host))
    return ['its host is a number, and not an address of four decimal parts'];
  return undefined;
}

/** Other characters are rejected in every path: a shell, a URL parser or Windows may interpret them. */
const PATH = /^[\p{L}\p{M}\p{N}._~/+@,:=-]*$/u;

/** The path without its first slash. */
function refusePath(path: string, scheme: string): Refusal | undefined {
  const decoded = decodePath(path);
  if (decoded === undefined) return ['it holds an escape (%) that is no plain character'];
  if (/[?#]/.test(path)) return ['it has a query or a fragment, which no git server needs and where tokens stand'];
  if (startsWithDash(path)) return DASH;
  if (!PATH.test(decoded) || isLookalike(decoded))
    return ['its path has characters that shells or other programs read differently, such as $ ; & | \\ or quotes'];
  // Folders of CI jobs have an @ (job@2); elsewhere, the text before it could be parsed as a user name.
  if (scheme !== 'file' && decoded.includes('@')) return ['it has an @ after the host'];
  if (decoded.startsWith('/') || decoded.includes('//')) return ['its path has an empty part (//)'];
  if (decoded.split('/').some((part) => part === '.' || part === '..')) return ['its path has a part . or ..'];
  return undefined;
}

/** Escapes are allowed only for a space, a bracket, & or a non-ASCII letter; everything else must be written literally. */
function decodePath(path: string): string | undefined {
  const without = path.replaceAll(/%(?:20|26|28|29)/g, '_');
  if (/%(?![89A-Fa-f][0-9A-Fa-f])/.test(without)) return undefined;
  try {
    return decodeURIComponent(without);
  } catch {
    return undefined;
  }
}

/** Whether Unicode normalization turns a character into an ASCII one: ／ becomes a slash. */
function isLookalike(text: string): boolean {
  return [...text].some((character) => character > '\u007f' && /[\u0000-\u007f]/.test(character.normalize('NFKC')));
}
