import { KdcubeError } from '@kdcube/release/internal';
import { unexpectedResponse } from '../responses';
import { referenceName, type Registry, contentDigest } from '../transport/connect';
import type { HttpResponse, HttpRequest } from '../transport/types';
import { withRetries } from '../transport/retries';
import { invalidResponse } from '../transport/problems';
import { describeResponse } from '../transport/response-text';
import { headBlob } from './head-blob';
import { MAX_RESPONSE_BYTES, initiateUpload, sendUploadRequest, type UploadSession, sessionFrom } from './upload-session';
import { type BlobDescriptor, type OpenBlob, verifyBlob } from './verify-blob';
import { inPieces } from './chunks';
import { isLostUpload, isOverwriteRefused, nextPiece } from './upload-answers';

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
 * Uploads a blob as a stream: in one piece, or in several if the registry does not accept one. After a cut connection it starts again
 * from the beginning, with back-off. Digest and length are verified before the last chunk is sent: a source with other content is the Problem `file-error`, and the
 * registry never gets the blob. Throws `registry-*` too.
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
  let lost = 0;
  let { session } = options;
  const once = async () => {
    const upload = session ?? (await initiateUpload(registry, repository));
    session = undefined;
    leastPiece = upload.minChunk;
    const job: UploadAttempt = { registry, repository, blob, open, options, upload };
    try {
      return await (piece === undefined ? streamMonolithic(job) : streamChunked(job, piece));
    } finally {
      // A registry that loses every upload in one PUT may accept one in docker's way (PATCH, then PUT).
      if (job.isLost && (lost += 1) > 1) piece ??= blob.size;
    }
  };
  for (;;) {
    const answer = await withRetries(registry.transport, registry.host, once);
    if (SUCCESS.includes(answer.status)) return;
    const smaller = nextPiece(answer, blob, piece, leastPiece);
    if (smaller === undefined) {
      if (isOverwriteRefused(answer) && (await headBlob(registry, repository, blob))) return;
      throw await unexpectedResponse(registry, repository, `upload ${referenceName(registry, repository, blob.digest)}`, answer);
    }
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
  /** The registry answered that it does not have the upload, or not all of its bytes. */
  isLost?: true;
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
        headers: { 'content-type': 'application/octet-stream', ...(size < blob.size && contentRange(start, size)) },
        body: { size, open: () => withProgress(job, pieces.take(start, size), start) },
        maxBytes: MAX_RESPONSE_BYTES,
        noRetry: true,
        signal: options.signal,
        validate: (sent) => checkUpload(job, sent, size < blob.size),
      });
      if (answer.status >= 300) return answer;
      if (answer.headers.location !== undefined) url = sessionFrom(registry, url, answer).url;
    }
    return await commitBlob(job, url, '');
  } finally {
    await pieces.close();
  }
}

function contentRange(start: number, size: number): Record<string, string> {
  return { 'content-range': `${start}-${start + size - 1}` };
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

/** Throws for responses after which the upload has to start again. */
function checkUpload(job: UploadAttempt, answer: HttpResponse, isChunked: boolean): void {
  const { registry, repository, blob } = job;
  const name = referenceName(registry, repository, blob.digest);
  if (SUCCESS.includes(answer.status)) return checkContentDigest(answer, name, blob);
  if (!isLostUpload(registry, answer, isChunked)) return;
  job.isLost = true;
  throw invalidResponse(
    `${registry.host} lost the upload of ${name}: it answered ${describeResponse(answer, registry.transport.secrets)}.`,
  );
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
