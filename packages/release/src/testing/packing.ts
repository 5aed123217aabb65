import { gunzipSync, gzipSync } from 'node:zlib';
import type { Packing } from '../ecs/tasks/files';

/** Ours is in the other package: no test of this one asks for the bytes. */
export const packing: Packing = {
  pack: (text) => gzipSync(text).toString('base64'),
  unpack: (packed) => {
    try {
      return gunzipSync(Buffer.from(packed, 'base64')).toString();
    } catch {
      return undefined;
    }
  },
};
