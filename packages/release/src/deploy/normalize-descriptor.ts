import { readDocument } from '../document/document';
import { oneLine } from '../descriptor/descriptor';
import type { DescriptorPlan } from '../descriptor/descriptor';

/** What differs between two descriptors of the same bundle content: HOUSE law 5 leaves it out of a comparison. */
const VERSION_KEYS = ['ref', 'git_commit'];

type Mapping = Record<string, unknown>;

/** The descriptor in the form that is compared and recorded: bundles sorted by id and, if they are baked, without refs and commits. In git mode the ref stays, because the platform clones it. */
export function normalizeDescriptor(text: string, mode: 'baked' | 'git'): string | undefined {
  const descriptor = parseDescriptor(text);
  if (!isMapping(descriptor) || !isMapping(descriptor.bundles)) return undefined;
  const { items } = descriptor.bundles;
  const list = Array.isArray(items) ? items : Object.values(descriptor.bundles);
  const entries = list.filter(isMapping).map((entry) => omitKeys(entry, mode === 'baked' ? VERSION_KEYS : []));
  const byId = [...entries].sort((a, b) => (String(a.id) < String(b.id) ? -1 : 1));
  return oneLine(sortKeys({ default: descriptor.default_bundle_id ?? descriptor.bundles.default_bundle_id, bundles: byId }));
}

/** The normalized descriptor of a plan, as a release record holds it. */
export function descriptorForRecord(plan: DescriptorPlan): string {
  return normalizeDescriptor(JSON.stringify(plan.descriptor), plan.mode) ?? '';
}

/** The ids, refs and commits in a running descriptor. Trees are not in it; they are in the image's labels. */
export function bundlesInDescriptor(text: string | undefined): Map<string, { ref?: string; commit?: string }> {
  const descriptor = text === undefined ? undefined : parseDescriptor(text);
  const bundles = isMapping(descriptor) && isMapping(descriptor.bundles) ? descriptor.bundles : {};
  const entries = Array.isArray(bundles.items) ? bundles.items.map((entry) => ['', entry] as const) : Object.entries(bundles);
  return new Map(
    entries.flatMap(([key, entry]) => {
      if (!isMapping(entry)) return [];
      const { ref, git_commit: commit } = entry;
      const id = typeof entry.id === 'string' ? entry.id : key;
      return [[id, { ...(typeof ref === 'string' && { ref }), ...(typeof commit === 'string' && { commit }) }] as const];
    }),
  );
}

/** The same value with the keys of every mapping in alphabetical order. */
export function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (!isMapping(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sortKeys(value[key])]),
  );
}

/** The descriptor is JSON in a variable and YAML in a file. */
function parseDescriptor(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const { value, problems } = readDocument(text, 'the descriptor');
    return problems.length > 0 ? undefined : value;
  }
}

function omitKeys(entry: Mapping, names: readonly string[]): Mapping {
  return Object.fromEntries(Object.entries(entry).filter(([name]) => !names.includes(name)));
}

function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
