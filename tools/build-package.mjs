// Builds the package of the current folder into dist/: tsc, then what tsc leaves behind (JSON schemas, generator templates).
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { bundlePackage } from './bundle-package.mjs';

const root = path.resolve(import.meta.dirname, '..');
fs.rmSync('dist', { recursive: true, force: true });
const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
// tsc has said what is wrong: a stack of this script would only hide it.
const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.lib.json'], { stdio: 'inherit' });
if (status !== 0) process.exit(status ?? 1);
copyAssets('src');
for (const name of ['index', 'internal']) if (fs.existsSync(`dist/${name}.js`)) lazyIndex(name);
if (fs.existsSync('executors.json')) await bundlePackage();

/**
 * An index that loads a module when something of it is used. Nx starts a process for nearly everything, and loading all of a package for one function of it costs more than the function. Only an index that
 * is made of `export … from './…'` alone is rewritten.
 */
function lazyIndex(name) {
  const file = path.resolve(`dist/${name}.js`);
  const text = fs.readFileSync(file, 'utf8');
  const modules = [...new Set([...text.matchAll(/require\("(\.[^"]+)"\)/g)].map(([, module]) => module))];
  const ours = fs.readFileSync(`src/${name}.ts`, 'utf8').replace(/\/\*[^]*?\*\/|\/\/.*/g, '');
  if (/^(?!export\s+(?:type\s+)?(?:\*|\{[^}]*\})\s+from|\s*$)/m.test(ours.replace(/\{[^}]*\}/g, '{}').replace(/;/g, ''))) return;
  const require = createRequire(file);
  const all = Object.keys(require(file));
  const lines = modules.map((module) => {
    const names = all.filter((name) => Object.hasOwn(require(module), name) && owner(name) === module);
    return names.length === 0 ? '' : `lazy(() => require(${JSON.stringify(module)}), ${JSON.stringify(names)});\n`;
  });
  function owner(name) {
    return modules.find((module) => Object.hasOwn(require(module), name) && require(module)[name] === require(file)[name]);
  }
  fs.writeFileSync(
    file,
    `"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
function lazy(load, names) {
    for (const name of names)
        Object.defineProperty(exports, name, { enumerable: true, get: () => load()[name] });
}
${lines.join('')}// For ES modules, which look for names without running anything.
0 && (module.exports = { ${all.join(', ')} });
`,
  );
}

function copyAssets(folder) {
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const from = path.join(folder, entry.name);
    const to = path.join('dist', path.relative('src', from));
    if (entry.isDirectory() && entry.name === 'files') fs.cpSync(from, to, { recursive: true });
    else if (entry.isDirectory()) copyAssets(from);
    else if (entry.name.endsWith('.json')) {
      fs.mkdirSync(path.dirname(to), { recursive: true });
      fs.copyFileSync(from, to);
    }
  }
}
