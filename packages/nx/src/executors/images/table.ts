import type { InventoryEntry } from '../../images/inventory/entry';
import { formatBytes, pluralize } from '../../system/log';
import { formatTable } from '../../system/table';

const HEADS = ['image', 'kind', 'key or pin', 'digest', 'base', 'bundles', 'tags', 'registry', 'size'];

/** One row for each image. `-`: it has none, or it is unknown. */
export function imagesTable(entries: readonly InventoryEntry[]): string[] {
  if (entries.length === 0) return [];
  return formatTable(
    HEADS,
    entries.map((entry) => [
      entry.image,
      entry.kind,
      entry.key === undefined ? short(entry.pinned) : `c-${entry.key.slice(0, 12)}`,
      short(entry.digest),
      Object.keys(entry.bases).map(nameAndTag).join(', ') || '-',
      entry.bundles.length === 0 ? '-' : String(entry.bundles.length),
      entry.tags.map(shortTag).join(', ') || '-',
      statusCell(entry),
      entry.bytes === undefined ? '-' : formatBytes(entry.bytes),
    ]),
  );
}

/** Why an image could not be verified, one line each. What ends the command is printed as its Problem instead. */
export function imageNotes(entries: readonly InventoryEntry[]): string[] {
  return entries.flatMap(({ image, status, reason }) =>
    reason === undefined || status === 'mismatch' || status === 'unknown' ? [] : [`${image}: ${reason}`],
  );
}

/** Begins the last line of `--create`, with what the registry confirmed. Empty without the option. */
export function createdText(created: readonly string[] | undefined): string {
  if (created === undefined) return '';
  if (created.length === 0) return 'No repository was created: all exist. ';
  const noun = created.length === 1 ? 'the repository' : `${created.length} repositories`;
  return `Created ${noun} ${created.join(', ')}. `;
}

/** The last line. It names the missing images, and the command that pushes them. */
export function summaryLine(entries: readonly InventoryEntry[], registry: string, offline: boolean): string {
  if (entries.length === 0) return 'The release has no images.';
  if (offline) {
    const rest = namesOf(entries, ({ proof }) => proof !== 'receipt');
    const without = rest === '' ? '' : ` No receipt: ${rest}.`;
    return `${registry} was not contacted (--offline): digests are from pins and from the receipts of this checkout.${without}`;
  }
  const missing = namesOf(entries, ({ status }) => status === 'missing');
  if (missing !== '') return `Not in ${registry}: ${missing}. To push: nx run-many -t docker-push`;
  const present = entries.filter(({ status }) => status === 'verified' || status === 'not-verified');
  const verified = entries.filter(({ status }) => status === 'verified');
  return `${registry} has ${present.length} of ${pluralize(entries.length, 'image')}, ${verified.length} verified.`;
}

function namesOf(entries: readonly InventoryEntry[], isNamed: (entry: InventoryEntry) => boolean): string {
  return entries
    .filter(isNamed)
    .map(({ image }) => image)
    .join(', ');
}

function statusCell({ status, proof }: InventoryEntry): string {
  const text = status === 'not-verified' ? 'not verified' : status === 'mismatch' ? 'another image' : status;
  return proof === undefined ? text : `${text} (${proof})`;
}

function short(digest: string | undefined): string {
  return digest === undefined ? '-' : digest.slice('sha256:'.length, 'sha256:'.length + 12);
}

/** Without its registry: `kdcube-chat-proc:2026.7.20.444`. */
function nameAndTag(base: string): string {
  return base.slice(base.lastIndexOf('/') + 1).replace(/@sha256:[0-9a-f]{64}$/, '');
}

/** Commits are long. */
function shortTag(tag: string): string {
  return tag.replace(/(?<=-[0-9a-f]{12})[0-9a-f]{28}(?:[0-9a-f]{24})?$/, '…');
}
