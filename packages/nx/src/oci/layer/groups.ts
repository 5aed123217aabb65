import { createHash } from 'node:crypto';
import type { LayerEntry, PlannedLayer } from '@kdcube/release/internal';
import { MAX_LAYERS } from '../base';

/** The content of one layer. `name` tells the layers of one instruction apart. */
export interface LayerGroup {
  entries: LayerEntry[];
  /** The parent folders of the entries. */
  above: PlannedLayer['above'];
  name?: string;
}

/** More bundle layers cost more round trips than they save. */
const MAX_BUNDLE_LAYERS = 60;

/**
 * The layers of each step: one for its own files and one for each bundle, so that only changed bundles are uploaded. If there are more bundles than available layers, they are grouped into buckets
 * by the hash of their path: adding or removing a bundle changes one bucket.
 */
export function layerGroups(steps: readonly PlannedLayer[], baseLayers: number): LayerGroup[][] {
  const own = steps.filter(({ entries }) => entries.some(({ kind }) => kind !== 'closed')).length;
  const withBundles = steps.filter(({ entries }) => entries.some(({ kind }) => kind === 'closed')).length;
  const available = Math.min(MAX_BUNDLE_LAYERS, MAX_LAYERS - baseLayers - own);
  const perStep = Math.max(1, Math.floor(available / Math.max(1, withBundles)));
  return steps.map(({ entries, above }) => {
    const files = entries.filter(({ kind }) => kind !== 'closed');
    const bundles = entries.filter(({ kind }) => kind === 'closed');
    const bundleGroups = bundles.length <= perStep ? bundles.map(bundleGroup) : bucketGroups(bundles, perStep);
    const groups: Group[] = files.length > 0 ? [{ entries: files }, ...bundleGroups] : bundleGroups;
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

function bundleGroup(entry: LayerEntry): Group {
  return { entries: [entry], name: entry.path.slice(entry.path.lastIndexOf('/') + 1) };
}

function bucketGroups(entries: readonly LayerEntry[], count: number): Group[] {
  const found = new Map<number, LayerEntry[]>();
  for (const entry of entries) {
    const bucket = createHash('sha256').update(entry.path).digest().readUInt32BE(0) % count;
    found.set(bucket, [...(found.get(bucket) ?? []), entry]);
  }
  return [...found]
    .sort(([one], [other]) => one - other)
    .map(([bucket, group]) => ({ entries: group, name: `bundles, part ${bucket + 1} of ${count}` }));
}
