import { KdcubeError } from '@kdcube/release/internal';
import { isMissingRepository, unexpectedResponse } from '../responses';
import { referenceName, type Registry, contentDigest } from '../transport/connect';
import type { HttpResponse, HttpRequest } from '../transport/types';
import { withRetries } from '../transport/retries';
import { parseErrors, isHtml, invalidResponse } from '../transport/problems';
import { MAX_RESPONSE_BYTES, initiateUpload, sendUploadRequest, type UploadSession, sessionFrom } from './upload-session';
import { type BlobDescriptor, type OpenBlob, verifyBlob } from './verify-blob';
import { smallerChunk, inPieces } from './chunks';

export interface UploadOptions {
  /** Told after each chunk: bytes of this blob that were sent so far. An upload that begins again begins at 0. */
  onProgress?: (sent: number) => void;
  /** An upload session that is open already, for the first attempt. Default: each attempt opens its own. */
  session?: UploadSession;
  /** Stops it, with the Problem `interrupted`. */
  signal?: AbortSignal;
}

const SUCCESS = [200, 201, 204];

/**
 * Sends a blob, which is never in memory as a whole: in one piece, and in several where the registry does not take that. After a cut connection it starts again
 * from the beginning, with waits. Digest and length are verified on the way out: a source that gives something else is the Problem `file-error`, and the
 * registry is left without the blob. Throws `registry-*` too.
 */
export async function uploadBlob(
  registry: Registry,
  repository: string,
  blob: BlobDescriptor,
  open: OpenBlob,
  options: UploadOptions = {},
): Promise<void> {
  const name = referenceName(registry, repository, blob.digest);
  const checked = () => verifyBlob(readSource(open, name), blob, (how) => sourceChanged(name, how));
  return uploadVerifiedBlob(registry, repository, blob, checked, options);
}

/** As `uploadBlob`, for a source that verifies itself. */
export async function uploadVerifiedBlob(
  registry: Registry,
  repository: string,
  blob: BlobDescriptor,
  open: OpenBlob,
  options: UploadOptions = {},
): Promise<void> {
  let leastPiece = 0;
  let piece: number | undefined;
  let { session } = options;
  const once = async () => {
    const upload = session ?? (await initiateUpload(registry, repository));
    session = undefined;
    leastPiece = upload.minChunk;
    const job: UploadAttempt = { registry, repository, blob, open, options, upload };
    return piece === undefined ? streamMonolithic(job) : streamChunked(job, piece);
  };
  for (;;) {
    const answer = await withRetries(registry.transport, registry.host, once);
    if (SUCCESS.includes(answer.status)) return;
    const tooLarge = answer.status === 413 || (answer.status === 416 && piece === undefined);
    const smaller = tooLarge ? smallerChunk(piece ?? blob.size, leastPiece) : undefined;
    if (smaller === undefined)
      throw await unexpectedResponse(registry, repository, `upload ${referenceName(registry, repository, blob.digest)}`, answer);
    piece = smaller;
  }
}

/** One try of one blob. */
interface UploadAttempt {
  registry: Registry;
  repository: string;
  blob: BlobDescriptor;
  open: OpenBlob;
  options: UploadOptions;
  upload: UploadSession;
}

function streamMonolithic(job: UploadAttempt): Promise<HttpResponse> {
  return commitBlob(job, job.upload.url, { size: job.blob.size, open: () => withProgress(job, job.open(), 0) });
}

async function streamChunked(job: UploadAttempt, piece: number): Promise<HttpResponse> {
  const { registry, repository, blob, options, upload } = job;
  const pieces = inPieces(job.open());
  let { url } = upload;
  try {
    for (let start = 0; start < blob.size; start += piece) {
      const size = Math.min(piece, blob.size - start);
      const answer = await sendUploadRequest(registry, repository, {
        method: 'PATCH',
        url,
        headers: { 'content-type': 'application/octet-stream', 'content-range': `${start}-${start + size - 1}` },
        body: { size, open: () => withProgress(job, pieces.take(start, size), start) },
        maxBytes: MAX_RESPONSE_BYTES,
        noRetry: true,
        signal: options.signal,
        validate: (sent) => checkUpload(job, sent, true),
      });
      if (answer.status >= 300) return answer;
      url = sessionFrom(registry, url, answer).url;
    }
    return await commitBlob(job, url, '');
  } finally {
    await pieces.close();
  }
}

function commitBlob(job: UploadAttempt, place: URL, body: HttpRequest['body']): Promise<HttpResponse> {
  const { registry, repository, blob, options } = job;
  const url = new URL(place);
  // As text: parsing and printing what is there could break a signature.
  url.search = `${place.search ? `${place.search}&` : '?'}digest=${encodeURIComponent(blob.digest)}`;
  return sendUploadRequest(registry, repository, {
    method: 'PUT',
    url,
    headers: { 'content-type': 'application/octet-stream' },
    body,
    maxBytes: MAX_RESPONSE_BYTES,
    noRetry: true,
    signal: options.signal,
    validate: (answer) => checkUpload(job, answer, body === ''),
  });
}

/** Refuses answers that another try from the beginning mends: an upload that the registry lost, bytes that changed underway. */
function checkUpload({ registry, repository, blob }: UploadAttempt, answer: HttpResponse, chunkReader: boolean): void {
  const name = referenceName(registry, repository, blob.digest);
  if (SUCCESS.includes(answer.status)) return checkContentDigest(answer, name, blob);
  const codes = parseErrors(answer).map(({ code }) => code);
  const gone = answer.status === 404 && !isMissingRepository(registry, answer) && !isHtml(answer);
  const outOfStep = answer.status === 416 && chunkReader;
  const broken = codes.some((code) =>
    ['BLOB_UPLOAD_UNKNOWN', 'BLOB_UPLOAD_INVALID', 'DIGEST_INVALID', 'SIZE_INVALID'].includes(code),
  );
  if (!gone && !outOfStep && !broken) return;
  throw invalidResponse(`${registry.host} lost the upload of ${name}: it answered ${[answer.status, ...codes].join(' ')}.`);
}

/** Refuses a success that is about another blob. */
export function checkContentDigest(answer: HttpResponse, name: string, { digest }: BlobDescriptor): void {
  const stated = contentDigest(answer, name) ?? digest;
  if (stated !== digest) throw invalidResponse(`${name} has the wrong digest: the registry stored it as ${stated}.`);
}

async function* withProgress(
  job: UploadAttempt,
  chunks: AsyncIterable<Uint8Array>,
  from: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  let sent = from;
  for await (const chunk of chunks) {
    yield chunk;
    sent += chunk.length;
    job.options.onProgress?.(sent);
  }
}

async function* readSource(open: OpenBlob, name: string): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* open();
  } catch (error) {
    if (error instanceof KdcubeError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new KdcubeError({ code: 'file-error', message: `The source of ${name} cannot be read: ${why}` }, { cause: error });
  }
}

function sourceChanged(name: string, how: string): KdcubeError {
  return new KdcubeError({
    code: 'file-error',
    message: `The source of ${name} changed while it was read: it ${how}. The blob was not uploaded.`,
    hint: 'run the same command again when nothing writes to the file',
  });
}
