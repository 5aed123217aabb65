// Which specs notice a change of a file: those that its target names, else the nearest that import it. Test kits count as no step of their own.
import fs from 'node:fs';
import path from 'node:path';

const root = path.join(import.meta.dirname, '../..');
/** More would find little more, and each is run for each mutant. */
const MOST = 3;

export function specsOf(file, named) {
  if (!named) return nearest(file);
  const specs = filesOf(packageOf(file)).filter((each) => each.endsWith('.spec.ts'));
  const found = named.map((part) => specs.filter((spec) => spec.includes(part)));
  if (found.some((each) => each.length === 0))
    throw new Error(`${file}: no spec for ${named[found.findIndex((each) => each.length === 0)]}`);
  return found.flat();
}

export function packageOf(file) {
  return file.split('/').slice(0, 2).join('/');
}

function nearest(file) {
  const importers = importersIn(packageOf(file));
  const found = [];
  const seen = new Set([path.join(root, file)]);
  for (let level = [...seen]; level.length > 0 && found.length < MOST;) {
    const next = [];
    const queue = [...level];
    for (const each of queue)
      for (const importer of importers.get(each) ?? []) {
        if (seen.has(importer)) continue;
        seen.add(importer);
        if (importer.endsWith('linear.spec.ts')) continue;
        if (importer.endsWith('.spec.ts')) found.push(importer);
        else if (importer.includes('/testing/')) queue.push(importer);
        else if (!/\/(?:internal|index)\.ts$/.test(importer)) next.push(importer);
      }
    level = next;
  }
  const beside = path.join(root, path.dirname(file));
  return found.sort((a, b) => Number(b.startsWith(beside)) - Number(a.startsWith(beside))).slice(0, MOST);
}

const graphs = new Map();

function importersIn(folder) {
  const cached = graphs.get(folder);
  if (cached) return cached;
  const importers = new Map();
  for (const from of filesOf(folder))
    for (const [, to] of fs.readFileSync(from, 'utf8').matchAll(/(?:from|import\(|require\(|mock\()\s*'(\.[^']+)'/g)) {
      const target = `${path.resolve(path.dirname(from), to)}.ts`;
      importers.set(target, [...(importers.get(target) ?? []), from]);
    }
  graphs.set(folder, importers);
  return importers;
}

function filesOf(folder) {
  return fs
    .readdirSync(path.join(root, folder), { recursive: true })
    .filter((name) => name.endsWith('.ts') && !/(?:^|\/)(?:node_modules|dist|fixtures)\//.test(name))
    .map((name) => path.join(root, folder, name));
}
