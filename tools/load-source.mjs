// Loads a TypeScript module of this repository into a tool, without a build.
import { createRequire } from 'node:module';
import path from 'node:path';
import { root } from './setup.mjs';

const require = createRequire(import.meta.url);
require('../packages/nx/testing/typescript.cjs');

/** The exports of a module; `file` is relative to the root of the repository. */
export function loadSource(file) {
  return require(path.join(root, file));
}
