// npm run test:fuzz [-- <number of inputs> [jest's own arguments]]: every fuzz test with 10,000 inputs each, and what each led to.
// The short form of the same tests is a part of `npm test`. KD_FUZZ_SEED chooses other inputs; a failure prints the input, made as small as it can be.
import { spawnSync } from 'node:child_process';
import { nxEnv, root } from './setup.mjs';

const [count = '10000', ...args] = process.argv.slice(2);
const env = {
  ...process.env,
  ...nxEnv,
  KD_FUZZ: count,
  KD_FUZZ_SEED: process.env.KD_FUZZ_SEED ?? String(Math.floor(Date.now() / 86_400_000)),
  NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --experimental-vm-modules --disable-warning=ExperimentalWarning`.trim(),
};
console.log(`${count} inputs for each test, seed ${env.KD_FUZZ_SEED} (KD_FUZZ_SEED)`);
const jest = ['jest', '--projects', 'packages/release', 'packages/nx', '--testPathPatterns', '/testing/fuzz/', ...args];
process.exitCode = spawnSync('npx', jest, { cwd: root, stdio: 'inherit', env }).status ?? 1;
