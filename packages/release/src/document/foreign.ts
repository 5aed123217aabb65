import { visit } from 'yaml';
import type { Document, Node } from 'yaml';
import type { DocumentPath, Places } from './places';

/** How a file of another program is read: as that program's own reader does it. */
export interface ForeignYaml {
  /** What an unquoted word is. */
  plainScalar(source: string): string | number | boolean | null;
}

/** Gives unquoted words the values that they have for another program. Returns keys that are no texts then. */
export function readPlainScalars(doc: Document, { plainScalar }: ForeignYaml): Node[] {
  const invalidKeys: Node[] = [];
  visit(doc, {
    Scalar: (key, node) => {
      if (node.type === 'PLAIN' && node.source !== '<<') {
        if (node.tag === undefined) node.value = plainScalar(node.source ?? '');
        // A tag that the other program does not know means nothing.
        else if (!node.tag.startsWith('tag:yaml.org')) node.value = node.source;
      }
      if (key === 'key' && typeof node.value !== 'string' && node.source !== '<<') invalidKeys.push(node);
    },
  });
  return invalidKeys;
}

export interface TaggedValue {
  tag: string;
  path: DocumentPath;
}

/** Where tags such as `!reset` stand. */
export function taggedValues(doc: Document, places: Places): TaggedValue[] {
  const found: TaggedValue[] = [];
  visit(doc, {
    Node: (_, node, ancestors) => {
      if (node.tag?.startsWith('!')) found.push({ tag: node.tag, path: places.pathTo(node, ancestors) });
    },
  });
  return found;
}
