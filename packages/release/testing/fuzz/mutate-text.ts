import * as fc from 'fast-check';
import { PIECES } from './pieces';

/** One change of a text. `at` and `to` are places in it, as a part of its length. */
interface TextChange {
  kind: 'insert' | 'replace' | 'delete' | 'repeat' | 'move-line' | 'repeat-line' | 'delete-line' | 'indent' | 'cut' | 'nest';
  at: number;
  to: number;
  piece: string;
}

const place = fc.integer({ min: 0, max: 999 }).map((thousandth) => thousandth / 1000);
const KINDS = [
  'insert',
  'replace',
  'delete',
  'repeat',
  'move-line',
  'repeat-line',
  'delete-line',
  'indent',
  'cut',
  'nest',
] as const;
const change = fc.record<TextChange>({
  kind: fc.constantFrom(...KINDS, 'insert', 'replace'),
  at: place,
  to: place,
  piece: fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...PIECES) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 8 }) },
  ),
});

/** Almost right texts: one of `samples` with a few changes. */
export function mutatedText(samples: readonly string[]): fc.Arbitrary<string> {
  return fc
    .tuple(fc.constantFrom(...samples), fc.array(change, { minLength: 1, maxLength: 4 }))
    .map(([text, changes]) => changes.reduce(changed, text));
}

function changed(text: string, { kind, at, to, piece }: TextChange): string {
  const start = Math.floor(text.length * Math.min(at, to));
  const short = start + Math.floor((text.length - start) * Math.abs(at - to) * 0.2);
  const lines = text.split('\n');
  const from = Math.floor(lines.length * at);
  const line = lines[from] ?? '';
  switch (kind) {
    case 'insert':
      return text.slice(0, start) + piece + text.slice(start);
    case 'replace':
      return replacedWord(text, start, piece);
    case 'delete':
      return text.slice(0, start) + text.slice(short);
    case 'repeat':
      return text.slice(0, short) + text.slice(start);
    case 'move-line':
      return without(lines, from)
        .toSpliced(Math.floor(lines.length * to), 0, line)
        .join('\n');
    case 'repeat-line':
      return lines.toSpliced(from, 0, ...Array<string>(Math.ceil(to * 3)).fill(line)).join('\n');
    case 'delete-line':
      return without(lines, from).join('\n');
    case 'indent':
      return lines.with(Math.min(from, lines.length - 1), `${' '.repeat(Math.floor(to * 9))}${line.trimStart()}`).join('\n');
    case 'cut':
      return text.slice(0, Math.floor(text.length * at));
    case 'nest':
      return text.slice(0, start) + ('[{'.includes(piece) ? piece : '[').repeat(Math.floor(to * 200)) + text.slice(start);
  }
}

function without(lines: readonly string[], index: number): string[] {
  return lines.toSpliced(index, 1);
}

/** The word at `start`, or the value after a colon there, becomes `piece`. */
function replacedWord(text: string, start: number, piece: string): string {
  const word = /[\w@./"'-]+/g;
  word.lastIndex = start;
  const found = word.exec(text);
  return found ? text.slice(0, found.index) + piece + text.slice(found.index + found[0].length) : text + piece;
}
