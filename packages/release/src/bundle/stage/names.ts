import { LIMITS } from '../../problem/limits';
import type { Problem } from '../../problem/problem';
import { quoted } from '../../problem/problem';

/** The problem of a bundle's path on Linux, macOS or Windows, if any. */
export function nameProblem(path: string): Problem | undefined {
  const why = longPath(path) ?? path.split('/').map(whyUnsafe).find(Boolean);
  if (!why) return undefined;
  return {
    code: 'unsafe-name',
    message: `The name of ${quoted(path)} is not safe everywhere: ${why}.`,
    hint: 'rename it with git mv',
  };
}

const DEVICES = /^(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?:\..*)?$/i;

/** Characters that macOS ignores when it compares file names. */
const IGNORABLE = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g;

function whyUnsafe(name: string): string | undefined {
  if (name === '' || name === '.' || name === '..') return 'a part of it is empty, "." or ".."';
  if (/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/.test(name)) return 'it holds a control character';
  if (/[\\:*?"<>|]/.test(name)) return 'it holds one of \\ : * ? " < > |';
  if (/[. ]$/.test(name)) return 'a part of it ends with a dot or a space';
  if (DEVICES.test(name)) return 'Windows keeps that name for a device';
  if (/^(?:\.git|git~\d+)$/i.test(name.replace(IGNORABLE, ''))) return 'that is where git keeps its own files';
  return undefined;
}

const encoder = new TextEncoder();

/** Why container runtimes cannot unpack a path; undefined if they can. */
export function longPath(path: string): string | undefined {
  const bytes = encoder.encode(path).length;
  if (bytes > LIMITS.pathBytes.max)
    return `it has ${bytes} bytes, and no container runtime unpacks a path of more than ${LIMITS.pathBytes.max}`;
  const isLong =
    bytes > LIMITS.nameBytes.max && path.split('/').some((name) => encoder.encode(name).length > LIMITS.nameBytes.max);
  return isLong ? `a part of it is longer than ${LIMITS.nameBytes.max} bytes` : undefined;
}

/** Paths that collide on some file systems: they differ only in case or Unicode form, occur twice, or are both a file and a folder. */
export function nameClashes(paths: readonly string[]): Problem[] {
  const problems: Problem[] = [];
  const seen = new Map<string, { path: string; kind: 'file' | 'folder' }>();
  const reported = new Set<string>();
  const meet = (path: string, kind: 'file' | 'folder'): void => {
    const key = folded(path);
    const before = seen.get(key);
    if (!before) return void seen.set(key, { path, kind });
    if (before.path === path && kind === 'folder' && before.kind === 'folder') return;
    const pair = `${before.path}\0${path}`;
    if (reported.has(pair)) return;
    reported.add(pair);
    problems.push(clash(before.path, path));
  };
  for (const path of paths) {
    for (let end = path.indexOf('/'); end !== -1; end = path.indexOf('/', end + 1)) meet(path.slice(0, end), 'folder');
    meet(path, 'file');
  }
  return problems;
}

function clash(first: string, second: string): Problem {
  if (first === second)
    return {
      code: 'unsafe-name',
      message: `${quoted(first)} is in the tree twice, or both as a file and as a folder.`,
      hint: 'git would not write such a tree: do not trust its source',
    };
  const how = first.normalize('NFC') === second.normalize('NFC') ? 'only in how their accents are encoded' : 'only in case';
  return {
    code: 'case-clash',
    message: `${quoted(first)} and ${quoted(second)} differ ${how}, and are one name on many disks.`,
    hint: 'rename one of them with git mv',
  };
}

/** Folds a path: names that some file system treats as equal get the same key. */
function folded(path: string): string {
  return path.normalize('NFD').toUpperCase().toLowerCase().normalize('NFC');
}
