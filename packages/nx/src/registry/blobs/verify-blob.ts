import { sha256Counter } from '../../system/chunks';

/** A blob by what it must be. */
export interface BlobDescriptor {
  digest: string;
  /** Bytes. */
  size: number;
}

/** Opens the bytes of a blob, from the first one each time. A chunk must not be modified after it was yielded. */
export type OpenBlob = () => AsyncIterable<Uint8Array>;

/**
 * The bytes of `source`, counted and digested on the way. The last chunk is yielded only after size and digest are verified, so that a caller that streams them
 * never completes a wrong blob. `wrong` makes the Problem from a phrase that follows "it".
 */
export async function* verifyBlob(
  source: AsyncIterable<Uint8Array>,
  { digest, size }: BlobDescriptor,
  wrong: (how: string) => Error,
): AsyncGenerator<Uint8Array, void, undefined> {
  const content = sha256Counter();
  let last: Uint8Array | undefined;
  for await (const chunk of source) {
    if (chunk.length === 0) continue;
    content.add(chunk);
    if (content.bytes() > size) throw wrong(`has more than the expected ${size} bytes`);
    if (last) yield last;
    last = chunk;
  }
  if (content.bytes() !== size) throw wrong(`has ${content.bytes()} bytes instead of ${size}`);
  const found = content.digest();
  if (found !== digest) throw wrong(`has the digest ${found} instead of ${digest}`);
  if (last) yield last;
}
