import { LIMITS } from '@kdcube/release/internal';
import { gunzipSync } from 'node:zlib';
import type { Packing } from '@kdcube/release/internal';
import { gzipped } from '../../../oci/layer/gzip';

/** No descriptor is larger: the platform's YAML parser would take minutes. */
const MAX_BYTES = LIMITS.taskFileBytes.max;

/** Uses the compressor of image layers, because its output is the same on every machine: the same files give the same task definition. */
export const packing: Packing = { pack, unpack };

function pack(text: string): string {
  return gzipped(Buffer.from(text)).toString('base64');
}

function unpack(packed: string): string | undefined {
  try {
    return gunzipSync(Buffer.from(packed, 'base64'), { maxOutputLength: MAX_BYTES }).toString();
  } catch {
    return undefined;
  }
}
