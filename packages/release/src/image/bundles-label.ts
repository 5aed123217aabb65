import { BundleContent } from '../release/receipts';
import { ONCE } from '../document/once';

/** The label that says which bundles are in an image. */
export const BUNDLES_LABEL = 'io.kdcube.bundles';

/** `{"<id>": "<tree>"}`, or `{"<id>": {"folder": …, "tree": …}}` where the folder has another name. Short, because it is sent with every change of every bundle. */
export function printBundles(bundles: readonly BundleContent[]): string {
  const inOrder = [...bundles].sort((a, b) => (a.id < b.id ? -1 : 1));
  return JSON.stringify(Object.fromEntries(inOrder.map(({ id, folder, tree }) => [id, folder === id ? tree : { folder, tree }])));
}

/** What a label says, as far as it makes sense; undefined where it says nothing of bundles. */
export function readBundles(label: string | undefined): BundleContent[] | undefined {
  return saidOf(label)?.flatMap(({ id, said }) => {
    const found = BundleContent.safeParse({ ...said, id }, ONCE);
    return found.success ? [found.data] : [];
  });
}

/** What a label says of each id, whatever that is. */
export function saidOf(label: string | undefined): { id: string; said: Readonly<Record<string, unknown>> }[] | undefined {
  const read = parsed(label);
  if (!isMapping(read)) return undefined;
  return Object.entries(read).map(([id, said]) => ({
    id,
    said: typeof said === 'string' ? { folder: id, tree: said } : isMapping(said) ? said : {},
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
