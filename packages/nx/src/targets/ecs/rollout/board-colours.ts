export type Colour = 'bold' | 'dim' | 'red' | 'green' | 'yellow';

export interface Piece {
  text: string;
  colour?: Colour;
}

const CODES: Record<Colour, number> = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 };

/** What stands under `is`, and how it looks. */
const LOOKS: readonly (readonly [RegExp, Colour])[] = [
  [/^(?:runs|completed|done)$/, 'green'],
  [/^failed$/, 'red'],
  [/^waiting$/, 'dim'],
  [/./, 'yellow'],
];

/** A frame of the board with its colours: the pieces of each line. Text stays text: the picture in the docs is made of the same pieces. */
export function coloured([head = '', columns = '', ...rows]: readonly string[]): Piece[][] {
  const is = columns.indexOf(' is ') + 1;
  const last = columns.indexOf(' last');
  return [
    [{ text: head, colour: 'bold' }],
    [{ text: columns, colour: 'dim' }],
    ...rows.map((row) => (is > 0 ? rowPieces(row, is, last < 0 ? row.length : last) : [{ text: row }])),
  ];
}

function rowPieces(row: string, is: number, last: number): Piece[] {
  const word = row.slice(is, last);
  const colour = LOOKS.find(([fits]) => fits.test(word.trim()))?.[1];
  const before = row
    .slice(0, is)
    .split(/(\(\d+ failed\))/)
    .map((text): Piece => (text.endsWith(' failed)') ? { text, colour: 'red' } : { text }));
  return [...before, { text: word, ...(colour && { colour }) }, { text: row.slice(last) }].filter(({ text }) => text !== '');
}

/** For a terminal; without colours where NO_COLOR is set. */
export function painted(lines: readonly string[]): string[] {
  if (process.env.NO_COLOR) return [...lines];
  return coloured(lines).map((pieces) =>
    pieces.map(({ text, colour }) => (colour === undefined ? text : `\u001b[${CODES[colour]}m${text}\u001b[0m`)).join(''),
  );
}
