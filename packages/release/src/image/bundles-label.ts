import { BundleContent } from '../release/receipts';
import { ONCE } from '../document/once';

/** The image label that lists its bundles. */
export const BUNDLES_LABEL = 'io.kdcube.bundles';

/** `{"<id>": "<tree>"}`, or `{"<id>": {"folder": …, "tree": …}}` if the folder has another name. Short, because it is uploaded with every change of a bundle. */
export function printBundles(bundles: readonly BundleContent[]): string {
  const inOrder = [...bundles].sort((a, b) => (a.id < b.id ? -1 : 1));
  return JSON.stringify(Object.fromEntries(inOrder.map(({ id, folder, tree }) => [id, folder === id ? tree : { folder, tree }])));
}

/** The bundles in a label, without invalid entries; undefined if the label is missing or invalid. */
export function readBundles(label: string | undefined): BundleContent[] | undefined {
  return labelEntries(label)?.flatMap(({ id, entry }) => {
    const found = BundleContent.safeParse({ ...entry, id }, ONCE);
    return found.success ? [found.data] : [];
  });
}

/** The entries of a label by id, unchecked. */
export function labelEntries(label: string | undefined): { id: string; entry: Readonly<Record<string, unknown>> }[] | undefined {
  const read = parsed(label);
  if (!isMapping(read)) return undefined;
  return Object.entries(read).map(([id, entry]) => ({
    id,
    entry: typeof entry === 'string' ? { folder: id, tree: entry } : isMapping(entry) ? entry : {},
  }));
}

function parsed(label = ''): unknown {
  try {
    return JSON.parse(label);
  } catch {
    return undefined;
  }
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
