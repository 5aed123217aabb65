// docs/board.svg: the live board of a deploy, drawn from the golden frames of its spec (packages/nx/fixtures/rollouts/board.txt) with the board's own colors. tools/docs.mjs writes it.
import fs from 'node:fs';
import path from 'node:path';
import { loadSource } from './load-source.mjs';
import { root } from './setup.mjs';

const { colorFrame } = loadSource('packages/nx/src/targets/ecs/rollout/board-colors.ts');

const CHAR = 7.8;
const LINE = 19;
const MARGIN = 22;
const PAINT = { bold: '#f0f6fc', dim: '#7d8590', red: '#ff7b72', green: '#7ee787', yellow: '#e3b341' };
const PLAIN = '#c9d1d9';

/** The captions, and the first or last frame that matches. */
const SHOWN = [
  ['A wave under way', (frames) => frames.find((frame) => / wave ingress /.test(frame) && / 0\/1 +in progress /.test(frame))],
  ['The next one: its tasks fail', (frames) => frames.findLast((frame) => /\(\d+ failed\)/.test(frame))],
  ['ECS gave up, and the reason', (frames) => frames.find((frame) => / failed +The container /.test(frame))],
  ['Everything is rolled back, the earlier waves too', (frames) => frames.at(-1)],
];

export function boardPicture() {
  const text = fs.readFileSync(path.join(root, 'packages/nx/fixtures/rollouts/board.txt'), 'utf8');
  const frames = text.trimEnd().split('\n\n');
  const blocks = SHOWN.map(([caption, choose]) => {
    const frame = choose(frames);
    if (!frame) throw new Error(`board.txt has no frame for "${caption}".`);
    return { caption, lines: frame.split('\n') };
  });
  const columns = Math.max(...blocks.flatMap(({ lines }) => lines.map((line) => [...line].length)));
  const width = Math.ceil(columns * CHAR + 2 * MARGIN);
  const drawn = [];
  let y = MARGIN + 12;
  for (const { caption, lines } of blocks) {
    drawn.push(textElement(MARGIN, y, `# ${caption}`, PAINT.dim, 'font-style="italic"'));
    y += LINE + 3;
    for (const pieces of colorFrame(lines)) {
      drawn.push(...line(pieces, y));
      y += LINE;
    }
    y += LINE - 4;
  }
  const height = Math.ceil(y - LINE + 8);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title">
<title id="title">Four moments of the board of a deploy: a wave under way, tasks that fail, the reason, and the rollback</title>
<rect width="${width}" height="${height}" rx="8" fill="#0d1117"/>
<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="13">
${drawn.join('\n')}
</g>
</svg>
`;
}

/** One text element for each cell, so that columns align in any font. */
function line(pieces, y) {
  let column = 0;
  return pieces.flatMap(({ text, color }) => {
    const begin = column;
    column += [...text].length;
    return [...text.matchAll(/\S+(?: \S+)*/g)].map(({ 0: cell, index }) => {
      const x = MARGIN + (begin + [...text.slice(0, index)].length) * CHAR;
      return textElement(x, y, cell, PAINT[color] ?? PLAIN, color === 'bold' ? 'font-weight="bold"' : '');
    });
  });
}

function textElement(x, y, text, fill, more = '') {
  const length = ([...text].length * CHAR).toFixed(1);
  const safe = text.replace(/&/g, '&amp;').replace(/</g, '&lt;');
  return `<text x="${x.toFixed(1)}" y="${y}" fill="${fill}" textLength="${length}" lengthAdjust="spacingAndGlyphs"${more && ` ${more}`}>${safe}</text>`;
}
