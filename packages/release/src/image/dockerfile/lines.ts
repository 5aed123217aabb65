/** One instruction of a Dockerfile, with continuation lines joined. */
export interface Instruction {
  keyword: string;
  /** What follows the keyword, without comments and line ends. */
  rest: string;
  /** Counted from 1. */
  line: number;
}

/** A word of an instruction, with the offset of each character in the file: a word can continue on the next line. */
export interface Token {
  text: string;
  offsets: number[];
}

export interface Line extends Instruction {
  /** The leading flags (`--from=…`). */
  flags: Token[];
  /** All other words. A quoted part belongs to its word, quotes included. */
  tokens: Token[];
}

/** The offsets of a word's characters `from` to `to` in the file. */
export function spanOf(word: Token, from = 0, to = word.text.length): [number, number] {
  return [word.offsets[from]!, word.offsets[to - 1]! + 1];
}

/**
 * Parses the instructions of a Dockerfile as Docker does: continuation lines (`# escape=` may set the character), comments and blank lines
 * in between, here-documents. `fail` must throw; it is called for an unterminated here-document.
 */
export function linesOf(text: string, fail: (message: string, line: number) => never): Line[] {
  const lines = physicalLines(text);
  const escape = escapeOf(lines);
  const result: Line[] = [];
  for (let index = 0; index < lines.length; index += 1) {
    if (isBlankOrComment(lines[index]!.text)) continue;
    const start = index;
    const joined: Token = { text: '', offsets: [] };
    for (; index < lines.length; index += 1) {
      const line = lines[index]!;
      if (index > start && isBlankOrComment(line.text)) continue;
      // The lookbehind keeps this linear: without it, a long run of blanks in the middle takes quadratic time.
      const trimmed = line.text.replace(/(?<![ \t])[ \t]+$/, '');
      const continues = trimmed.endsWith(escape) && !trimmed.endsWith(escape + escape);
      const part = continues ? trimmed.slice(0, -1) : line.text;
      joined.text += part;
      for (let at = 0; at < part.length; at += 1) joined.offsets.push(line.start + at);
      if (!continues) break;
    }
    const line = instructionOf(joined, start + 1);
    index = afterHereDocuments(lines, index, line, fail);
    result.push(line);
  }
  return result;
}

function instructionOf(joined: Token, line: number): Line {
  const [keyword, ...words] = tokensOf(joined);
  const first = words.findIndex((word) => !word.text.startsWith('--'));
  const flags = first === -1 ? words : words.slice(0, first);
  const rest = joined.text
    .trim()
    .slice(keyword?.text.length ?? 0)
    .trim();
  return { keyword: (keyword?.text ?? '').toUpperCase(), rest, line, flags, tokens: words.slice(flags.length) };
}

function tokensOf({ text, offsets }: Token): Token[] {
  return [...text.matchAll(/(?:[^\s"'\\]|\\[^]|"(?:[^"\\]|\\[^])*"|'[^']*'|["'\\])+/g)].map((match) => ({
    text: match[0],
    offsets: offsets.slice(match.index, match.index + match[0].length),
  }));
}

/** The index of the last line of the instruction's here-documents, whose bodies are not instructions. */
function afterHereDocuments(
  lines: readonly { text: string }[],
  last: number,
  { keyword, tokens, line }: Line,
  fail: (message: string, line: number) => never,
): number {
  if (!['RUN', 'COPY', 'ADD'].includes(keyword)) return last;
  let index = last;
  for (const word of tokens) {
    const [, dash, , name] = /^\d*<<(-?)(["']?)([^\s<"']+)\2$/.exec(word.text) ?? [];
    if (name === undefined) continue;
    do index += 1;
    while (index < lines.length && (dash ? lines[index]!.text.replace(/^\t+/, '') : lines[index]!.text) !== name);
    if (index >= lines.length) fail(`The here-document that starts here never ends: there is no line ${name}.`, line);
  }
  return index;
}

function physicalLines(text: string): { text: string; start: number }[] {
  let start = 0;
  return text.split('\n').map((line, index) => {
    // A byte order mark becomes a space, so that offsets do not change.
    const shown = (index === 0 ? line.replace(/^\uFEFF/, ' ') : line).replace(/\r$/, '');
    const result = { text: shown, start };
    start += line.length + 1;
    return result;
  });
}

/** Parser directives come first; any other line or comment ends them. */
function escapeOf(lines: readonly { text: string }[]): string {
  for (const { text } of lines) {
    const directive = /^\s*#\s*([A-Za-z]\w*)\s*=\s*(.*?)\s*$/.exec(text);
    if (!directive) break;
    if (directive[1]!.toLowerCase() === 'escape') return directive[2] === '`' ? '`' : '\\';
  }
  return '\\';
}

function isBlankOrComment(text: string): boolean {
  return /^\s*(?:#|$)/.test(text);
}
