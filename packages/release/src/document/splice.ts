/** Text surgery for edit.ts: every function gives the text as it was, but for what it says. */

export function eolOf(text: string): string {
  return text.includes('\r\n') ? '\r\n' : '\n';
}

export function replace(text: string, start: number, end: number, by: string): string {
  return text.slice(0, start) + by + text.slice(end);
}

/** Counted from 0; a byte order mark takes no column. */
export function columnOf(text: string, offset: number): number {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  return text.slice(start, offset).replace(/^\uFEFF/, '').length;
}

/** Inserts whole lines after the line that holds `offset`: a comment at its end stays on it. */
export function afterLine(text: string, offset: number, lines: string): string {
  const eol = eolOf(text);
  const at = lineAfter(text, offset);
  if (at === text.length && text !== '' && !text.endsWith('\n')) return `${text}${eol}${lines}${eol}`;
  return `${text.slice(0, at)}${lines}${eol}${text.slice(at)}`;
}

/** Inserts whole lines after an entry that ends at `offset` and starts in `column`, and after the comments that are indented like its inside. */
export function afterEntry(text: string, offset: number, column: number, lines: string): string {
  let at = lineAfter(text, offset);
  for (let end = lineAfter(text, at + 1); at < text.length; end = lineAfter(text, at + 1)) {
    const indent = /^([ \t]*)#/.exec(text.slice(at, end))?.[1];
    if (indent === undefined || indent.length <= column) break;
    at = end;
  }
  return afterLine(text, at, lines);
}

/** Where the next line starts; `offset` itself where a line starts there. */
function lineAfter(text: string, offset: number): number {
  if (offset === 0 || text[offset - 1] === '\n') return offset;
  const end = text.indexOf('\n', offset);
  return end === -1 ? text.length : end + 1;
}
