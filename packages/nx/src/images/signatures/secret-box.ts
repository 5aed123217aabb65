import { timingSafeEqual } from 'node:crypto';

// NaCl's secretbox (XSalsa20 and Poly1305), which Node's OpenSSL does not have. Decryption only, for one small key: speed does not matter.

const SIGMA = Uint32Array.from([0x61707865, 0x3320646e, 0x79622d32, 0x6b206574]);
/** The quarter rounds of a double round of Salsa20: columns, then rows. */
const ROUNDS = [
  [0, 4, 8, 12],
  [5, 9, 13, 1],
  [10, 14, 2, 6],
  [15, 3, 7, 11],
  [0, 1, 2, 3],
  [5, 6, 7, 4],
  [10, 11, 8, 9],
  [15, 12, 13, 14],
] as const;

/** Decrypts and authenticates. Throws if the key is wrong or the box was modified. */
export function openSecretBox(box: Uint8Array, nonce: Uint8Array, key: Uint8Array): Buffer {
  if (nonce.length !== 24 || key.length !== 32 || box.length < 16) throw new Error('not a secretbox');
  const subkey = hsalsa20(toIntegers(key), toIntegers(nonce.subarray(0, 16)));
  const [tag, ciphertext] = [box.subarray(0, 16), box.subarray(16)];
  const stream = salsa20(subkey, toIntegers(nonce.subarray(16)), 32 + ciphertext.length);
  if (!timingSafeEqual(poly1305(ciphertext, stream.subarray(0, 32)), tag)) throw new Error('the secretbox does not open');
  return Buffer.from(ciphertext.map((byte, at) => byte ^ stream[32 + at]!));
}

function toIntegers(bytes: Uint8Array): Uint32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Uint32Array.from({ length: bytes.length / 4 }, (_, at) => view.getUint32(at * 4, true));
}

/** The Salsa20 state: the key and 16 input bytes, placed around the constants. */
function stateOf(key: Uint32Array, input: Uint32Array): Uint32Array {
  const [k, n, s] = [[...key], [...input], [...SIGMA]];
  return Uint32Array.from([s[0]!, ...k.slice(0, 4), s[1]!, ...n, s[2]!, ...k.slice(4), s[3]!]);
}

function twentyRounds(state: Uint32Array): Uint32Array {
  const x = state.slice();
  const add = (to: number, a: number, b: number, shift: number) => {
    const sum = (x[a]! + x[b]!) | 0;
    x[to]! ^= (sum << shift) | (sum >>> (32 - shift));
  };
  for (let round = 0; round < 10; round += 1)
    for (const [a, b, c, d] of ROUNDS) {
      add(b, a, d, 7);
      add(c, b, a, 9);
      add(d, c, b, 13);
      add(a, d, c, 18);
    }
  return x;
}

function hsalsa20(key: Uint32Array, input: Uint32Array): Uint32Array {
  const x = twentyRounds(stateOf(key, input));
  return Uint32Array.from([0, 5, 10, 15, 6, 7, 8, 9], (at) => x[at]!);
}

function salsa20(key: Uint32Array, nonce: Uint32Array, length: number): Buffer {
  const stream = Buffer.alloc(Math.ceil(length / 64) * 64);
  for (let block = 0; block * 64 < length; block += 1) {
    const state = stateOf(key, Uint32Array.from([...nonce, block, 0]));
    twentyRounds(state).forEach((word, at) => stream.writeUInt32LE((word + state[at]!) >>> 0, block * 64 + at * 4));
  }
  return stream.subarray(0, length);
}

function poly1305(message: Uint8Array, key: Uint8Array): Buffer {
  const number = (bytes: Uint8Array) => bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  const r = number(key.subarray(0, 16)) & 0x0ffffffc0ffffffc0ffffffc0fffffffn;
  const prime = (1n << 130n) - 5n;
  let sum = 0n;
  for (let at = 0; at < message.length; at += 16) {
    const block = message.subarray(at, at + 16);
    sum = ((sum + number(block) + (1n << BigInt(8 * block.length))) * r) % prime;
  }
  const tag = (sum + number(key.subarray(16))) & ((1n << 128n) - 1n);
  return Buffer.from(tag.toString(16).padStart(32, '0'), 'hex').reverse();
}
