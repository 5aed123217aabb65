/** Formats rows under headings, each column as wide as its widest cell. */
export function formatTable(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  minWidths: readonly number[] = [],
): string[] {
  const all = [heads, ...rows];
  const widths = heads.map((_, column) => Math.max(minWidths[column] ?? 0, ...all.map((row) => [...(row[column] ?? '')].length)));
  return all.map((row) =>
    row
      .map((cell, column) => cell + ' '.repeat(Math.max(0, widths[column]! - [...cell].length)))
      .join('   ')
      .trimEnd(),
  );
}
