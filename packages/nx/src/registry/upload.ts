import { KdcubeError } from '@kdcube/release/internal';
import { isMissingRepository, refused } from './registry';
import { nameOf, type Registry, statedDigest } from './transport/connect';
import type { Answer, Outgoing } from './transport/types';
import { passes, retrying } from './transport/http';
import { errorsIn, isWebPage, oddAnswer } from './transport/problems';
import { ANSWER_LIMIT, openUpload, sendTo, type Upload, uploadAt, type Uploads } from './session';
import { type BlobName, type OpenBlob, verified } from './stream';

export interface UploadOptions {
  /** Told after each chunk: bytes of this blob that were sent so far. An upload that begins again begins at 0. */
  onProgress?: (sent: number) => void;
  /** Uploads that are open already. Default: one is opened when it is needed. */
  uploads?: Uploads;
  /** Stops it, with the Problem `interrupted`. */
  signal?: AbortSignal;
}

const DONE = [200, 201, 204];
/** Bytes of a piece where a registry, or a proxy before it, does not take a blob in one. Proxies come with a limit of 1 MiB. */
const PIECES = [16 * 1024 * 1024, 4 * 1024 * 1024, 1024 * 1024, 256 * 1024];

/**
 * Sends a blob, which is never in memory as a whole: in one piece, and in several where the registry does not take that. After a cut connection it starts again
 * from the beginning, with waits. Digest and length are verified on the way out: a source that gives something else is the Problem `file-failed`, and the
 * registry is left without the blob. Throws `registry-*` too.
 */
export async function putBlob(
  registry: Registry,
  repository: string,
  blob: BlobName,
  open: OpenBlob,
  options: UploadOptions = {},
): Promise<void> {
  const name = nameOf(registry, repository, blob.digest);
  const checked = () => verified(readable(open, name), blob, (how) => changed(name, how));
  return putVerified(registry, repository, blob, checked, options);
}

/** As putBlob, for a source that verifies itself. */
export async function putVerified(
  registry: Registry,
  repository: string,
  blob: BlobName,
  open: OpenBlob,
  options: UploadOptions = {},
): Promise<void> {
  let leastPiece = 0;
  let piece: number | undefined;
  const once = async () => {
    const upload = await (options.uploads?.next() ?? openUpload(registry, repository));
    leastPiece = upload.leastPiece;
    const job: Job = { registry, repository, blob, open, options, upload };
    return piece === undefined ? sendWhole(job) : sendPieces(job, piece);
  };
  for (;;) {
    const answer = await retrying(registry.transport, registry.host, once);
    if (DONE.includes(answer.status)) return;
    const tooLarge = answer.status === 413 || (answer.status === 416 && piece === undefined);
    const smaller = tooLarge ? nextPiece(piece ?? blob.size, leastPiece) : undefined;
    if (smaller === undefined)
      throw await refused(registry, repository, `to take ${nameOf(registry, repository, blob.digest)}`, answer);
    piece = smaller;
  }
}

/** One try of one blob. */
interface Job {
  registry: Registry;
  repository: string;
  blob: BlobName;
  open: OpenBlob;
  options: UploadOptions;
  upload: Upload;
}

function sendWhole(job: Job): Promise<Answer> {
  return finish(job, job.upload.url, { size: job.blob.size, open: () => told(job, job.open(), 0) });
}

async function sendPieces(job: Job, piece: number): Promise<Answer> {
  const { registry, repository, blob, options, upload } = job;
  const pieces = inPieces(job.open());
  let { url } = upload;
  try {
    for (let start = 0; start < blob.size; start += piece) {
      const size = Math.min(piece, blob.size - start);
      const answer = await sendTo(registry, repository, {
        method: 'PATCH',
        url,
        headers: { 'content-type': 'application/octet-stream', 'content-range': `${start}-${start + size - 1}` },
        body: { size, open: () => told(job, pieces.take(start, size), start) },
        limit: ANSWER_LIMIT,
        once: true,
        signal: options.signal,
        check: (sent) => checkUpload(job, sent, true),
      });
      if (answer.status >= 300) return answer;
      url = uploadAt(registry, url, answer).url;
    }
    return await finish(job, url, '');
  } finally {
    await pieces.close();
  }
}

function finish(job: Job, place: URL, body: Outgoing['body']): Promise<Answer> {
  const { registry, repository, blob, options } = job;
  const url = new URL(place);
  // As text: parsing and printing what is there could break a signature.
  url.search = `${place.search ? `${place.search}&` : '?'}digest=${encodeURIComponent(blob.digest)}`;
  return sendTo(registry, repository, {
    method: 'PUT',
    url,
    headers: { 'content-type': 'application/octet-stream' },
    body,
    limit: ANSWER_LIMIT,
    once: true,
    signal: options.signal,
    check: (answer) => checkUpload(job, answer, body === ''),
  });
}

/** Refuses answers that another try from the beginning mends: an upload that the registry lost, bytes that changed underway. */
function checkUpload({ registry, repository, blob }: Job, answer: Answer, inPieces: boolean): void {
  const name = nameOf(registry, repository, blob.digest);
  if (DONE.includes(answer.status)) return checkStated(answer, name, blob);
  const codes = errorsIn(answer).map(({ code }) => code);
  const gone = answer.status === 404 && !isMissingRepository(registry, answer) && !isWebPage(answer);
  const outOfStep = answer.status === 416 && inPieces;
  const broken = codes.some((code) =>
    ['BLOB_UPLOAD_UNKNOWN', 'BLOB_UPLOAD_INVALID', 'DIGEST_INVALID', 'SIZE_INVALID'].includes(code),
  );
  if (!gone && !outOfStep && !broken) return;
  throw oddAnswer(`${registry.host} lost the upload of ${name}: it answered ${[answer.status, ...codes].join(' ')}.`);
}

/** Refuses a success that is about another blob. */
export function checkStated(answer: Answer, name: string, { digest }: BlobName): void {
  const stated = statedDigest(answer, name) ?? digest;
  if (stated !== digest) throw oddAnswer(`${name} is not what it should be: the registry took it for ${stated}.`);
}

function nextPiece(current: number, least: number): number | undefined {
  return PIECES.map((size) => Math.max(size, least)).find((size) => size < current);
}

/** One source for several requests, each of which takes its part. */
function inPieces(source: AsyncIterable<Uint8Array>) {
  const iterator = source[Symbol.asyncIterator]();
  let rest: Uint8Array = Buffer.alloc(0);
  let at = 0;
  return {
    async *take(start: number, size: number): AsyncGenerator<Uint8Array, void, undefined> {
      // A request that is sent once more (its token had expired) finds its bytes gone.
      if (start !== at)
        throw passes(oddAnswer(`The upload has to begin again: its piece at ${start} had been read up to ${at}.`));
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

async function* told(job: Job, chunks: AsyncIterable<Uint8Array>, from: number): AsyncGenerator<Uint8Array, void, undefined> {
  let sent = from;
  for await (const chunk of chunks) {
    yield chunk;
    sent += chunk.length;
    job.options.onProgress?.(sent);
  }
}

async function* readable(open: OpenBlob, name: string): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* open();
  } catch (error) {
    if (error instanceof KdcubeError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new KdcubeError(
      { code: 'file-failed', message: `What should be sent as ${name} cannot be read: ${why}` },
      { cause: error },
    );
  }
}

function changed(name: string, how: string): KdcubeError {
  return new KdcubeError({
    code: 'file-failed',
    message: `What should be sent as ${name} ${how}: it changed while it was read. The registry did not get it.`,
    hint: 'run it again when nothing writes there',
  });
}
