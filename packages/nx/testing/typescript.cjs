// Lets plain node run the sources, for tests that need a process of their own: `node -r typescript.cjs -e …`.
const { readFileSync } = require('node:fs');
const Module = require('node:module');
const path = require('node:path');
const { transformSync } = require('@swc/core');

const release = path.join(__dirname, '../../release/src/internal.ts');
const resolve = Module._resolveFilename;
Module._resolveFilename = (request, ...rest) => (request === '@kdcube/release/internal' ? release : resolve(request, ...rest));
require.extensions['.ts'] = (module, filename) => {
  const jsc = { parser: { syntax: 'typescript' }, target: 'es2022' };
  const options = { filename, swcrc: false, jsc, module: { type: 'commonjs', ignoreDynamic: true } };
  module._compile(transformSync(readFileSync(filename, 'utf8'), options).code, filename);
};
// `./schema` is schema.ts, as in the package, and not the schema.json beside it.
const json = require.extensions['.json'];
delete require.extensions['.json'];
require.extensions['.json'] = json;
