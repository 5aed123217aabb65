import { formatBytes, type Log } from '../../system/log';

export interface BlobProgress {
  digest: string;
  /** Bytes. It begins at 0 again where an upload has to. */
  sent: number;
  total: number;
}

/** Reports the progress of a push: a line on `log` at most every `every` milliseconds (default 5 s), and none for one that takes less. */
export function logProgress(
  log: Pick<Log, 'progress'>,
  subject: string,
  { every = 5_000, now = Date.now }: { every?: number; now?: () => number } = {},
): (progress: BlobProgress) => void {
  const blobs = new Map<string, BlobProgress>();
  let reportedAt = now();
  return (progress) => {
    blobs.set(progress.digest, progress);
    if (now() - reportedAt < every) return;
    reportedAt = now();
    const sum = (key: 'sent' | 'total') => [...blobs.values()].reduce((total, blob) => total + blob[key], 0);
    const under = [...blobs.values()].filter(({ sent, total }) => sent < total).length;
    log.progress(
      `sending ${subject}: ${formatBytes(sum('sent'))} of ${formatBytes(sum('total'))}, ${under} ${under === 1 ? 'layer' : 'layers'} in progress`,
    );
  };
}
