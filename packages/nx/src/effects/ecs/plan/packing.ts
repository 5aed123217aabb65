import { crc32, gunzipSync } from 'node:zlib';
import type { Packing } from '@kdcube/release';
import { BLOCK, deflater } from '../../oci/deflate';

/** No descriptor has more: the platform's own reader of YAML would take minutes. Bytes. */
const MOST = 4 * 1024 * 1024;

/** By our own compressor, whose bytes are the same on every machine: a task definition that says the same is the same. */
export const packing: Packing = { pack, unpack };

function pack(text: string): string {
  const bytes = Buffer.from(text);
  const deflate = deflater();
  const packed: Uint8Array[] = [];
  for (let at = 0; at < bytes.length || at === 0; at += BLOCK)
    packed.push(deflate.push(bytes.subarray(at, at + BLOCK), at + BLOCK >= bytes.length));
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc32(bytes), 0);
  trailer.writeUInt32LE(bytes.length, 4);
  // RFC 1952, without a name or a time, for no system in particular.
  return Buffer.concat([Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255), ...packed, trailer]).toString('base64');
}

function unpack(packed: string): string | undefined {
  try {
    return gunzipSync(Buffer.from(packed, 'base64'), { maxOutputLength: MOST }).toString();
  } catch {
    return undefined;
  }
}
