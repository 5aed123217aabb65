// What the tests of a rollout use, for plain node: our client from its sources, the plans, and the table of rollouts.
import { createRequire } from 'node:module';
import path from 'node:path';
import { root } from '../setup.mjs';

const PARTS = ['kit', 'run', 'truth', 'rollouts.row', 'rollouts.table'];

export function rolloutKit() {
  const require = createRequire(import.meta.url);
  const testing = path.join(root, 'packages/nx/testing');
  require(path.join(testing, 'typescript.cjs'));
  return Object.assign({}, ...PARTS.map((name) => require(path.join(testing, `rollouts/${name}.ts`))));
}
