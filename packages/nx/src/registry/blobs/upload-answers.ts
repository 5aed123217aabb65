import { isMissingRepository, isRefusedOverwrite } from '../responses';
import type { Registry } from '../transport/registry';
import { isHtml, parseErrors } from '../transport/response-text';
import type { HttpResponse } from '../transport/types';
import { smallerChunk } from './chunks';
import type { BlobDescriptor } from './verify-blob';

/** How registries that require PATCH refuse a PUT with bytes: Artifactory, and proxies that support only docker's requests. */
const NOT_IN_ONE_PUT = [405, 411, 415, 416, 501];

/**
 * The bytes of each PATCH of the next attempt; undefined if no other way remains. All of them at once is how docker sends a blob; smaller pieces
 * are for registries, and proxies before them, that limit the size of a request.
 */
export function nextPiece(
  answer: HttpResponse,
  { size }: BlobDescriptor,
  piece: number | undefined,
  least: number,
): number | undefined {
  const { status } = answer;
  if (piece === undefined && status !== 413) return isPutRefused(answer) ? size : undefined;
  const isTooLarge = status === 413 || (status === 416 && piece === size);
  return isTooLarge ? smallerChunk(piece ?? size, least) : undefined;
}

function isPutRefused(answer: HttpResponse): boolean {
  if (NOT_IN_ONE_PUT.includes(answer.status)) return true;
  const codes = parseErrors(answer).map(({ code }) => code);
  return [400, 404].includes(answer.status) && codes.some((code) => code === 'BLOB_UNKNOWN' || code === 'UNSUPPORTED');
}

/** A registry without overwriting refuses a blob that another push has uploaded in the meantime. */
export function isOverwriteRefused(answer: HttpResponse): boolean {
  return [400, 403, 405, 409, 412].includes(answer.status) && isRefusedOverwrite(answer);
}

const LOST = ['BLOB_UPLOAD_UNKNOWN', 'BLOB_UPLOAD_INVALID', 'DIGEST_INVALID', 'SIZE_INVALID'];

/** Whether the registry lost an upload, or bytes of it changed on the way: a new upload may succeed. `isChunked`: sent in several pieces. */
export function isLostUpload(registry: Registry, answer: HttpResponse, isChunked: boolean): boolean {
  if (isOverwriteRefused(answer) || (!isChunked && isPutRefused(answer))) return false;
  const isGone = answer.status === 404 && !isMissingRepository(registry, answer) && !isHtml(answer);
  const isOutOfStep = answer.status === 416 && isChunked;
  return isGone || isOutOfStep || parseErrors(answer).some(({ code }) => LOST.includes(code));
}
