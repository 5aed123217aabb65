import { OUT, type PushReceipt } from '@kdcube/release/internal';
import { bytes, seconds } from '../../system/log';
import { table } from '../../system/table';

export interface PushRow {
  receipt: PushReceipt;
  /** Milliseconds. */
  took: number;
}

/** What a dry run found. */
export interface WouldPush {
  image: string;
  /** Why it would be pushed; undefined where its key is there. */
  why?: readonly string[];
}

/**
 * What a push did, or would do, one line an image: the answer to "why was this built, and what went over the line?"; and where it went, where nobody said. Of several tasks Nx shows nothing else.
 */
export function pushTable(rows: readonly (PushRow | WouldPush)[]): string[] {
  const pushed = rows.filter((row) => 'receipt' in row);
  const would = rows.filter((row): row is WouldPush => !('receipt' in row));
  const inFolder = pushed.some(({ receipt }) => receipt.repository.startsWith('oci:'));
  return [...pushedTable(pushed), ...dryRunTable(would), ...(inFolder ? [IN_FOLDER] : [])];
}

const IN_FOLDER = `No registry is named (KDCUBE_REGISTRY): the images are in ${OUT.images}.`;

function pushedTable(rows: readonly PushRow[]): string[] {
  if (rows.length === 0) return [];
  return table(
    ['image', 'digest', 'layers kept', 'sent', 'bytes', 'took', 'why'],
    rows.map(({ receipt, took }) => [
      receipt.image,
      receipt.digest.slice(0, 'sha256:'.length + 12),
      ...movedOf(receipt),
      seconds(took),
      receipt.how === 'adopted' ? 'its key was there: adopted' : receipt.why.join('; '),
    ]),
  );
}

function dryRunTable(rows: readonly WouldPush[]): string[] {
  if (rows.length === 0) return [];
  return table(
    ['image', 'would be', 'why'],
    rows.map(({ image, why }) => (why ? [image, 'pushed', why.join('; ')] : [image, 'adopted', 'its key is there'])),
  );
}

function movedOf({ how, sent }: PushReceipt): string[] {
  if (how === 'adopted') return ['all', '0', bytes(0)];
  if (!sent) return ['?', '?', 'by the engine'];
  return [String(sent.keptLayers), String(sent.sentLayers), bytes(sent.bytes)];
}
