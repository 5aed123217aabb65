/** The columns of a screen that most people have. */
export const COLUMNS = 100;
const INDENT = 13;

/** A line as lines that fit on a screen: broken between two columns of a table where that leaves enough on the first, else between two words. A word is never broken. */
export function wrapped(line: string): string[] {
  const lines: string[] = [];
  let rest = line;
  for (;;) {
    const at = breakOf(rest);
    if (at === undefined) return [...lines, rest];
    lines.push(rest.slice(0, at).trimEnd());
    rest = ' '.repeat(INDENT) + rest.slice(at).trimStart();
  }
}

/** A line of which the end is a help only. */
export function cut(line: string): string {
  const characters = [...line];
  return characters.length <= COLUMNS
    ? line
    : `${characters
        .slice(0, COLUMNS - 1)
        .join('')
        .trimEnd()}…`;
}

/** Where a line that is too long is broken; undefined where it is not, or cannot be. */
function breakOf(line: string): number | undefined {
  const characters = [...line];
  if (characters.length <= COLUMNS) return undefined;
  const head = characters.slice(0, COLUMNS + 1).join('');
  const gap = head.lastIndexOf('   ');
  if (gap > COLUMNS / 2) return gap;
  const first = line.length - line.trimStart().length;
  const space = head.lastIndexOf(' ');
  if (space > first) return space;
  // The first word is longer than a line: what follows it goes to the next one.
  const next = line.indexOf(' ', first);
  return next === -1 ? undefined : next;
}
