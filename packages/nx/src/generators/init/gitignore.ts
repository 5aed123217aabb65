import type { Tree } from '@nx/devkit';

/** What git must ignore: a workspace bundle's content is what git sees of its folder. */
export const IGNORED = ['node_modules', 'dist', '.nx', '__pycache__', '*.pyc'];

/** Adds the missing lines to .gitignore. `dist/` counts as `dist`. */
export function ignoreInGit(tree: Tree): void {
  const before = tree.exists('.gitignore') ? (tree.read('.gitignore', 'utf-8') ?? '') : '';
  const present = new Set(before.split(/\r?\n/).map((line) => line.trim().replace(/\/$/, '')));
  const missing = IGNORED.filter((line) => !present.has(line));
  if (missing.length === 0) return;
  const eol = before.includes('\r\n') ? '\r\n' : '\n';
  const gap = before === '' || before.endsWith('\n') ? '' : eol;
  tree.write('.gitignore', `${before}${gap}${missing.join(eol)}${eol}`);
}
