// Bundles the plugin, executors and generators of the package in the current folder, each at the path in its JSON file, with shared code in dist/chunks. Every module is in
// the package once. Why: docs/decisions/0018.
import fs from 'node:fs';
import path from 'node:path';
import { rolldown } from 'rolldown';

const root = path.resolve(import.meta.dirname, '..');

/** As ES modules, which can be tree-shaken. */
const YAML_MODULES = path.join(root, 'node_modules/yaml/browser/dist/index.js');

/** Dependencies (because our types import theirs) that are bundled nevertheless. */
const FOR_TYPES = new Set(['@kdcube/release', 'zod']);

export async function bundlePackage() {
  const { name, dependencies, peerDependencies } = JSON.parse(fs.readFileSync('package.json', 'utf8'));
  const external = Object.keys({ ...dependencies, ...peerDependencies }).filter((each) => !FOR_TYPES.has(each));
  const bundle = await rolldown({
    input: entryPoints(),
    platform: 'node',
    tsconfig: path.join(root, 'tsconfig.json'),
    external: (id) => external.some((each) => id === each || id.startsWith(`${each}/`)),
    // (@kdcube/release is bundled from its sources: see `paths` in tsconfig.json.)
    resolve: { alias: { yaml: YAML_MODULES } },
    treeshake: { moduleSideEffects: false },
    plugins: [withFilesBeside(name)],
  });
  const { output } = await bundle.write({
    dir: 'dist',
    format: 'cjs',
    exports: 'named',
    chunkFileNames: 'chunks/[hash].js',
    // Classes keep their names, which errors print. Those of functions would take 110 kB, and only the stack of a bug shows them.
    minify: { compress: true, mangle: { keepNames: { function: false, class: true } }, codegen: { removeWhitespace: true } },
    comments: false,
  });
  fs.writeFileSync('dist/LICENSES.txt', licenses(output.flatMap(({ moduleIds }) => moduleIds ?? [])));
}

/** The program of the package in the current folder, as one file without dependencies: `npm create` downloads one package. */
export async function bundleProgram(dir) {
  const bundle = await rolldown({
    input: { index: './src/index.ts' },
    platform: 'node',
    tsconfig: path.join(root, 'tsconfig.json'),
    resolve: { alias: { yaml: YAML_MODULES } },
    treeshake: { moduleSideEffects: false },
  });
  const { output } = await bundle.write({ dir, format: 'cjs', minify: true, comments: false });
  fs.writeFileSync(path.join(dir, 'LICENSES.txt'), licenses(output.flatMap(({ moduleIds }) => moduleIds ?? [])));
}

/** Source file by output file in dist, without `.js`. */
function entryPoints() {
  const { executors } = JSON.parse(fs.readFileSync('executors.json', 'utf8'));
  const { generators } = JSON.parse(fs.readFileSync('generators.json', 'utf8'));
  const modules = [...Object.values(executors), ...Object.values(generators)].flatMap(
    ({ implementation, batchImplementation, factory }) => [implementation, batchImplementation, factory],
  );
  const { bin = {} } = JSON.parse(fs.readFileSync('package.json', 'utf8'));
  const programs = Object.values(bin).map((file) => file.replace('./dist/', '').replace(/\.js$/, ''));
  const names = ['index', ...programs, ...modules.filter(Boolean).map((module) => module.replace('./dist/', ''))];
  return Object.fromEntries(names.map((name) => [name, `./src/${name}.ts`]));
}

/** A module finds its files (templates, boot.py) beside the place that it had before it was bundled. */
function withFilesBeside(name) {
  return {
    name: 'files',
    transform(code, file) {
      if (file.includes('node_modules') || !/\b__dirname\b/.test(code)) return undefined;
      const dir = path.posix.join('dist', path.relative('src', path.dirname(file)));
      const place = `require('node:path').join(require.resolve('${name}/package.json'), '..', '${dir}')`;
      return `const __dirname = ${place};\n${code}`;
    },
  };
}

/** The licenses of the packages that these files are of. Many packages share one text. */
function licenses(files) {
  const homes = files.map((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file)?.[0]).filter(Boolean);
  const packages = new Map();
  for (const home of [...new Set(homes)].sort()) {
    const { name, version } = JSON.parse(fs.readFileSync(path.join(home, 'package.json'), 'utf8'));
    const file = fs.readdirSync(home).find((each) => /^licen[cs]e/i.test(each));
    const text = fs.readFileSync(path.join(home, file), 'utf8').trim();
    packages.set(text, [...(packages.get(text) ?? []), `${name} ${version}`]);
  }
  return [...packages].map(([text, names]) => `${names.join(', ')}\n\n${text}\n`).join('\n\n');
}
