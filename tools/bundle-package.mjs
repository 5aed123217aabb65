// What Nx starts at every change (the executors that have a batch of their own, and the graph), each in one file: dist/bundles/<name>.js. What tsc left at its place becomes a door to it (src/load.ts says why).
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { build } from 'esbuild';

const root = path.resolve(import.meta.dirname, '..');
const MODULES = { executor: 'implementation', batch: 'batchImplementation' };

/** Bundles what the package in the current folder is made of, as far as Nx starts it at every change. */
export async function bundlePackage() {
  const { executors } = JSON.parse(fs.readFileSync('executors.json', 'utf8'));
  const inlined = new Set();
  for (const [name, executor] of Object.entries(executors)) {
    if (!executor.batchImplementation) continue;
    const modules = Object.entries(MODULES).map(([key, member]) => [key, executor[member].replace('./dist/', './src/')]);
    const contents = modules.map(([key, module]) => `export { default as ${key} } from '${module}';`).join('\n');
    await bundle(name, contents, inlined);
    for (const [key, module] of modules)
      writeDoor(
        `${module.replace('./src/', 'dist/')}.js`,
        name,
        (load) => `exports.default = (...args) => ${load}.${key}(...args);`,
      );
  }
  // What Nx asks for the projects, in a process of its own at every command where it has no daemon.
  const names = Object.keys(createRequire(path.resolve('dist/index.js'))('./index.js'));
  await bundle('graph', `export * from './src/index';`, inlined);
  writeDoor('dist/index.js', 'graph', (load) =>
    [`const graph = ${load};`, ...names.map((each) => `exports.${each} = graph.${each};`)].join('\n'),
  );
  fs.writeFileSync('dist/bundles/LICENSES.txt', [...inlined].sort().map(licenceOf).join('\n'));
}

/** Writes dist/bundles/<name>.js, and adds the packages that are in it to `inlined`. */
async function bundle(name, contents, inlined) {
  const outfile = `dist/bundles/${name}.js`;
  const { metafile } = await build({
    stdin: { contents, resolveDir: process.cwd() },
    outfile,
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
    alias: {
      '@kdcube/release/internal': path.join(root, 'packages/release/src/internal.ts'),
      // The same code as ES modules, which become one scope: its sixty CommonJS modules would each be looked up and started.
      yaml: path.join(yamlFolder(), 'browser/dist/index.js'),
    },
    plugins: [lean],
    logLevel: 'warning',
  });
  for (const file of Object.keys(metafile.inputs)) {
    const [, dependency] = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file) ?? [];
    if (dependency) inlined.add(dependency);
  }
  refuseImport(outfile);
  onlyAscii(outfile);
}

function yamlFolder() {
  return path.dirname(createRequire(path.join(root, 'packages/release/package.json')).resolve('yaml/package.json'));
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

/** What the bundler would not find out by itself. */
const lean = {
  name: 'lean',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]packages[\\/]\w+[\\/]src[\\/].*\.ts$/ }, ({ path: file }) => ({
      contents: withPureSchemas(withPlainBuiltins(fs.readFileSync(file, 'utf8'))),
      loader: 'ts',
    }));
  },
};

/** Node's own modules as they are. For `import * as fs` the bundler would copy each of them, member by member, which takes longer than loading it. */
function withPlainBuiltins(text) {
  return text.replace(/^import \* as (\w+) from ('node:[\w/]+');$/gm, 'const $1 = require($2);');
}

/** A schema that nobody uses is left out: making all of them at each start takes longer than reading what one of them checks. */
function withPureSchemas(text) {
  return /^import \* as z from 'zod';$/m.test(text) ? text.replace(/(?<![\w.'"$`/-])z(?=\s*\.\w)/g, '/* @__PURE__ */ z') : text;
}

/** `exported`: the lines that export, given how the bundle is loaded. */
function writeDoor(file, name, exported) {
  const relative = path.posix.relative(path.posix.dirname(file), 'dist/load.js');
  const module = relative.startsWith('.') ? relative : `./${relative}`;
  fs.writeFileSync(
    file,
    `"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
const { load } = require(${JSON.stringify(module)});
${exported(`load(${JSON.stringify(name)})`)}
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
