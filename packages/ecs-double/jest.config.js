// Plain JavaScript modules: nothing to transform, but the specs end in .mjs.
module.exports = {
  ...require('../../jest.preset.js'),
  displayName: 'ecs-double',
  rootDir: __dirname,
  moduleFileExtensions: ['mjs', 'js', 'json', 'node'],
  testMatch: ['**/*.spec.mjs'],
};
