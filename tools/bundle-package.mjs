// Bundles the plugin, executors and generators of the package in the current folder, each at the path in its JSON file, with shared code in dist/chunks. Every module is in
// the package once. Why: docs/decisions/0018.
import fs from 'node:fs';
import path from 'node:path';
import { build, transform } from 'esbuild';

const root = path.resolve(import.meta.dirname, '..');
/** Names are not minified, so that stack traces are readable. */
const TARGET = { platform: 'node', target: 'node20', minifyWhitespace: true, charset: 'ascii' };

/** Dependencies (because our types import theirs) that are bundled nevertheless. */
const FOR_TYPES = new Set(['@kdcube/release', 'zod']);

export async function bundlePackage() {
  const { name, dependencies, peerDependencies } = JSON.parse(fs.readFileSync('package.json', 'utf8'));
  const external = Object.keys({ ...dependencies, ...peerDependencies }).filter((each) => !FOR_TYPES.has(each));
  const { metafile } = await build({
    ...TARGET,
    entryPoints: entryPoints(),
    outbase: 'src',
    outdir: 'dist',
    bundle: true,
    splitting: true,
    format: 'esm',
    chunkNames: 'chunks/[hash]',
    minifySyntax: true,
    legalComments: 'none',
    metafile: true,
    external,
    // As ES modules, which can be tree-shaken. (@kdcube/release is bundled from its sources: see `paths` in tsconfig.json.)
    alias: { yaml: path.join(root, 'node_modules/yaml/browser/dist/index.js') },
    plugins: [withFilesBeside(name), withShortNames],
    logLevel: 'warning',
  });
  // The bundler splits ES modules only, and Nx loads CommonJS.
  for (const file of Object.keys(metafile.outputs)) {
    const { code } = await transform(fs.readFileSync(file, 'utf8'), { ...TARGET, format: 'cjs' });
    fs.writeFileSync(file, code);
  }
  fs.writeFileSync('dist/LICENSES.txt', licenses(Object.keys(metafile.inputs)));
}

function entryPoints() {
  const { executors } = JSON.parse(fs.readFileSync('executors.json', 'utf8'));
  const { generators } = JSON.parse(fs.readFileSync('generators.json', 'utf8'));
  const modules = [...Object.values(executors), ...Object.values(generators)].flatMap(
    ({ implementation, batchImplementation, factory }) => [implementation, batchImplementation, factory],
  );
  return ['./dist/index', ...modules.filter(Boolean)].map((module) => `${module.replace('./dist/', './src/')}.ts`);
}

/** Bundled modules find their files (templates, boot.py) at their path before bundling. */
function withFilesBeside(name) {
  return {
    name: 'files',
    setup({ onLoad }) {
      onLoad({ filter: /[\\/]packages[\\/]nx[\\/]src[\\/].*\.ts$/ }, ({ path: file }) => {
        const text = fs.readFileSync(file, 'utf8');
        if (!/\b__dirname\b/.test(text)) return undefined;
        const dir = path.posix.join('dist', path.relative('src', path.dirname(file)));
        const place = `require('node:path').join(require.resolve('${name}/package.json'), '..', '${dir}')`;
        return { contents: `const __dirname = ${place};\n${text}`, loader: 'ts' };
      });
    },
  };
}

/** Names of dependencies are minified. */
const withShortNames = {
  name: 'short-names',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]node_modules[\\/].*\.m?js$/ }, async ({ path: file }) => {
      const { code } = await transform(fs.readFileSync(file, 'utf8'), { minify: true });
      return { contents: code, loader: 'js' };
    });
  },
};

/** The licenses of the packages of these files. Many packages share one text. */
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
