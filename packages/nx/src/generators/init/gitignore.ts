import { KdcubeError } from '@kdcube/release/internal';
import type { Tree } from '@nx/devkit';

/**
 * What git must ignore: a workspace bundle's content is what git sees of its folder. Build output only at the root, because a bundle's `dist` belongs into images; the wrapper script of Nx
 * (`.nx/nxw.js`) is committed.
 */
export const IGNORED = ['node_modules', '/dist', '/.nx/*', '!/.nx/nxw.js', '__pycache__', '*.pyc', '.env*', '!.env.example'];

/** Other lines that do what one of ours does. */
const SAME: Record<string, string[]> = {
  '/dist': ['dist'],
  '/.nx/*': ['.nx', '/.nx'],
  '!/.nx/nxw.js': ['.nx', '/.nx'],
  node_modules: ['/node_modules'],
  '!.env.example': ['!.env*.example'],
};

/** Adds the missing lines to .gitignore. `dist/` counts as `dist`. */
export function ignoreInGit(tree: Tree): void {
  const before = readGitignore(tree);
  const present = new Set(before.split(/\r?\n/).map((line) => line.trim().replace(/\/$/, '')));
  const missing = IGNORED.filter((line) => ![line, ...(SAME[line] ?? [])].some((each) => present.has(each)));
  if (missing.length === 0) return;
  const eol = before.includes('\r\n') ? '\r\n' : '\n';
  const gap = before === '' || before.endsWith('\n') ? '' : eol;
  tree.write('.gitignore', `${before}${gap}${missing.join(eol)}${eol}`);
}

/** Problem `not-text`: what is no text would not survive being written again. */
export function readGitignore(tree: Tree): string {
  const content = tree.exists('.gitignore') ? tree.read('.gitignore') : null;
  if (!content) return '';
  const text = content.toString('utf8');
  if (Buffer.from(text).equals(content) && !text.includes('\0')) return text;
  throw new KdcubeError({
    code: 'not-text',
    message: '.gitignore is not UTF-8 text, and an edit would change it.',
    hint: 'iconv -t UTF-8 .gitignore',
    at: { file: '.gitignore' },
  });
}
