/** Columns that fit on most terminals. */
export const COLUMNS = 100;
const INDENT = 13;

/** Breaks a line to COLUMNS: between two columns of a table if more than half a line is left, else between two words. A word is never broken. */
export function wrapLine(line: string): string[] {
  const lines: string[] = [];
  let rest = line;
  for (;;) {
    const at = findBreak(rest);
    if (at === undefined) return [...lines, rest];
    lines.push(rest.slice(0, at).trimEnd());
    rest = ' '.repeat(INDENT) + rest.slice(at).trimStart();
  }
}

/** Cuts a line to COLUMNS. */
export function truncateLine(line: string): string {
  const characters = [...line];
  return characters.length <= COLUMNS
    ? line
    : `${characters
        .slice(0, COLUMNS - 1)
        .join('')
        .trimEnd()}…`;
}

/** The offset at which to break a line; undefined if it fits or cannot be broken. */
function findBreak(line: string): number | undefined {
  const characters = [...line];
  if (characters.length <= COLUMNS) return undefined;
  const head = characters.slice(0, COLUMNS + 1).join('');
  const gap = head.lastIndexOf('   ');
  if (gap > COLUMNS / 2) return gap;
  const first = line.length - line.trimStart().length;
  const space = head.lastIndexOf(' ');
  if (space > first) return space;
  // The first word is longer than a line: break after it.
  const next = line.indexOf(' ', first);
  return next === -1 ? undefined : next;
}
