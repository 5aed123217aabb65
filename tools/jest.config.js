// The tools are plain JavaScript modules: nothing to transform, but their specs end in .mjs.
module.exports = {
  ...require('../jest.preset.js'),
  displayName: 'tools',
  rootDir: __dirname,
  moduleFileExtensions: ['mjs', 'js', 'ts', 'json', 'node'],
  testMatch: ['**/*.spec.mjs', '**/*.spec.ts'],
};
