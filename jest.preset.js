// One configuration for every suite.
const path = require('node:path');

module.exports = {
  testEnvironment: 'node',
  // What a module of a sandbox looks up in its global object is slow to find; as arguments of the module it is not. Only what no package declares anew.
  sandboxInjectedGlobals: ['Array', 'JSON', 'Math', 'Number', 'Object', 'String'],
  // Many specs run git, and machines are slow at times: a limit is for what hangs, not for what is slow.
  testTimeout: 120_000,
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        swcrc: false,
        jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
        module: { type: 'commonjs', ignoreDynamic: true },
        sourceMaps: 'inline',
      },
    ],
    '/node_modules/execa/index\\.js$': path.join(__dirname, 'tools/testing/bundle-esm.cjs'),
  },
  transformIgnorePatterns: ['/node_modules/(?!execa/index\\.js$)'],
  moduleNameMapper: {
    '^@kdcube/release$': path.join(__dirname, 'packages/release/src/index.ts'),
    '^@kdcube/release/internal$': path.join(__dirname, 'packages/release/src/internal.ts'),
  },
  modulePathIgnorePatterns: ['/dist/', '/fixtures/'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/', '/files/'],
};
