// Bundles what Nx loads of the package in the current folder: its plugin, executors and generators, each at the place where its JSON names it, and what they share in dist/chunks. Every module is in
// the package once. docs/decisions/0018 says why it is bundled, and what was tried.
import fs from 'node:fs';
import path from 'node:path';
import { build, transform } from 'esbuild';

const root = path.resolve(import.meta.dirname, '..');
/** Names stay as they are: with shortened ones nobody can read a stack. */
const TARGET = { platform: 'node', target: 'node20', minifyWhitespace: true, charset: 'ascii' };

/** Dependencies that are bundled all the same: our types name theirs. */
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
    // The same code as ES modules, of which only what is used goes in. (@kdcube/release comes from its sources: `paths` in tsconfig.json says where.)
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

/** A module finds its files (templates, boot.py) beside the place that it had before it was bundled. */
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

/** Nobody debugs a dependency through our stacks: its names are shortened. */
const withShortNames = {
  name: 'short-names',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]node_modules[\\/].*\.m?js$/ }, async ({ path: file }) => {
      const { code } = await transform(fs.readFileSync(file, 'utf8'), { minify: true });
      return { contents: code, loader: 'js' };
    });
  },
};

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
