type Color = 'bold' | 'dim' | 'red' | 'green' | 'yellow';

interface Piece {
  text: string;
  color?: Color;
}

const CODES: Record<Color, number> = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 };

/** The color of each status. */
const STATUS_COLORS: readonly (readonly [RegExp, Color])[] = [
  [/^(?:running|completed|done)$/, 'green'],
  [/^failed$/, 'red'],
  [/^waiting$/, 'dim'],
  [/./, 'yellow'],
];

/** Colors a frame of the board: the pieces of each line. @public tools/board-picture.mjs draws the same pieces. */
export function colorFrame([title = '', heads = '', ...rows]: readonly string[]): Piece[][] {
  const status = heads.indexOf(' status ') + 1;
  const event = heads.indexOf(' last event');
  return [
    [{ text: title, color: 'bold' }],
    [{ text: heads, color: 'dim' }],
    ...rows.map((row) => (status > 0 ? colorRow(row, status, event < 0 ? row.length : event) : [{ text: row }])),
  ];
}

function colorRow(row: string, status: number, event: number): Piece[] {
  const word = row.slice(status, event);
  const color = STATUS_COLORS.find(([pattern]) => pattern.test(word.trim()))?.[1];
  const before = row
    .slice(0, status)
    .split(/(\(\d+ failed\))/)
    .map((text): Piece => (text.endsWith(' failed)') ? { text, color: 'red' } : { text }));
  return [...before, { text: word, ...(color && { color }) }, { text: row.slice(event) }].filter(({ text }) => text !== '');
}

/** For a terminal; without colors if NO_COLOR is set. */
export function paint(lines: readonly string[]): string[] {
  if (process.env.NO_COLOR) return [...lines];
  return colorFrame(lines).map((pieces) =>
    pieces.map(({ text, color }) => (color === undefined ? text : `\u001b[${CODES[color]}m${text}\u001b[0m`)).join(''),
  );
}
