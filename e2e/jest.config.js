// The packages as a customer gets them: packed, published to a npm registry of this run, installed into throwaway workspaces.
module.exports = {
  ...require('../jest.preset.js'),
  displayName: 'e2e',
  rootDir: __dirname,
  globalSetup: '<rootDir>/support/global-setup.ts',
  globalTeardown: '<rootDir>/support/global-teardown.ts',
  testTimeout: 300_000,
  maxWorkers: 2,
  testSequencer: '<rootDir>/../tools/testing/longest-first.cjs',
};
