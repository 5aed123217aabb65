import { BitWriter, DISTANCE_SYMBOL, LENGTH_SYMBOL, LONGEST, writeBlock, type Block } from './deflate-bits';

const { imul, max, min } = Math;

/** How much is looked at as a whole. The output depends on it: whoever feeds a stream cuts it anew. Bytes. */
export const BLOCK = 131_072;
/** How far back a repetition may lie. */
const WINDOW = 32_768;
const HASHES = 32_768;
/** Shorter repetitions cost more to look for than they save. */
const SHORTEST = 4;
/** Earlier places that are tried for one place; a quarter of them when something good was found already. */
const TRIES = 64;
const GOOD = 8;
/** From this length on nothing better is looked for one byte later. */
const LAZY = 32;

export interface Deflater {
  /** The next bytes: exactly BLOCK of them, but for the last time. Returns what can be written. */
  push(piece: Uint8Array, isLast: boolean): Uint8Array;
}

/**
 * Deflate (RFC 1951) in plain JavaScript: the same bytes give the same output on every machine and in every build of Node, whose own zlib does not promise that. It is written for a process that has just
 * begun, in which code is interpreted: few and simple steps for a byte, and nothing to set up.
 */
export function deflater(): Deflater {
  const buffer = new Uint8Array(WINDOW + BLOCK);
  let filled = 0;
  // Places are kept plus one, so that 0 is none.
  const newest = new Int32Array(HASHES);
  const before = new Int32Array(WINDOW);
  const tokens = new Uint32Array(BLOCK);
  const out = new BitWriter();
  return {
    push(piece, isLast) {
      if (filled > WINDOW) {
        const gone = filled - WINDOW;
        buffer.copyWithin(0, gone, filled);
        filled = WINDOW;
        slide(newest, before, gone);
      }
      const from = filled;
      buffer.set(piece, from);
      filled += piece.length;
      const block = { tokens, count: 0, literals: new Uint32Array(286), distances: new Uint32Array(30) };
      block.count = findTokens(buffer, from, filled, newest, before, block);
      writeBlock(out, block, buffer.subarray(from, filled), isLast);
      if (isLast) out.align();
      return out.take();
    },
  };
}

/** Places count from the beginning of the buffer, which moved. */
function slide(newest: Int32Array, before: Int32Array, gone: number): void {
  for (let hash = 0; hash < HASHES; hash += 1) newest[hash] = max(0, newest[hash]! - gone);
  // By a multiple of WINDOW, so that each place keeps its slot: all pieces but the last are whole blocks.
  for (let place = 0; place < WINDOW; place += 1) before[place] = max(0, before[place]! - gone);
}

/**
 * Finds repetitions in buffer[from, end): of each place the longest one that a few tries find, unless the next place has a longer one. One long function: in a new process calls cost more than what is
 * done in them.
 */
function findTokens(
  buffer: Uint8Array,
  from: number,
  end: number,
  newest: Int32Array,
  before: Int32Array,
  { tokens, literals, distances }: Block,
): number {
  const lastStart = end - SHORTEST;
  const mask = WINDOW - 1;
  // As own names: another module's are looked up at each use.
  const lengthSymbol = LENGTH_SYMBOL;
  const distanceSymbol = DISTANCE_SYMBOL;
  let count = 0;
  // What was found at the place before this one, and is not written yet.
  let held = 0;
  let heldBack = 0;
  let at = from;
  while (at < end) {
    let best = 0;
    let back = 0;
    if (at <= lastStart) {
      const hash =
        imul(buffer[at]! | (buffer[at + 1]! << 8) | (buffer[at + 2]! << 16) | (buffer[at + 3]! << 24), 0x9e3779b1) >>> 17;
      let place = newest[hash]! - 1;
      before[at & mask] = place + 1;
      newest[hash] = at + 1;
      if (held < LAZY) {
        const oldest = max(0, at - WINDOW + 1);
        const most = min(end - at, LONGEST);
        let tries = held >= GOOD ? TRIES >> 2 : TRIES;
        best = max(held, SHORTEST - 1);
        while (place >= oldest && tries > 0 && best < most) {
          if (buffer[place + best] === buffer[at + best] && buffer[place] === buffer[at]) {
            let length = 1;
            while (length < most && buffer[place + length] === buffer[at + length]) length += 1;
            if (length > best) {
              best = length;
              back = at - place;
            }
          }
          place = before[place & mask]! - 1;
          tries -= 1;
        }
        if (back === 0) best = 0;
      }
    }
    if (held > 0 && held >= best) {
      tokens[count++] = (held << 16) | heldBack;
      literals[257 + lengthSymbol[held]!]! += 1;
      distances[distanceSymbol[heldBack <= 256 ? heldBack - 1 : 256 + ((heldBack - 1) >> 7)]!]! += 1;
      const next = at - 1 + held;
      // What is inside of the longest stands at its other place already.
      const kept = min(held < LONGEST ? next : at + SHORTEST, lastStart + 1);
      for (at += 1; at < kept; at += 1) {
        const hash =
          imul(buffer[at]! | (buffer[at + 1]! << 8) | (buffer[at + 2]! << 16) | (buffer[at + 3]! << 24), 0x9e3779b1) >>> 17;
        before[at & mask] = newest[hash]!;
        newest[hash] = at + 1;
      }
      at = next;
      held = 0;
      continue;
    }
    // What was found before is given up for something longer: its first byte stands for itself.
    if (held > 0) literals[(tokens[count++] = buffer[at - 1]!)]! += 1;
    held = best;
    heldBack = back;
    if (best === 0) literals[(tokens[count++] = buffer[at]!)]! += 1;
    at += 1;
  }
  if (held > 0) {
    tokens[count++] = (held << 16) | heldBack;
    literals[257 + lengthSymbol[held]!]! += 1;
    distances[distanceSymbol[heldBack <= 256 ? heldBack - 1 : 256 + ((heldBack - 1) >> 7)]!]! += 1;
  }
  return count;
}
