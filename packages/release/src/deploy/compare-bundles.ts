import type { BundleContent } from '../release/receipts';
import { BUNDLES_LABEL, readBundles } from '../image/bundles-label';
import type { RecordedBundle } from './record';
import type { BundleChange } from './deploy-plan';

export interface CompareBundlesInput {
  after: readonly RecordedBundle[];
  /** From the labels of the running image. Undefined: unknown. */
  before?: readonly BundleContent[];
  /** From the running descriptor, or from the last record. */
  described: ReadonlyMap<string, Partial<RecordedBundle>>;
  /** Whether proc gets another image. */
  imageChanges: boolean;
  mode: 'baked' | 'git';
  /** Commit subjects of the new bundle versions, by commit. */
  subjects: ReadonlyMap<string, string>;
}

/** Compares the bundles one by one. The tree decides, where it is known: a new tag on the same tree is unchanged. In git mode, the commit that is cloned decides before it. */
export function compareBundles(input: CompareBundlesInput): BundleChange[] {
  const { after, before, described, subjects } = input;
  const old = new Map<string, Partial<RecordedBundle>>();
  for (const [id, version] of described) old.set(id, { id, ...version });
  for (const bundle of before ?? []) old.set(bundle.id, { ...old.get(bundle.id), ...bundle });
  // The image decides which bundles there were. Only if it has no label, the descriptor does.
  const ids = new Set(before ? before.map(({ id }) => id) : old.keys());
  const changes = after.map((bundle): BundleChange => {
    const previous = ids.has(bundle.id) ? old.get(bundle.id) : undefined;
    const change = !previous ? 'added' : isUnchanged(bundle, previous, input) ? 'unchanged' : 'changed';
    const subject = change === 'unchanged' || bundle.commit === undefined ? undefined : subjects.get(bundle.commit);
    return { id: bundle.id, change, ...beforeOf(previous), after: bundle, ...(subject !== undefined && { subject }) };
  });
  const removed = [...ids].filter((id) => !after.some((bundle) => bundle.id === id));
  const removals = removed.map((id): BundleChange => ({ id, change: 'removed', ...beforeOf(old.get(id)) }));
  return [...changes, ...removals].sort((a, b) => (a.id < b.id ? -1 : 1));
}

function isUnchanged(
  bundle: RecordedBundle,
  previous: Partial<RecordedBundle>,
  { mode, imageChanges }: CompareBundlesInput,
): boolean {
  if (mode === 'git' && previous.commit !== undefined && previous.commit === bundle.commit) return true;
  if (previous.tree !== undefined) return previous.tree === bundle.tree;
  if (mode === 'git') return previous.commit === undefined && previous.ref !== undefined && previous.ref === bundle.ref;
  return !imageChanges || (previous.commit !== undefined && previous.commit === bundle.commit);
}

/** The previous version of a bundle, if its tree is known. */
function beforeOf(bundle: Partial<RecordedBundle> | undefined): { before?: RecordedBundle } {
  const { id, folder, tree } = bundle ?? {};
  return id !== undefined && folder !== undefined && tree !== undefined ? { before: { ...bundle, id, folder, tree } } : {};
}

/** The bundles in an image's labels; undefined for an image whose labels do not tell. */
export function bundlesFromLabels(labels: Readonly<Record<string, string>>): BundleContent[] | undefined {
  return readBundles(labels[BUNDLES_LABEL]) ?? (labels['io.kdcube.content-key'] === undefined ? undefined : []);
}
