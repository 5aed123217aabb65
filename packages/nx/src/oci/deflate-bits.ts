import { codeLengths, codesOf } from './huffman';

/** Symbols of lengths and distances: where each begins, and how many bits more say which one it is (RFC 1951, 3.2.5). */
const LENGTHS = ranges(3, [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5]);
const DISTANCES = ranges(1, [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13]);
LENGTHS.begin.push(258);
LENGTHS.extra.push(0);

export const LONGEST = 258;
/** The symbol that ends a block. */
const END = 256;
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/** The symbol of a length; of a distance below 257 at `distance - 1`, of a longer one at `256 + ((distance - 1) >> 7)`. */
export const LENGTH_SYMBOL = new Uint8Array(LONGEST + 1);
for (let symbol = 0; symbol < LENGTHS.begin.length; symbol += 1) LENGTH_SYMBOL.fill(symbol, LENGTHS.begin[symbol]);
export const DISTANCE_SYMBOL = new Uint8Array(512);
for (let symbol = 0; symbol < DISTANCES.begin.length; symbol += 1) {
  const before = DISTANCES.begin[symbol]! - 1;
  if (before < 256) DISTANCE_SYMBOL.fill(symbol, before, 256);
  else DISTANCE_SYMBOL.fill(symbol, 256 + (before >> 7));
}

function ranges(first: number, extra: number[]): { begin: number[]; extra: number[] } {
  const begin: number[] = [];
  extra.reduce((at, bits) => (begin.push(at), at + 2 ** bits), first);
  return { begin, extra };
}

/** A block, found but not written: `tokens` are bytes, or `length << 16 | distance`. */
export interface Block {
  tokens: Uint32Array;
  count: number;
  /** How often each symbol comes. */
  literals: Uint32Array;
  distances: Uint32Array;
}

/** Writes deflate's bits into bytes. */
export class BitWriter {
  private bytes = new Uint8Array(1 << 16);
  private at = 0;
  private bits = 0;
  private filled = 0;

  /** At most 16 bits, the lowest first. */
  put(value: number, count: number): void {
    this.bits |= value << this.filled;
    this.filled += count;
    while (this.filled >= 8) {
      this.bytes[this.at++] = this.bits;
      this.bits >>>= 8;
      this.filled -= 8;
    }
  }

  /** To the next whole byte. */
  align(): void {
    if (this.filled > 0) this.put(0, 8 - this.filled);
  }

  copy(bytes: Uint8Array): void {
    this.bytes.set(bytes, this.at);
    this.at += bytes.length;
  }

  reserve(bytes: number): void {
    if (this.at + bytes <= this.bytes.length) return;
    const larger = new Uint8Array(this.at + bytes);
    larger.set(this.bytes.subarray(0, this.at));
    this.bytes = larger;
  }

  /** All whole bytes since it was asked last. */
  take(): Uint8Array {
    const taken = this.bytes.slice(0, this.at);
    this.at = 0;
    return taken;
  }
}

/** Writes a block: with Huffman codes of its own, or as it is where that is not longer. */
export function writeBlock(out: BitWriter, block: Block, plain: Uint8Array, isLast: boolean): void {
  block.literals[END] = 1;
  const literal = codeLengths(block.literals, 15);
  const distance = codeLengths(block.distances, 15);
  const header = headerOf(literal, distance);
  const size =
    header.bits + bitsOf(block.literals, literal, LENGTHS.extra, 257) + bitsOf(block.distances, distance, DISTANCES.extra, 0);
  if (size >= plain.length * 8) return writeStored(out, plain, isLast);
  out.reserve(Math.ceil(size / 8) + 16);
  out.put(isLast ? 1 : 0, 1);
  out.put(2, 2);
  header.write(out);
  writeTokens(out, block, literal, distance);
}

function writeTokens(out: BitWriter, { tokens, count }: Block, literal: Uint8Array, distance: Uint8Array): void {
  const literalCode = codesOf(literal);
  const distanceCode = codesOf(distance);
  for (let index = 0; index < count; index += 1) {
    const token = tokens[index]!;
    if (token < 65_536) {
      out.put(literalCode[token]!, literal[token]!);
      continue;
    }
    const length = token >>> 16;
    const back = token & 0xffff;
    const long = LENGTH_SYMBOL[length]!;
    out.put(literalCode[257 + long]!, literal[257 + long]!);
    out.put(length - LENGTHS.begin[long]!, LENGTHS.extra[long]!);
    const far = DISTANCE_SYMBOL[back <= 256 ? back - 1 : 256 + ((back - 1) >> 7)]!;
    out.put(distanceCode[far]!, distance[far]!);
    out.put(back - DISTANCES.begin[far]!, DISTANCES.extra[far]!);
  }
  out.put(literalCode[END]!, literal[END]!);
}

function bitsOf(counts: Uint32Array, lengths: Uint8Array, extra: readonly number[], from: number): number {
  let sum = 0;
  for (let symbol = 0; symbol < counts.length; symbol += 1)
    sum += counts[symbol]! * (lengths[symbol]! + (symbol < from ? 0 : extra[symbol - from]!));
  return sum;
}

function writeStored(out: BitWriter, plain: Uint8Array, isLast: boolean): void {
  out.reserve(plain.length + 5 * Math.ceil(plain.length / 65_535) + 16);
  for (let at = 0; at < plain.length || at === 0; at += 65_535) {
    const part = plain.subarray(at, at + 65_535);
    out.put(isLast && at + part.length === plain.length ? 1 : 0, 1);
    out.put(0, 2);
    out.align();
    out.put(part.length, 16);
    out.put(~part.length & 0xffff, 16);
    out.copy(part);
  }
}

/** How the lengths of both codes are said: themselves with runs, in a third code. */
function headerOf(literal: Uint8Array, distance: Uint8Array): { bits: number; write(out: BitWriter): void } {
  const literals = Math.max(257, usedOf(literal));
  const distances = Math.max(1, usedOf(distance));
  const runs = runsOf([...literal.subarray(0, literals), ...distance.subarray(0, distances)]);
  const counts = new Uint32Array(19);
  for (const { symbol } of runs) counts[symbol]! += 1;
  const lengths = codeLengths(counts, 7);
  let said = 19;
  while (said > 4 && lengths[ORDER[said - 1]!] === 0) said -= 1;
  return {
    bits: 17 + 3 * said + runs.reduce((sum, { symbol, bits }) => sum + lengths[symbol]! + bits, 0),
    write(out) {
      const codes = codesOf(lengths);
      out.put(literals - 257, 5);
      out.put(distances - 1, 5);
      out.put(said - 4, 4);
      for (const symbol of ORDER.slice(0, said)) out.put(lengths[symbol]!, 3);
      for (const { symbol, more, bits } of runs) {
        out.put(codes[symbol]!, lengths[symbol]!);
        out.put(more, bits);
      }
    },
  };
}

function usedOf(lengths: Uint8Array): number {
  let used = lengths.length;
  while (used > 0 && lengths[used - 1] === 0) used -= 1;
  return used;
}

interface Run {
  symbol: number;
  more: number;
  bits: number;
}

function runsOf(lengths: readonly number[]): Run[] {
  const runs: Run[] = [];
  for (let at = 0; at < lengths.length;) {
    const length = lengths[at]!;
    let count = 1;
    while (lengths[at + count] === length) count += 1;
    at += count;
    if (length > 0) {
      runs.push({ symbol: length, more: 0, bits: 0 });
      count -= 1;
    }
    while (count > 2) {
      const most = Math.min(count, length > 0 ? 6 : 138);
      if (length > 0) runs.push({ symbol: 16, more: most - 3, bits: 2 });
      else if (most > 10) runs.push({ symbol: 18, more: most - 11, bits: 7 });
      else runs.push({ symbol: 17, more: most - 3, bits: 3 });
      count -= most;
    }
    for (; count > 0; count -= 1) runs.push({ symbol: length, more: 0, bits: 0 });
  }
  return runs;
}
