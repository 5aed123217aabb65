// Preload for programs that tests start again and again: stores what V8 has compiled, so that the next process need not compile it. A cached script is found by its content.
//   NODE_OPTIONS="--require compile-cache.cjs" E2E_COMPILE_CACHE=FOLDER node …
// Node 22 has this itself (NODE_COMPILE_CACHE).
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const Module = require('node:module');
const path = require('node:path');
const vm = require('node:vm');

const folder = process.env.E2E_COMPILE_CACHE;
if (folder && !Module.enableCompileCache) start();

function start() {
  const compiled = new Map();
  const compileUncached = Module.prototype._compile;
  Module.prototype._compile = function _compile(content, filename) {
    // A cached script has lost how it imports ES modules.
    if (/\bimport\s*\(/.test(content)) return compileUncached.call(this, content, filename);
    const source = Module.wrap(content.replace(/^#!.*/, ''));
    const file = path.join(folder, createHash('sha1').update(`${process.version}\0${source}`).digest('hex'));
    const cachedData = readIfPresent(file);
    const script = new vm.Script(source, { filename, cachedData });
    if (cachedData === undefined || script.cachedDataRejected) compiled.set(file, script);
    const run = script.runInThisContext();
    return run.call(this.exports, this.exports, requireOf(this), this, filename, path.dirname(filename));
  };
  // Afterwards, because functions are compiled when they are called first.
  process.on('exit', () => {
    for (const [file, script] of compiled) write(file, script.createCachedData());
  });
}

function readIfPresent(file) {
  try {
    return fs.readFileSync(file);
  } catch {
    return undefined;
  }
}

function write(file, bytes) {
  try {
    fs.writeFileSync(`${file}.${process.pid}`, bytes);
    fs.renameSync(`${file}.${process.pid}`, file);
  } catch {
    // Without a cache it is only slower.
  }
}

function requireOf(module) {
  const require = (id) => module.require(id);
  require.resolve = (request, options) => Module._resolveFilename(request, module, false, options);
  require.resolve.paths = (request) => Module._resolveLookupPaths(request, module);
  return Object.assign(require, { main: process.mainModule, extensions: Module._extensions, cache: Module._cache });
}
