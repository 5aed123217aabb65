/** Content that is in memory, where a stream is expected. */
export async function* inOneChunk<T extends Uint8Array>(bytes: T): AsyncGenerator<T> {
  yield bytes;
}
