import { expandToList, type Scope } from './expand';

/** Nanoseconds, as in an image's config. */
const UNITS: Record<string, number> = { h: 3_600e9, m: 60e9, s: 1e9, ms: 1e6, us: 1e3, µs: 1e3, ns: 1 };

/** `1m30s` in nanoseconds. Throws for anything else, a negative duration, and one under Docker's minimum of 1 ms. */
export function nanoseconds(text: string): number {
  if (text === '0') return 0;
  const parts = [...text.matchAll(/(\d+(?:\.\d*)?|\.\d+)(ms|us|µs|ns|[hms])/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== text) throw new Error(`"${text}" is not a duration`);
  const sum = Math.trunc(parts.reduce((total, [, count, unit]) => total + Number(count) * UNITS[unit!]!, 0));
  if (sum !== 0 && sum < 1e6) throw new Error(`"${text}" is shorter than 1 ms`);
  return sum;
}

/** `80`, `80/udp`, `8000-8002`, `8080:80`: the container ports, in the format of an image's config. */
export function portsOf(text: string, scope: Scope): string[] {
  return expandToList(text, scope).flatMap((word) => {
    const [, from, to, protocol = 'tcp'] = /^(?:[0-9-]*:)?(\d{1,5})(?:-(\d{1,5}))?(?:\/(tcp|udp|sctp))?$/i.exec(word) ?? [];
    const [first, last] = [Number(from), Number(to ?? from)];
    if (from === undefined || last < first || last > 65_535) throw new Error(`"${word}" is not a port`);
    return Array.from({ length: last - first + 1 }, (_, index) => `${first + index}/${protocol.toLowerCase()}`);
  });
}

/** The names of Linux signals, without SIG. */
const SIGNALS =
  'ABRT ALRM BUS CHLD CLD CONT FPE HUP ILL INT IO IOT KILL PIPE POLL PROF PWR QUIT SEGV STKFLT STOP SYS TERM TRAP TSTP TTIN TTOU URG USR1 USR2 VTALRM WINCH XCPU XFSZ RTMIN RTMAX'.split(
    ' ',
  );

export function isSignal(text: string): boolean {
  if (/^\d+$/.test(text)) return Number(text) > 0;
  const name = text.toUpperCase().replace(/^SIG/, '');
  return SIGNALS.includes(name) || /^RTMIN\+(?:[1-9]|1[0-5])$/.test(name) || /^RTMAX-(?:[1-9]|1[0-4])$/.test(name);
}

export interface Owner {
  uid: number;
  gid: number;
}

/** Engines parse larger ids as negative numbers or as names. */
const LARGEST_ID = 2 ** 31 - 1;

/** `1000:1000`, or `1000` for both. Throws for names, which only the image's own /etc/passwd resolves. */
export function ownerOf(text: string): Owner {
  const [, user, group = user] = /^(\d{1,10})(?::(\d{1,10}))?$/.exec(text) ?? [];
  if (user === undefined) throw new Error(`the owner "${text}" is not numeric, and only an engine looks up names in the image`);
  if (Math.max(Number(user), Number(group)) > LARGEST_ID) throw new Error(`the owner "${text}" is larger than ${LARGEST_ID}`);
  return { uid: Number(user), gid: Number(group) };
}

/** `755` or `0755` as a number. Throws for symbolic modes, which newer builders accept. */
export function modeOf(text: string): number {
  if (!/^[0-7]{3,5}$/.test(text) || parseInt(text, 8) > 0o7777) throw new Error(`the mode "${text}" is not octal`);
  return parseInt(text, 8);
}

/** An absolute path without `.`, `..` and double slashes; a relative path is below `from`. */
export function absolute(path: string, from = '/'): string {
  const parts: string[] = [];
  for (const part of (path.startsWith('/') ? path : `${from}/${path}`).split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

/** A working directory as stored in the config: builders write an absolute path unchanged, double slashes included. */
export function preserveAbsolute(written: string, path: string): string {
  return written.startsWith('/') ? written : path;
}
