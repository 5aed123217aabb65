import type { PushReceipt } from '@kdcube/release';
import { bytes, seconds } from '../log';
import { table } from '../table';

export interface PushRow {
  receipt: PushReceipt;
  /** Milliseconds. */
  took: number;
}

/** What a push did, one line an image: the answer to "why was this built, and what went over the line?". */
export function pushTable(rows: readonly PushRow[]): string[] {
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

function movedOf({ how, sent }: PushReceipt): string[] {
  if (how === 'adopted') return ['all', '0', bytes(0)];
  if (!sent) return ['?', '?', 'by the engine'];
  return [String(sent.keptLayers), String(sent.sentLayers), bytes(sent.bytes)];
}
