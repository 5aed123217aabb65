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

/** The text of .gitignore with the missing lines. `dist/` counts as `dist`. */
export function withIgnored(before: string): string {
  const present = new Set(before.split(/\r?\n/).map((line) => line.trim().replace(/\/$/, '')));
  const missing = IGNORED.filter((line) => ![line, ...(SAME[line] ?? [])].some((each) => present.has(each)));
  if (missing.length === 0) return before;
  const eol = before.includes('\r\n') ? '\r\n' : '\n';
  const gap = before === '' || before.endsWith('\n') ? '' : eol;
  return `${before}${gap}${missing.join(eol)}${eol}`;
}
