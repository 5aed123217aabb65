import { retryable } from '../transport/retries';
import { invalidResponse } from '../transport/problems';

/** The size of a piece if a registry, or a proxy before it, does not accept a blob in one. The default limit of proxies is 1 MiB. */
const CHUNK_SIZES = [16 * 1024 * 1024, 4 * 1024 * 1024, 1024 * 1024, 256 * 1024];

export function smallerChunk(current: number, least: number): number | undefined {
  return CHUNK_SIZES.map((size) => Math.max(size, least)).find((size) => size < current);
}

/** One source for several requests, each of which takes its part. */
export function inPieces(source: AsyncIterable<Uint8Array>) {
  const iterator = source[Symbol.asyncIterator]();
  let rest: Uint8Array = Buffer.alloc(0);
  let at = 0;
  return {
    async *take(start: number, size: number): AsyncGenerator<Uint8Array, void, undefined> {
      // A request that is sent once more (its token had expired) finds its bytes gone.
      if (start !== at)
        throw retryable(
          invalidResponse(`The upload must restart: its chunk at byte ${start} was already read up to byte ${at}.`),
        );
      while (at < start + size) {
        if (rest.length === 0) {
          const next = await iterator.next();
          if (next.done) return;
          rest = next.value;
        }
        const chunk = rest.subarray(0, start + size - at);
        rest = rest.subarray(chunk.length);
        at += chunk.length;
        yield chunk;
      }
    },
    close: () => iterator.return?.(),
  };
}
