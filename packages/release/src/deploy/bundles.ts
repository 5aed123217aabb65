import type { BundleContent } from '../release/receipts';
import { readDocument } from '../document/document';
import type { RecordedBundle } from './record';
import { BUNDLES_LABEL, readBundles } from '../image/bundles-label';
import { oneLine } from '../descriptor/descriptor';
import type { DescriptorPlan } from '../descriptor/descriptor';
import type { BundleChange } from './deploy-plan';

/** What changes in a descriptor while its bundles do not: HOUSE law 5 leaves it out when it compares. */
const TRACES = ['ref', 'git_commit'];

type Mapping = Record<string, unknown>;

/** The descriptor as it is compared and recorded: in the bundles' order of ids, and, baked, without refs and commits. In git mode a ref is what is cloned. */
export function comparedDescriptor(text: string, mode: 'baked' | 'git'): string | undefined {
  const read = parsed(text);
  if (!isMapping(read) || !isMapping(read.bundles)) return undefined;
  const { items } = read.bundles;
  const list = Array.isArray(items) ? items : Object.values(read.bundles);
  const entries = list.filter(isMapping).map((entry) => without(entry, mode === 'baked' ? TRACES : []));
  const byId = [...entries].sort((a, b) => (String(a.id) < String(b.id) ? -1 : 1));
  return oneLine(sorted({ default: read.default_bundle_id ?? read.bundles.default_bundle_id, bundles: byId }));
}

/** The same of a plan. */
export function recordedDescriptor(plan: DescriptorPlan): string {
  return comparedDescriptor(JSON.stringify(plan.descriptor), plan.mode) ?? '';
}

/** What a descriptor that runs says of its bundles: ids, refs and commits; the trees are in the image. */
export function describedBundles(text: string | undefined): Map<string, { ref?: string; commit?: string }> {
  const read = text === undefined ? undefined : parsed(text);
  const told = isMapping(read) && isMapping(read.bundles) ? read.bundles : {};
  const bundles = Array.isArray(told.items) ? told.items.map((entry) => ['', entry] as const) : Object.entries(told);
  return new Map(
    bundles.flatMap(([key, entry]) => {
      if (!isMapping(entry)) return [];
      const { ref, git_commit: commit } = entry;
      const id = typeof entry.id === 'string' ? entry.id : key;
      return [[id, { ...(typeof ref === 'string' && { ref }), ...(typeof commit === 'string' && { commit }) }] as const];
    }),
  );
}

export interface BundlesInput {
  after: readonly RecordedBundle[];
  /** By the labels of the image that runs. Undefined: not known. */
  before?: readonly BundleContent[];
  /** By the descriptor that runs, or the last record. */
  described: ReadonlyMap<string, { ref?: string; commit?: string }>;
  /** Whether proc's image is another one. */
  otherImage: boolean;
  mode: 'baked' | 'git';
  /** Of the commits that bundles come to, by commit. */
  subjects: ReadonlyMap<string, string>;
}

/** Bundle by bundle: added, changed, removed, or the same. A bundle whose tree is the same is the same, whatever its tag is called now; in git mode a ref is a change. */
export function bundleChanges({ after, before, described, otherImage, mode, subjects }: BundlesInput): BundleChange[] {
  const known = new Map<string, Partial<RecordedBundle>>();
  for (const [id, words] of described) known.set(id, { id, ...words });
  for (const bundle of before ?? []) known.set(bundle.id, { ...known.get(bundle.id), ...bundle });
  // What only the descriptor names is gone from the image; without the image's word, the descriptor's is all there is.
  const ids = new Set(before ? before.map(({ id }) => id) : known.keys());
  const changes = after.map((bundle): BundleChange => {
    const old = ids.has(bundle.id) ? known.get(bundle.id) : undefined;
    const change = !old ? 'added' : isSame(bundle, old) ? 'same' : 'changed';
    const subject = change === 'same' || bundle.commit === undefined ? undefined : subjects.get(bundle.commit);
    return {
      id: bundle.id,
      change,
      ...(whole(old) && { before: whole(old) }),
      after: bundle,
      ...(subject !== undefined && { subject }),
    };
  });
  const removed = [...ids].filter((id) => !after.some((bundle) => bundle.id === id));
  return [
    ...changes,
    ...removed.map((id): BundleChange => ({
      id,
      change: 'removed',
      ...(whole(known.get(id)) && { before: whole(known.get(id)) }),
    })),
  ].sort((a, b) => (a.id < b.id ? -1 : 1));

  function isSame(bundle: RecordedBundle, old: Partial<RecordedBundle>): boolean {
    if (mode === 'git') return old.ref === bundle.ref && (old.commit === undefined || old.commit === bundle.commit);
    if (old.tree !== undefined) return old.tree === bundle.tree;
    return !otherImage || (old.commit !== undefined && old.commit === bundle.commit);
  }
}

/** A bundle before, where its tree is known. */
function whole(bundle: Partial<RecordedBundle> | undefined): RecordedBundle | undefined {
  const { id, folder, tree } = bundle ?? {};
  return id !== undefined && folder !== undefined && tree !== undefined ? { ...bundle, id, folder, tree } : undefined;
}

/** JSON in a variable, YAML in a file. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const { value, problems } = readDocument(text, 'the descriptor');
    return problems.length > 0 ? undefined : value;
  }
}

function without(entry: Mapping, names: readonly string[]): Mapping {
  return Object.fromEntries(Object.entries(entry).filter(([name]) => !names.includes(name)));
}

export function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isMapping(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key])]),
  );
}

function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The bundles that an image's labels name; undefined for an image that says nothing of bundles. */
export function bundlesOfLabels(labels: Readonly<Record<string, string>>): BundleContent[] | undefined {
  return readBundles(labels[BUNDLES_LABEL]) ?? (labels['io.kdcube.content-key'] === undefined ? undefined : []);
}
