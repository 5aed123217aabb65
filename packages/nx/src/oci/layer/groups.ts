import { createHash } from 'node:crypto';
import type { LayerEntry, PlannedLayer } from '@kdcube/release/internal';
import { MOST_LAYERS } from './base';

/** What goes into one layer. `name` tells it apart from the others of its instruction. */
export interface LayerGroup {
  entries: LayerEntry[];
  /** The folders above them. */
  above: PlannedLayer['above'];
  name?: string;
}

/** More layers of bundles cost more round trips than they save. */
const MOST_BUNDLE_LAYERS = 60;

/**
 * The layers of each step: its own files in one, and each bundle in one of its own, so that a changed bundle is all that is sent. Where there are more bundles than layers for them, they go into buckets
 * by the hash of their place: a bundle that comes or goes touches one bucket. Room is left for what the base has.
 */
export function layerGroups(steps: readonly PlannedLayer[], baseLayers: number): LayerGroup[][] {
  const own = steps.filter(({ entries }) => entries.some(({ kind }) => kind !== 'closed')).length;
  const withBundles = steps.filter(({ entries }) => entries.some(({ kind }) => kind === 'closed')).length;
  const room = Math.min(MOST_BUNDLE_LAYERS, MOST_LAYERS - baseLayers - own);
  const each = Math.max(1, Math.floor(room / Math.max(1, withBundles)));
  return steps.map(({ entries, above }) => {
    const files = entries.filter(({ kind }) => kind !== 'closed');
    const bundles = entries.filter(({ kind }) => kind === 'closed');
    const apart = bundles.length <= each ? bundles.map(alone) : buckets(bundles, each);
    const groups: Group[] = files.length > 0 ? [{ entries: files }, ...apart] : apart;
    return groups.map((group) => ({
      ...group,
      above: above.filter((folder) => group.entries.some((entry) => isAbove(folder, entry))),
    }));
  });
}

type Group = Omit<LayerGroup, 'above'>;

function isAbove(folder: { path: string }, entry: LayerEntry): boolean {
  if (entry.kind === 'closed' && !entry.withRoot && entry.path === folder.path) return true;
  return entry.path.startsWith(`${folder.path}/`);
}

function alone(entry: LayerEntry): Group {
  return { entries: [entry], name: entry.path.slice(entry.path.lastIndexOf('/') + 1) };
}

function buckets(entries: readonly LayerEntry[], count: number): Group[] {
  const found = new Map<number, LayerEntry[]>();
  for (const entry of entries) {
    const bucket = createHash('sha256').update(entry.path).digest().readUInt32BE(0) % count;
    found.set(bucket, [...(found.get(bucket) ?? []), entry]);
  }
  return [...found]
    .sort(([one], [other]) => one - other)
    .map(([bucket, group]) => ({ entries: group, name: `bundles, part ${bucket + 1} of ${count}` }));
}
