import { printable } from '@kdcube/release/internal';

/** Formats rows under headings, each column as wide as its widest cell. A cell has one line: texts from outside cannot begin a row of their own. */
export function formatTable(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  minWidths: readonly number[] = [],
): string[] {
  const all = [heads, ...rows].map((row) => row.map(printable));
  const widths = heads.map((_, column) => Math.max(minWidths[column] ?? 0, ...all.map((row) => [...(row[column] ?? '')].length)));
  return all.map((row) =>
    row
      .map((cell, column) => cell + ' '.repeat(Math.max(0, widths[column]! - [...cell].length)))
      .join('   ')
      .trimEnd(),
  );
}
