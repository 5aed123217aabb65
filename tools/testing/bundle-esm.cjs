// A jest transform for an ES module from npm: the whole package becomes one CommonJS module, as in our own bundle. Jest loads CommonJS only, and its loader takes long for a hundred modules.
const { buildSync } = require('esbuild');

module.exports = {
  process(_, file) {
    const { outputFiles } = buildSync({ entryPoints: [file], bundle: true, platform: 'node', format: 'cjs', write: false });
    return { code: outputFiles[0].text };
  },
};
