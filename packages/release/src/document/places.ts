import { isMap, isPair, isScalar, isSeq } from 'yaml';
import type { Document, Node, Pair, YAMLMap, YAMLSeq } from 'yaml';

/** The keys and indexes from the root of a document to a value. */
export type DocumentPath = readonly (string | number)[];

/** Where things stand in a document. Each mapping and list is indexed once: a search for each key would make reading quadratic. */
export interface Places {
  nodeAt(path: DocumentPath): Node | undefined;
  /** The offset of what stands at `path`; of its nearest parent if there is nothing. */
  offsetOf(path: DocumentPath, which?: 'key'): number;
  /** The path of a node below these ancestors. */
  pathTo(node: unknown, ancestors: readonly unknown[]): DocumentPath;
}

export function placesOf(doc: Document): Places {
  const pairsOf = memoized((map: YAMLMap) => {
    const pairs = new Map<string, Pair>();
    for (const pair of map.items) {
      const key = keyText(pair);
      if (key !== undefined && !pairs.has(key)) pairs.set(key, pair);
    }
    return pairs;
  });
  const positionsOf = memoized((list: YAMLSeq) => new Map(list.items.map((item, index) => [item, index])));

  /** The pair or the item at each step of `path`, as far as the document has it. */
  const stepsTo = (path: DocumentPath): { pair?: Pair; node?: Node }[] => {
    const steps: { pair?: Pair; node?: Node }[] = [];
    let node: unknown = doc.contents;
    for (const part of path) {
      const pair = isMap(node) ? pairsOf(node).get(String(part)) : undefined;
      if (pair) node = pair.value;
      else if (isSeq(node)) node = node.items[Number(part)];
      else break;
      if (!pair && !node) break;
      steps.push({ pair, node: (node ?? undefined) as Node | undefined });
    }
    return steps;
  };
  return {
    nodeAt: (path) => (path.length === 0 ? (doc.contents ?? undefined) : stepsTo(path)[path.length - 1]?.node),
    offsetOf(path, which) {
      const steps = stepsTo(path);
      for (let length = steps.length; length > 0; length -= 1) {
        const { pair, node } = steps[length - 1]!;
        // A missing key is shown at its parent's key, where the person has to add it.
        const key = which === 'key' || length < path.length ? (pair?.key as Node | undefined) : undefined;
        const range = key?.range ?? node?.range ?? (pair?.key as Node | undefined)?.range;
        if (range) return range[0];
      }
      return doc.contents?.range?.[0] ?? 0;
    },
    pathTo: (node, ancestors) =>
      [...ancestors, node].flatMap((part, index, all): DocumentPath => {
        const parent = all[index - 1];
        if (isSeq(parent)) return [positionsOf(parent).get(part) ?? -1];
        const key = isPair(part) ? keyText(part) : undefined;
        return key === undefined ? [] : [key];
      }),
  };
}

/** A key as plain data has it: `1` and `"1"` are one. Undefined if it is a list or a mapping. */
export function keyText({ key }: Pair): string | undefined {
  const value: unknown = isScalar(key) ? key.value : key;
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? undefined : String(value);
}

function memoized<K extends object, V>(make: (key: K) => V): (key: K) => V {
  const made = new WeakMap<K, V>();
  return (key) => {
    const known = made.get(key);
    if (known !== undefined) return known;
    const value = make(key);
    made.set(key, value);
    return value;
  };
}
