/** The lengths of a Huffman code for these counts, none longer than `limit` bits (RFC 1951, 3.2.2). Equal counts are taken in the order of their symbols, so that the same counts give the same code everywhere. */
export function codeLengths(counts: Uint32Array, limit: number): Uint8Array {
  const lengths = new Uint8Array(counts.length);
  const used: number[] = [];
  for (let symbol = 0; symbol < counts.length; symbol += 1) if (counts[symbol]! > 0) used.push(symbol);
  // A code of one symbol has one bit all the same.
  if (used.length < 2) {
    for (const symbol of used) lengths[symbol] = 1;
    return lengths;
  }
  used.sort((one, other) => counts[one]! - counts[other]! || one - other);
  const perLength = limited(depthsOf(used.map((symbol) => counts[symbol]!)), limit);
  // The rarest symbols have the longest codes.
  let at = 0;
  for (let length = limit; length > 0; length -= 1)
    for (let count = perLength[length]!; count > 0; count -= 1) lengths[used[at++]!] = length;
  return lengths;
}

/** How deep each leaf lies in a Huffman tree of these weights, which are in order: the two lightest nodes become one, until there is one. */
function depthsOf(weights: readonly number[]): Uint8Array {
  const leaves = weights.length;
  const nodes = 2 * leaves - 1;
  const weight = new Float64Array(nodes);
  const parent = new Uint16Array(nodes);
  weight.set(weights);
  let leaf = 0;
  let inner = leaves;
  for (let made = leaves; made < nodes; made += 1) {
    for (let side = 0; side < 2; side += 1) {
      const lightest = leaf < leaves && (inner >= made || weight[leaf]! <= weight[inner]!) ? leaf++ : inner++;
      weight[made] = weight[made]! + weight[lightest]!;
      parent[lightest] = made;
    }
  }
  const depth = new Uint8Array(nodes);
  for (let node = nodes - 2; node >= 0; node -= 1) depth[node] = depth[parent[node]!]! + 1;
  return depth.subarray(0, leaves);
}

/** How many codes have each length, when none is longer than the limit: what is too long becomes as long as may be, and shorter ones make room for it. */
function limited(depths: Uint8Array, limit: number): Int32Array {
  const perLength = new Int32Array(limit + 1);
  let taken = 0;
  for (const depth of depths) {
    const length = Math.min(depth, limit);
    perLength[length]! += 1;
    taken += 2 ** (limit - length);
  }
  for (; taken > 2 ** limit; taken -= 1) {
    let length = limit - 1;
    while (perLength[length] === 0) length -= 1;
    perLength[length]! -= 1;
    perLength[length + 1]! += 2;
    perLength[limit]! -= 1;
  }
  return perLength;
}

/** The codes of these lengths, with their bits in the order in which deflate writes them. */
export function codesOf(lengths: Uint8Array): Uint16Array {
  const perLength = new Uint16Array(17);
  for (const length of lengths) perLength[length]! += 1;
  perLength[0] = 0;
  const next = new Uint16Array(17);
  for (let length = 1, code = 0; length < 16; length += 1) {
    code = (code + perLength[length - 1]!) << 1;
    next[length] = code;
  }
  const codes = new Uint16Array(lengths.length);
  for (let symbol = 0; symbol < lengths.length; symbol += 1) {
    const length = lengths[symbol]!;
    let code = length > 0 ? next[length]!++ : 0;
    let turned = 0;
    for (let bit = 0; bit < length; bit += 1) {
      turned = (turned << 1) | (code & 1);
      code >>= 1;
    }
    codes[symbol] = turned;
  }
  return codes;
}
