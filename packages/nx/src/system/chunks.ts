import { createHash } from 'node:crypto';

/** Counts and hashes the chunks of a stream. */
export function sha256Counter(): { add(chunk: Uint8Array): void; bytes(): number; digest(): string } {
  const hash = createHash('sha256');
  let bytes = 0;
  return {
    add(chunk) {
      hash.update(chunk);
      bytes += chunk.length;
    },
    bytes: () => bytes,
    digest: () => `sha256:${hash.digest('hex')}`,
  };
}

/** Content that is in memory, where a stream is expected. */
export async function* inOneChunk<T extends Uint8Array>(bytes: T): AsyncGenerator<T> {
  yield bytes;
}
