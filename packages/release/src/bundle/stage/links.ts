import type { Problem } from '../../problem/problem';
import { quoted } from '../../problem/problem';

/** The problem of a symbolic link in a bundle, if any. `links`: all links of the bundle, path → target. */
export function linkProblem(path: string, target: string, links: ReadonlyMap<string, string>): Problem | undefined {
  const why = whyRefused(path, target, links);
  if (why === undefined) return undefined;
  return {
    code: 'symlink-escape',
    message: `The link ${quoted(path)} points to ${quoted(target)}: ${why}.`,
    hint: 'point it to something inside the bundle, by a relative path, or put the file itself there',
  };
}

function whyRefused(path: string, target: string, links: ReadonlyMap<string, string>): string | undefined {
  if (target === '') return 'it points nowhere';
  if (target.length > 1023) return 'it is longer than a link may be';
  if (/[\u0000-\u001f\u007f-\u009f\ufffd]/.test(target)) return 'it holds a control character, or is not UTF-8';
  if (target.startsWith('/') || target.includes('\\') || /^[A-Za-z]:/.test(target))
    return 'it is absolute, and means something else in an image';
  const folder = path.split('/').slice(0, -1);
  if (leavesByText(folder, target)) return OUT;
  return follow(folder, target, links);
}

const OUT = 'that is outside of the bundle';

/** The maximum number of symbolic links in one path, as on Linux. */
const STEPS = 40;

function leavesByText(folder: readonly string[], target: string): boolean {
  let depth = folder.length;
  for (const part of target.split('/')) {
    if (part === '..') depth -= 1;
    else if (part !== '' && part !== '.') depth += 1;
    if (depth < 0) return true;
  }
  return false;
}

/** Resolves a target as the kernel does: each link is replaced by its target before `..` is applied. */
function follow(folder: readonly string[], target: string, links: ReadonlyMap<string, string>): string | undefined {
  const here = [...folder];
  const todo = target.split('/').reverse();
  let steps = 0;
  while (todo.length > 0) {
    const part = todo.pop()!;
    if (part === '' || part === '.') continue;
    if (part === '..') {
      if (here.length === 0) return OUT;
      here.pop();
      continue;
    }
    const next = links.get([...here, part].join('/'));
    if (next === undefined) {
      here.push(part);
      continue;
    }
    steps += 1;
    if (steps > STEPS) return 'it leads through links that lead to each other';
    if (next.startsWith('/')) return OUT;
    todo.push(...next.split('/').reverse());
  }
  return undefined;
}
