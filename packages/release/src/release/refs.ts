import type { Problem } from '../problem/problem';
import { quoted } from '../problem/problem';

/** A full commit id: SHA-1 or SHA-256. */
export function isCommit(text: string): boolean {
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text);
}

type Finding = Pick<Problem, 'code' | 'message' | 'hint'>;

/** Common branch names. Only the remote knows for certain; this check works offline. */
const BRANCH_NAMES = new Set([
  'HEAD',
  'FETCH_HEAD',
  'ORIG_HEAD',
  'main',
  'master',
  'trunk',
  'develop',
  'development',
  'dev',
  'devel',
  'staging',
  'production',
  'latest',
  'next',
  'nightly',
]);

/** The problem of a git ref as a pin, if any. The safety rules are those of git (git-check-ref-format), plus no leading dash. */
export function refProblem(ref: string): Finding | undefined {
  const why = unsafeRef(ref);
  if (why)
    return {
      code: 'unsafe-ref',
      message: `${quoted(ref)} is not a git ref: ${why}.`,
      hint: 'name a tag such as v1.2.0, or a full commit id',
    };
  if (isCommit(ref)) return undefined;
  if (BRANCH_NAMES.has(ref) || ref.startsWith('refs/heads/') || ref.startsWith('refs/remotes/')) {
    return {
      code: 'mutable-ref',
      message: `${quoted(ref)} is a branch. A release pins a tag or a commit, so that it means the same tomorrow.`,
    };
  }
  return undefined;
}

/** Whether git would interpret the ref as a branch by its name alone. */
export function looksFloating(ref: string): boolean {
  return refProblem(ref)?.code === 'mutable-ref';
}

function unsafeRef(ref: string): string | undefined {
  if (ref === '') return 'it is empty';
  if (ref.length > 250) return `it has ${ref.length} characters (at most 250)`;
  if (ref.startsWith('-')) return 'it starts with a dash, which git takes for an option';
  if (/[\u0000-\u0020\u007f~^:?*[\\]/.test(ref)) return 'it holds a space, a control character or one of ~ ^ : ? * [ \\';
  if (ref.includes('..') || ref.includes('@{') || ref.includes('//') || ref === '@') return 'it holds "..", "//" or "@{"';
  if (ref.startsWith('/') || ref.endsWith('/') || ref.endsWith('.')) return 'it starts or ends with "/" or ends with "."';
  if (ref.split('/').some((part) => part.startsWith('.') || part.endsWith('.lock')))
    return 'a part of it starts with "." or ends with ".lock"';
  return undefined;
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
}

/** `user@host:path`, as scp and git write ssh. */
const SCP = /^(?:[A-Za-z0-9._][A-Za-z0-9._-]*@)?[A-Za-z0-9][A-Za-z0-9.-]*:(?!\/\/)([^:@]*)$/;

/**
 * A repository's URL for messages: truncated if it is long, without a password, without the user information of http(s) URLs, and without a
 * query. In a text that is no URL, everything before the last `@` is removed. If an `@` follows a `?` or `#`, it may belong to a password
 * or to a query: only the scheme is shown.
 */
export function shownUrl(url: string): string {
  if (/[?#][^]*@/.test(url)) return `${/^[a-z][a-z0-9+.-]*:\/\//i.exec(url)?.[0] ?? ''}…`;
  const plain = url.replace(/[?#][^]*$/, '');
  if (SCP.test(plain)) return quoted(plain).slice(1, -1);
  const bare = withoutSecrets(plain);
  const [, scheme = '', rest = ''] = /^([a-z][a-z0-9+.-]*:\/\/)?([^]*)$/i.exec(bare)!;
  const trusted = /^ssh:/i.test(scheme) && /^[^:@/]*@[^@]*$/.test(rest);
  return quoted(trusted || !rest.includes('@') ? bare : `${scheme}…@${rest.slice(rest.lastIndexOf('@') + 1)}`).slice(1, -1);
}

/** Removes user information: all of it from http(s), only the password from ssh (whose user name is part of the address). */
export function withoutSecrets(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)([^/]*)@/i, (_, scheme: string, user: string) =>
    /^ssh:/i.test(scheme) ? `${scheme}${user.split(':')[0]}@` : scheme,
  );
}

/** Whether two URLs name the same repository: the same host and path, whatever the transport, the user and a trailing `.git`. */
export function sameRepo(a: string, b: string): boolean {
  return repoKey(a) === repoKey(b);
}

function repoKey(url: string): string {
  const scp = /^(?:[^@/:]+@)?([^/:]+):(?!\/\/)(.*)$/.exec(url);
  const [host, path] = scp ? [scp[1]!, scp[2]!] : splitUrl(url);
  return `${host.toLowerCase()}/${path.replace(/^\/+|\/+$/g, '').replace(/\.git$/, '')}`;
}

function splitUrl(url: string): [string, string] {
  try {
    const { protocol, host, pathname } = new URL(url);
    return [protocol === 'ssh:' ? host.replace(/:22$/, '') : host, pathname];
  } catch {
    return ['', url];
  }
}

/** The last part of a repository's URL without `.git`: its usual name. */
export function repoName(url: string): string {
  return /([^/:]+?)(?:\.git)?\/*$/.exec(url)?.[1] ?? url;
}

/** Why a relative path is unsafe as a path in a repository; undefined if it is safe. Empty means the root. */
export function unsafePath(path: string): string | undefined {
  if (path.length > 1000) return 'it is too long';
  if (/[\u0000-\u001f\u007f\\]/.test(path)) return 'it holds a control character or a backslash';
  if (path.startsWith('/') || /^[A-Za-z]:/.test(path)) return 'it is absolute';
  if (path.startsWith('-')) return 'it starts with a dash';
  const parts = path.split('/').filter((part, index, all) => !(part === '' && index === all.length - 1));
  if (parts.includes('..')) return 'it climbs out of its repository';
  if (parts.some((part) => part.toLowerCase() === '.git')) return 'it points into .git';
  return undefined;
}

/** A safe path in normalized form: no `./`, no trailing or doubled slashes. */
export function normalPath(path: string): string {
  return path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
}
