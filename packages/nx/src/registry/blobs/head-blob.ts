import { sendLookup } from '../tags/look-up';
import { unexpectedResponse } from '../responses';
import { endpointUrl, referenceName, type Registry } from '../transport/connect';
import { invalidResponse } from '../transport/problems';
import { type BlobDescriptor } from './verify-blob';

/** Whether a repository has a blob. Throws `registry-response` where it has another length, `registry-denied` and `registry-unreachable`. */
export async function headBlob(registry: Registry, repository: string, { digest, size }: BlobDescriptor): Promise<boolean> {
  const name = referenceName(registry, repository, digest);
  const url = endpointUrl(registry, repository, 'blobs', digest);
  const answer = await sendLookup(registry, repository, { method: 'HEAD', url, headers: {}, maxBytes: 0 });
  if (answer.status === 404) return false;
  if (answer.status !== 200) throw await unexpectedResponse(registry, repository, `read ${name}`, answer);
  const length = answer.headers['content-length'];
  if (length === undefined || Number(length) === size) return true;
  throw invalidResponse(`${name} has the wrong size: expected ${size} bytes, got ${length}.`);
}
