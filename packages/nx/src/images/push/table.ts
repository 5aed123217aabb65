import { type MirrorReceipt, OUT, type PushReceipt } from '@kdcube/release/internal';
import { formatBytes, formatDuration } from '../../system/log';
import { formatTable } from '../../system/table';

export interface PushRow {
  receipt: PushReceipt | MirrorReceipt;
  /** Milliseconds. */
  took: number;
}

/** What a dry run found. */
export interface WouldPush {
  image: string;
  /** Why it would be pushed or mirrored; undefined if it would be reused. */
  why?: readonly string[];
}

/** The results of a push or a dry run, one line for each image: why it was built and what was sent. */
export function pushTable(rows: readonly (PushRow | WouldPush)[]): string[] {
  const pushed = rows.filter((row) => 'receipt' in row);
  const would = rows.filter((row): row is WouldPush => !('receipt' in row));
  const inFolder = pushed.some(({ receipt }) => receipt.repository.startsWith('oci:'));
  return [...pushedTable(pushed), ...dryRunTable(would), ...(inFolder ? [IN_FOLDER] : [])];
}

/** `pushed     <registry>/<image>@<digest>` for each image that was pushed to or reused in a registry: the argument of `docker pull`. */
export function imageReferences(rows: readonly (PushRow | WouldPush)[]): string[] {
  return rows.flatMap((row) => {
    if (!('receipt' in row) || row.receipt.repository.startsWith('oci:')) return [];
    const { how, repository, digest } = row.receipt;
    return [`${(how === 'reused' ? 'reused' : 'pushed').padEnd(10)} ${repository}@${digest}`];
  });
}

const IN_FOLDER = `No registry is configured (KDCUBE_REGISTRY): the images are in ${OUT.images}.`;
function pushedTable(rows: readonly PushRow[]): string[] {
  if (rows.length === 0) return [];
  return formatTable(
    ['image', 'digest', 'layers reused', 'sent', 'bytes', 'took', 'why'],
    rows.map(({ receipt, took }) => [
      receipt.image,
      receipt.digest.slice(0, 'sha256:'.length + 12),
      ...transferOf(receipt),
      formatDuration(took),
      whyOf(receipt),
    ]),
  );
}

function dryRunTable(rows: readonly WouldPush[]): string[] {
  if (rows.length === 0) return [];
  return formatTable(
    ['image', 'would be', 'why'],
    rows.map(({ image, why }) => (why ? [image, 'pushed', why.join('; ')] : [image, 'reused', 'already there'])),
  );
}

function whyOf(receipt: PushReceipt | MirrorReceipt): string {
  if (receipt.receipt === 'mirror')
    return receipt.how === 'reused' ? 'already in the registry: reused' : `mirrored from ${receipt.source}`;
  const { how, why, repository, trustRegistry } = receipt;
  if (how !== 'reused') return why.join('; ');
  const place = repository.startsWith('oci:') ? OUT.images : 'the registry';
  return `already in ${place}: reused${trustRegistry ? ', not verified (trustRegistry)' : ''}`;
}

function transferOf(receipt: PushReceipt | MirrorReceipt): string[] {
  if (receipt.how === 'reused') return ['all', '0', formatBytes(0)];
  if (!receipt.sent) return ['?', '?', 'by the engine'];
  if (receipt.receipt === 'mirror') {
    const { reusedBlobs, sentBlobs, bytes } = receipt.sent;
    return [String(reusedBlobs), String(sentBlobs), formatBytes(bytes)];
  }
  const { sent } = receipt;
  return [String(sent.reusedLayers), String(sent.sentLayers), formatBytes(sent.bytes)];
}
