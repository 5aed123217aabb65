import { gunzipSync } from 'node:zlib';
import type { Packing } from '@kdcube/release/internal';
import { gzipped } from '../../../oci/gzip';

/** No descriptor has more: the platform's own reader of YAML would take minutes. Bytes. */
const MOST = 4 * 1024 * 1024;

/** By our own compressor, whose bytes are the same on every machine: a task definition that says the same is the same. */
export const packing: Packing = { pack, unpack };

function pack(text: string): string {
  return gzipped(Buffer.from(text)).toString('base64');
}

function unpack(packed: string): string | undefined {
  try {
    return gunzipSync(Buffer.from(packed, 'base64'), { maxOutputLength: MOST }).toString();
  } catch {
    return undefined;
  }
}
