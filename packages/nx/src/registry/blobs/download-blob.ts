import { KdcubeError } from '@kdcube/release/internal';
import { unexpectedResponse } from '../responses';
import { sendAuthorized } from '../transport/auth';
import { endpointUrl, referenceName, type Registry } from '../transport/connect';
import type { HttpResponse } from '../transport/types';
import { retryable, retryPolicy } from '../transport/retries';
import { invalidResponse } from '../transport/problems';
import { isHtml } from '../transport/response-text';
import { verifyBlob, type BlobDescriptor } from './verify-blob';

/** Bytes after which a connection has shown that it carries. */
const RETRY_RESET_BYTES = 1024 * 1024;

/**
 * The bytes of a blob in a registry, never in memory as a whole, digest and length verified before the last of them. A cut connection is taken up again where it
 * ended. Throws `image-not-found` when the registry does not have it, and `registry-response` for what is not this blob: what was read until then is worthless.
 */
export async function* streamBlob(
  registry: Registry,
  repository: string,
  blob: BlobDescriptor,
  { signal }: { signal?: AbortSignal } = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const from = referenceName(registry, repository, blob.digest);
  // Transient: the blob can be opened again.
  const wrong = (how: string) => retryable(invalidResponse(`${from} is invalid: it ${how}.`));
  yield* verifyBlob(resumingStream(registry, repository, blob, signal), blob, wrong);
}

/** A blob's bytes as they come. */
async function* resumingStream(
  registry: Registry,
  repository: string,
  blob: BlobDescriptor,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const from = referenceName(registry, repository, blob.digest);
  let wait = retryPolicy(registry.transport, registry.host);
  let offset = 0;
  for (;;) {
    const begin = offset;
    const { stream, skip } = await requestRange(registry, repository, blob, offset, signal);
    try {
      for await (const chunk of skipBytes(stream, skip)) {
        offset += chunk.length;
        yield chunk;
      }
      if (offset >= blob.size) return;
    } catch (error) {
      if (signal?.aborted) throw new KdcubeError({ code: 'interrupted', message: `Reading ${from} was interrupted.` });
      // Attempts count only without progress: a large blob may be cut more often than a small one.
      if (offset - begin >= RETRY_RESET_BYTES) wait = retryPolicy(registry.transport, registry.host);
      const { code, message } = error as NodeJS.ErrnoException;
      await wait(
        retryable(
          invalidResponse(
            `${registry.host} closed the connection in the middle of ${from} (${code ?? message}).`,
            undefined,
            error,
          ),
        ),
      );
      continue;
    } finally {
      stream.destroy();
    }
    await wait(retryable(invalidResponse(`${from} is incomplete: ${offset} of ${blob.size} bytes were received.`)));
  }
}

async function requestRange(
  registry: Registry,
  repository: string,
  blob: BlobDescriptor,
  offset: number,
  signal: AbortSignal | undefined,
): Promise<{ stream: NonNullable<HttpResponse['stream']>; skip: number }> {
  const from = referenceName(registry, repository, blob.digest);
  const validate = ({ status, headers, stream }: HttpResponse) => {
    if (!stream) return;
    const expected = status === 206 ? blob.size - offset : blob.size;
    const start = /^bytes ([0-9]+)-/.exec(headers['content-range'] ?? '')?.[1];
    const rightPart = status === 206 ? Number(start) === offset : status === 200;
    const { 'content-length': length = String(expected) } = headers;
    if (rightPart && Number(length) === expected) return;
    stream.destroy();
    throw invalidResponse(
      `${from} has the wrong size: expected ${expected} bytes, the registry announces ${length} (status ${status}).`,
    );
  };
  const headers: Record<string, string> = offset > 0 ? { range: `bytes=${offset}-` } : {};
  const url = endpointUrl(registry, repository, 'blobs', blob.digest);
  const outgoing = { method: 'GET', url, headers, maxBytes: 0, streamBytes: blob.size - offset, validate, signal } as const;
  const answer = await sendAuthorized(registry, outgoing, `repository:${repository}:pull`);
  if (answer.stream) return { stream: answer.stream, skip: answer.status === 206 ? 0 : offset };
  if (answer.status === 404 && !isHtml(answer)) {
    throw new KdcubeError({ code: 'image-not-found', message: `The blob ${from} does not exist.` });
  }
  throw await unexpectedResponse(registry, repository, `read ${from}`, answer);
}

async function* skipBytes(source: AsyncIterable<Uint8Array>, count: number): AsyncGenerator<Uint8Array, void, undefined> {
  let left = count;
  for await (const chunk of source) {
    const rest = chunk.subarray(Math.min(left, chunk.length));
    left -= chunk.length - rest.length;
    if (rest.length > 0) yield rest;
  }
}
