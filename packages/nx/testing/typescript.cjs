// Lets plain node run the sources, for tests that need a process of their own: `node -r typescript.cjs -e …`.
const { createHash } = require('node:crypto');
const { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } = require('node:fs');
const Module = require('node:module');
const path = require('node:path');

const release = path.join(__dirname, '../../release/src/internal.ts');
const resolve = Module._resolveFilename;
Module._resolveFilename = (request, ...rest) => (request === '@kdcube/release/internal' ? release : resolve(request, ...rest));
require.extensions['.ts'] = (module, filename) => module._compile(compiled(filename), filename);

/** Each file is compiled once, not in each process. The compiler itself takes long to load, too. */
const cache = path.join(__dirname, '../../../node_modules/.cache/kdcube-typescript');
mkdirSync(cache, { recursive: true });

function compiled(filename) {
  const source = readFileSync(filename, 'utf8');
  const file = path.join(cache, `${createHash('sha256').update(`${filename}\0${source}`).digest('hex')}.js`);
  if (existsSync(file)) return readFileSync(file, 'utf8');
  const { transformSync } = require('@swc/core');
  const jsc = { parser: { syntax: 'typescript' }, target: 'es2022' };
  const options = { filename, swcrc: false, jsc, module: { type: 'commonjs', ignoreDynamic: true } };
  const { code } = transformSync(source, options);
  writeFileSync(`${file}.${process.pid}`, code);
  renameSync(`${file}.${process.pid}`, file);
  return code;
}

// `./schema` is schema.ts, as in the package, and not the schema.json beside it.
const json = require.extensions['.json'];
delete require.extensions['.json'];
require.extensions['.json'] = json;
