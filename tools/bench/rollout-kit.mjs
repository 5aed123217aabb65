// What the tests of a rollout use, for plain node: our client from its sources, the plans, and the table of rollouts.
import { createRequire } from 'node:module';
import path from 'node:path';
import { root } from '../setup.mjs';

// The client of @kdcube/nx comes last: its startDouble and deploy speak HTTP.
const PARTS = [
  ...['kit', 'truth', 'row', 'table'].map((name) => `packages/release/testing/rollouts/${name}.ts`),
  'packages/nx/testing/rollouts/run.ts',
];

export function rolloutKit() {
  const require = createRequire(import.meta.url);
  require(path.join(root, 'packages/nx/testing/typescript.cjs'));
  return Object.assign({}, ...PARTS.map((file) => require(path.join(root, file))));
}
