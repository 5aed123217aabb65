// What an executor needs that Nx starts at every change (it has a batch of its own), in one file: dist/bundles/<name>.js. What tsc left at its place becomes a door to it (src/load.ts says why).
import fs from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';

const root = path.resolve(import.meta.dirname, '..');
const MODULES = { executor: 'implementation', batch: 'batchImplementation' };

/** Bundles the executors of the package in the current folder. */
export async function bundleExecutors() {
  const { executors } = JSON.parse(fs.readFileSync('executors.json', 'utf8'));
  const inlined = new Set();
  for (const [name, executor] of Object.entries(executors)) {
    if (!executor.batchImplementation) continue;
    const modules = Object.entries(MODULES).map(([key, member]) => [key, executor[member].replace('./dist/', './src/')]);
    const { metafile } = await build({
      stdin: {
        contents: modules.map(([key, module]) => `export { default as ${key} } from '${module}';`).join('\n'),
        resolveDir: process.cwd(),
      },
      outfile: `dist/bundles/${name}.js`,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      target: 'node20',
      minifyWhitespace: true,
      minifySyntax: true,
      // A script with compiled code cannot import(): what is loaded late is loaded by require.
      supported: { 'dynamic-import': false },
      metafile: true,
      external: ['nx', '@nx/*', '@aws-sdk/*', '@smithy/*'],
      alias: { '@kdcube/release': path.join(root, 'packages/release/src/index.ts') },
      plugins: [plainBuiltins],
      logLevel: 'warning',
    });
    for (const file of Object.keys(metafile.inputs)) {
      const [, dependency] = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file) ?? [];
      if (dependency) inlined.add(dependency);
    }
    refuseImport(`dist/bundles/${name}.js`);
    onlyAscii(`dist/bundles/${name}.js`);
    for (const [key, module] of modules) writeDoor(`${module.replace('./src/', 'dist/')}.js`, name, key);
  }
  fs.writeFileSync('dist/bundles/LICENSES.txt', [...inlined].sort().map(licenceOf).join('\n'));
}

/** One that slipped through would fail only in the second process, which has compiled code. */
function refuseImport(file) {
  if (/\bimport\(/.test(fs.readFileSync(file, 'utf8')))
    throw new Error(`${file} has an import() left, which compiled code cannot do.`);
}

/** The bundler escapes texts, and leaves regular expressions as they are. One byte a character is read and compiled faster. */
function onlyAscii(file) {
  const text = fs.readFileSync(file, 'utf8');
  fs.writeFileSync(
    file,
    text.replace(/[^\x00-\x7f]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`),
  );
}

/** Node's own modules as they are. For `import * as fs` the bundler would copy each of them, member by member, which takes longer than loading it. */
const plainBuiltins = {
  name: 'plain-builtins',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]packages[\\/]\w+[\\/]src[\\/].*\.ts$/ }, ({ path: file }) => ({
      contents: fs.readFileSync(file, 'utf8').replace(/^import \* as (\w+) from ('node:[\w/]+');$/gm, 'const $1 = require($2);'),
      loader: 'ts',
    }));
  },
};

function writeDoor(file, name, key) {
  const load = path.posix.relative(path.posix.dirname(file), 'dist/load.js');
  fs.writeFileSync(
    file,
    `"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
const { load } = require(${JSON.stringify(load)});
exports.default = (...args) => load(${JSON.stringify(name)}).${key}(...args);
`,
  );
}

function licenceOf(dependency) {
  const folder = ['packages/nx', 'packages/release', '.']
    .map((place) => path.join(root, place, 'node_modules', dependency))
    .find((place) => fs.existsSync(path.join(place, 'package.json')));
  const { version } = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'));
  const file = fs.readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
  return `${dependency} ${version}\n\n${fs.readFileSync(path.join(folder, file), 'utf8')}`;
}
