/** A position in normalized text. */
export interface Cursor {
  readonly text: string;
  at: number;
  /** Counted from 1. */
  line: number;
}

/** The text without a byte order mark, and with `\n` as its only line end. */
export function normalizeText(source: string): string {
  return source.replace(/^\ufeff/, '').replace(/\r\n?/g, '\n');
}

/** Moves the cursor and counts the lines that it passes. */
export function advance(cursor: Cursor, to: number): void {
  for (; cursor.at < to; cursor.at++) if (cursor.text.charCodeAt(cursor.at) === 10) cursor.line++;
  cursor.at = to;
}

/** The line of an offset in the normalized text, counted from 1. */
export function lineOf(source: string, offset: number): number {
  let line = 1;
  const text = normalizeText(source);
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) line++;
  return line;
}
