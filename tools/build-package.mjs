// Builds the package of the current folder into dist/: with tsc, and for the plugin and the program with the bundler; then copies JSON schemas and generator templates.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { bundlePackage, bundleProgram } from './bundle-package.mjs';

const root = path.resolve(import.meta.dirname, '..');
fs.rmSync('dist', { recursive: true, force: true });
const isPlugin = fs.existsSync('executors.json');
const isProgram = !isPlugin && 'bin' in JSON.parse(fs.readFileSync('package.json', 'utf8'));
const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
// tsc has printed the errors.
const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.lib.json'], { stdio: 'inherit' });
if (status !== 0) process.exit(status ?? 1);
if (isPlugin) {
  removeOtherTypes('dist/index.d.ts');
  await bundlePackage();
  // The files of a workspace name their schemas here: pnpm does not make @kdcube/release visible, on which the plugin depends.
  for (const [name, from] of [
    ['release', 'schema.json'],
    ['environment', 'environment.schema.json'],
  ])
    copyJson(path.join(root, 'packages/release', from), `dist/${name}.schema.json`);
}
if (isProgram) await bundleProgram('dist');
copyAssets('src');

/** Removes all declarations that this file does not need: no package imports the types of modules that Nx loads by path. */
function removeOtherTypes(file) {
  const needed = new Set();
  const collect = (each) => {
    if (needed.has(each)) return;
    needed.add(each);
    for (const [, module] of fs.readFileSync(each, 'utf8').matchAll(/from '(\.[^']+)'/g))
      collect(`${path.join(path.dirname(each), module)}.d.ts`);
  };
  collect(file);
  for (const name of fs.readdirSync('dist', { recursive: true })) {
    const each = path.join('dist', name);
    if (name.endsWith('.d.ts') && !needed.has(each)) fs.rmSync(each);
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
    else if (entry.name === 'schema.json') copyJson(from, to);
  }
}

/** Minified: the documentation is in docs/. */
function copyJson(from, to) {
  fs.mkdirSync(path.dirname(to), { recursive: true });
  fs.writeFileSync(to, JSON.stringify(JSON.parse(fs.readFileSync(from, 'utf8'))));
}
