// Runs specs with one mutant after the other in one process: `{ mutant, specs, project }` comes in, `{ failed, ran, why }` goes out.
import { createRequire } from 'node:module';
import path from 'node:path';
import { runCLI } from 'jest';

const root = path.join(import.meta.dirname, '../..');
const preset = createRequire(import.meta.url)('../../jest.preset.js');
const own = path.join(import.meta.dirname, 'transform.cjs');
const transform = Object.fromEntries(
  Object.entries(preset.transform).map(([pattern, by]) => {
    const [name, options] = Array.isArray(by) ? by : [by];
    return [pattern, name === '@swc/jest' ? [own, options] : [name, options ?? {}]];
  }),
);

let run = 0;
process.on('message', async ({ mutant, specs, project }) => {
  process.env.KD_MUTANT = mutant ? JSON.stringify(mutant) : '';
  const rootDir = path.join(root, project);
  // jest keeps what it has read of a file for as long as the configuration is the same; `id` names the cache on disk, which all share.
  const displayName = `mutation ${(run += 1)}`;
  const config = JSON.stringify({ ...preset, transform, rootDir, displayName, id: 'mutation' });
  const argv = {
    _: specs,
    $0: 'jest',
    config,
    bail: 1,
    runInBand: true,
    silent: true,
    reporters: [path.join(import.meta.dirname, 'silent-reporter.cjs')],
    runTestsByPath: true,
    watchman: false,
    ci: true,
  };
  try {
    const { results } = await runCLI(argv, [rootDir]);
    const broken = results.testResults.find(({ numFailingTests, testExecError }) => numFailingTests > 0 || testExecError);
    process.send({ failed: !results.success, ran: results.numTotalTests, why: broken?.failureMessage?.slice(0, 400) });
  } catch (error) {
    process.send({ failed: true, ran: 0, why: String(error) });
  }
});
