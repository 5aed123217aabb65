import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { deflateSync } from 'node:zlib';

/** A file in git's index. The path is relative to the folder of the tree, its bytes as latin1. */
export interface IndexEntry {
  mode: string;
  oid: string;
  path: string;
}

export interface TreeObject {
  oid: string;
  content: Buffer;
}

interface Folder {
  children: Map<string, Folder | IndexEntry>;
}

/**
 * The tree of these entries, which are in index order, and of each folder in it, innermost first: what `git write-tree` would write.
 * Computed here, because most folders need only the id.
 */
export function buildTrees(entries: readonly IndexEntry[]): TreeObject[] {
  const root: Folder = { children: new Map() };
  for (const entry of entries) {
    const parts = entry.path.split('/');
    let folder = root;
    for (const part of parts.slice(0, -1)) {
      const existing = folder.children.get(part);
      const inside: Folder = existing && 'children' in existing ? existing : { children: new Map() };
      folder.children.set(part, inside);
      folder = inside;
    }
    folder.children.set(parts.at(-1)!, entry);
  }
  const made: TreeObject[] = [];
  const algorithm = entries[0]?.oid.length === 64 ? 'sha256' : 'sha1';
  hashTree(root, algorithm, made);
  return made;
}

/** In index order, the entries of a folder are already in tree order: both compare a folder as if its name ended with a slash. */
function hashTree({ children }: Folder, algorithm: string, made: TreeObject[]): string {
  const rows = [...children].map(([name, child]) => {
    const [mode, oid] = 'children' in child ? ['40000', hashTree(child, algorithm, made)] : [child.mode, child.oid];
    return Buffer.concat([Buffer.from(`${mode} ${name}\0`, 'latin1'), Buffer.from(oid, 'hex')]);
  });
  const content = Buffer.concat(rows);
  const oid = createHash(algorithm).update(objectHeader(content)).update(content).digest('hex');
  made.push({ oid, content });
  return oid;
}

/** Writes trees into an object folder, as loose objects. */
export function writeTrees(dir: string, trees: readonly TreeObject[]): void {
  for (const { oid, content } of trees) {
    const file = path.join(dir, oid.slice(0, 2), oid.slice(2));
    if (fs.existsSync(file)) continue;
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, deflateSync(Buffer.concat([objectHeader(content), content])), { mode: 0o444 });
  }
}

function objectHeader(content: Buffer): Buffer {
  return Buffer.from(`tree ${content.length}\0`, 'latin1');
}
