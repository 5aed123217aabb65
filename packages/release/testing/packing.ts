import { gunzipSync, gzipSync } from 'node:zlib';
import type { Packing } from '../src/targets/ecs/task-definition/files';

/** The same on every machine, as goldens need it. What a deploy packs with is in the other package. */
export const packing: Packing = {
  pack: (text) => Buffer.from(text).toString('base64'),
  unpack: (packed) => Buffer.from(packed, 'base64').toString(),
};

/** As large as it really is, and what the container's own words read. */
export const gzip: Packing = {
  pack: (text) => gzipSync(text).toString('base64'),
  unpack: (packed) => {
    try {
      return gunzipSync(Buffer.from(packed, 'base64')).toString();
    } catch {
      return undefined;
    }
  },
};
