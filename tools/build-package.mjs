// Builds the package of the current folder into dist/: tsc or, for what Nx loads, the bundler; and what both leave behind (JSON schemas, generator templates).
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { bundlePackage } from './bundle-package.mjs';

const root = path.resolve(import.meta.dirname, '..');
fs.rmSync('dist', { recursive: true, force: true });
const isPlugin = fs.existsSync('executors.json');
const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
// tsc has said what is wrong: a stack of this script would only hide it.
const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.lib.json'], { stdio: 'inherit' });
if (status !== 0) process.exit(status ?? 1);
if (isPlugin) {
  keepTypesOf('dist/index.d.ts');
  await bundlePackage();
}
copyAssets('src');

/** Removes all declarations but those that this one needs: what Nx loads by path has no types that anybody imports. */
function keepTypesOf(file) {
  const kept = new Set();
  const keep = (each) => {
    if (kept.has(each)) return;
    kept.add(each);
    for (const [, module] of fs.readFileSync(each, 'utf8').matchAll(/from '(\.[^']+)'/g))
      keep(`${path.join(path.dirname(each), module)}.d.ts`);
  };
  keep(file);
  for (const name of fs.readdirSync('dist', { recursive: true })) {
    const each = path.join('dist', name);
    if (name.endsWith('.d.ts') && !kept.has(each)) fs.rmSync(each);
  }
  removeEmpty('dist');
}

function removeEmpty(folder) {
  for (const entry of fs.readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) removeEmpty(path.join(folder, entry.name));
  if (fs.readdirSync(folder).length === 0) fs.rmdirSync(folder);
}

function copyAssets(folder) {
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const from = path.join(folder, entry.name);
    const to = path.join('dist', path.relative('src', from));
    if (entry.isDirectory() && entry.name === 'files') fs.cpSync(from, to, { recursive: true });
    else if (entry.isDirectory()) copyAssets(from);
    else if (entry.name === 'schema.json') {
      fs.mkdirSync(path.dirname(to), { recursive: true });
      // People read them in docs/, and Nx needs no spaces.
      fs.writeFileSync(to, JSON.stringify(JSON.parse(fs.readFileSync(from, 'utf8'))));
    }
  }
}
