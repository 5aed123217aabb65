import { KdcubeError } from '@kdcube/release/internal';
import { carryOut, recordEffect, type Effect } from '../../system/journal';
import { inParallel } from '../../system/parallel';
import { mountBlob, type Repository, copyByStreaming } from './blobs';
import { headBlob } from './head-blob';
import { referenceName, type Registry } from '../transport/connect';
import type { UploadSession } from './upload-session';
import type { BlobDescriptor, OpenBlob } from './verify-blob';
import { uploadBlob } from './upload-blob';
import type { BlobProgress } from './progress';

/** A blob of an image, and where it is to be had. */
export interface PushBlob extends BlobDescriptor {
  /** Its bytes on this machine. */
  open?: OpenBlob;
  /** A repository that has it: mounted from there if possible, else streamed, unless it is on this machine too. */
  from?: Repository;
  /** The repository is assumed to have it (its last image did): it is not looked up. */
  assumeExists?: boolean;
  /** It was just created: it is not looked up. Only for small blobs: if the repository has it, it is sent in vain. */
  assumeMissing?: boolean;
}

export interface UploadedBlob extends BlobDescriptor {
  how: 'there' | 'mounted' | 'copied' | 'sent';
}

export interface UploadBlobsOptions {
  /** Blobs on their way at once. Default 4. */
  parallel?: number;
  onProgress?: (progress: BlobProgress) => void;
  /** Stops everything, with the Problem `interrupted`. */
  signal?: AbortSignal;
}

/** Questions at once: they cost a round trip and no bytes. */
const PARALLEL_CHECKS = 16;

/** Sends the blobs that the repository lacks, and adds each to `sent` when it is there. A failure stops the others; what has arrived stays. */
export async function uploadBlobs(
  { registry, repository }: Repository,
  blobs: readonly PushBlob[],
  sent: UploadedBlob[],
  options: UploadBlobsOptions = {},
): Promise<void> {
  const effect: Effect = { kind: 'blob', repository: `${registry.host}/${repository}` };
  const add = ({ digest, size }: BlobDescriptor, how: UploadedBlob['how']) => void sent.push({ digest, size, how });
  const missing: { blob: PushBlob; upload?: UploadSession }[] = [];
  await inParallel(blobs, PARALLEL_CHECKS, async (blob) => {
    if (blob.assumeExists || (!blob.assumeMissing && (await headBlob(registry, repository, blob)))) return add(blob, 'there');
    if (blob.from?.registry.host !== registry.host) return void missing.push({ blob });
    const outcome = await mountBlob(registry, repository, blob, blob.from.repository);
    if (outcome.mounted) {
      recordEffect(effect);
      return add(blob, 'mounted');
    }
    missing.push({ blob, upload: outcome.upload });
  });
  const stop = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
  const send = async ({ blob, upload }: { blob: PushBlob; upload?: UploadSession }) => {
    const { digest, size, open, from } = blob;
    const onProgress = (count: number) => options.onProgress?.({ digest, sent: count, total: size });
    const how = { signal, onProgress };
    if (!open && !from) throw noSource(registry, repository, digest);
    // An effect of its own for each blob: if the response is lost, the registry may have it.
    await carryOut({ ...effect }, async () => {
      if (open) await uploadBlob(registry, repository, blob, open, how);
      else if (from) await copyByStreaming(from, { registry, repository }, blob, upload, how);
    });
    add(blob, open ? 'sent' : 'copied');
  };
  await inParallel(missing, options.parallel ?? 4, send, () => stop.abort());
}

function noSource(registry: Registry, repository: string, digest: string): KdcubeError {
  return new KdcubeError({
    code: 'push-failed',
    message: `${referenceName(registry, repository, digest)} cannot be uploaded: the blob is neither on this machine nor in another repository.`,
  });
}
