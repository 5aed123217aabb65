// npm run test:mutation [-- --sample 30 --seed 1 <part of a file's path>…]: changes the core in small ways, one at a time, and runs the specs that import
// the changed file. A change that no test notices is printed with its place. Nothing on disk is changed meanwhile.
// `--results <file>` stores the figures of each file as soon as it is done, and skips files that are there: a long run can be made in parts. `--again` runs only the survivors in that file again,
// after tests were added. `--write` puts all figures into docs/mutation.md; explained.mjs says why a survivor is none to worry about.
import { fork } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { mutantsOf } from './operators.mjs';
import { printFigures } from './page.mjs';
import { packageOf, specsOf } from './specs.mjs';
import { TARGETS } from './targets.mjs';

const root = path.join(import.meta.dirname, '../..');
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sample: { type: 'string', default: '30' },
    seed: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '600' },
    results: { type: 'string' },
    again: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});
const end = Date.now() + Number(values.minutes) * 60_000;

let worker;
const stored = values.results && fs.existsSync(values.results) ? JSON.parse(fs.readFileSync(values.results, 'utf8')) : {};
const figures = [];
for (const { file, specs } of TARGETS.filter(
  ({ file }) => positionals.length === 0 || positionals.some((part) => file.includes(part)),
)) {
  if (Date.now() > end) break;
  if (values.again && !stored[file]?.survived.length) continue;
  const figure = stored[file] && !values.again ? stored[file] : await testFile(file, specs);
  figures.push(figure);
  if (Date.now() <= end) stored[file] = figure;
  if (values.results) fs.writeFileSync(values.results, `${JSON.stringify(stored, null, 1)}\n`);
  const { killed, survived, timeout, mutants } = figure;
  console.log(`${file}: ${mutants} mutants, ${killed} killed, ${timeout} timeout, ${survived.length} survived`);
  for (const { line, what } of survived) console.log(`  survived  ${file}:${line}  ${what}`);
}
worker?.kill();
const count = (key) => figures.reduce((sum, figure) => sum + figure[key], 0);
const noticed = count('killed') + count('timeout');
console.log(`${count('mutants')} mutants, ${noticed} noticed: ${((100 * noticed) / Math.max(count('mutants'), 1)).toFixed(1)} %`);
if (values.write) fs.writeFileSync(path.join(root, 'docs/mutation.md'), printFigures(figures, values));

async function testFile(file, named) {
  const specs = specsOf(file, named);
  const source = fs.readFileSync(path.join(root, file), 'utf8');
  const all = mutantsOf(file, source);
  const before = values.again ? stored[file] : undefined;
  const chosen = before?.survived ?? sampleOf(all, Number(values.sample), `${values.seed} ${file}`);
  if (
    before?.survived.some(
      ({ start, end, text }) => !all.some((one) => one.start === start && one.end === end && one.text === text),
    )
  )
    throw new Error(`${file} was changed since its survivors were stored: run it without --again.`);
  const started = Date.now();
  const plain = await runSpecs(file, specs, undefined, 300_000);
  if (plain.failed) throw new Error(`${file}: its specs fail without a change, or there are none: ${plain.why}`);
  const limit = 20_000 + 6 * (Date.now() - started);
  const { killed = 0, timeout = 0 } = before ?? {};
  const figure = { file, all: all.length, mutants: chosen.length, killed, timeout, survived: [], specs: specs.length };
  for (const mutant of chosen) {
    if (Date.now() > end) break;
    const { failed, timedOut, why } = await runSpecs(file, specs, { ...mutant, file: path.join(root, file) }, limit);
    if (process.env.KD_MUTATION_WHY)
      console.log(
        `  ${mutant.line} ${mutant.what}: ${failed} ${
          String(why)
            .split('\n')
            .find((line) => line.includes('●'))
            ?.trim() ?? why
        }`,
      );
    if (timedOut) figure.timeout += 1;
    else if (failed) figure.killed += 1;
    else figure.survived.push(mutant);
  }
  figure.mutants = figure.killed + figure.timeout + figure.survived.length;
  return figure;
}

/** Sends the specs to the worker; one that does not come back in time is ended. */
function runSpecs(file, specs, mutant, limit) {
  // One that ended after its last result is noticed only here.
  if (!worker?.connected) worker = startWorker();
  return new Promise((resolve) => {
    const current = worker;
    const finish = (result) => {
      clearTimeout(timer);
      current.removeAllListeners();
      // What comes too late must not end this process.
      current.on('error', () => undefined);
      resolve(result);
    };
    const timer = setTimeout(() => {
      current.removeAllListeners();
      current.kill('SIGKILL');
      worker = undefined;
      resolve({ failed: true, timedOut: true });
    }, limit);
    current.once('message', finish);
    // It ended just before: another one takes over.
    current.once('error', () => {
      worker = undefined;
      finish(runSpecs(file, specs, mutant, limit));
    });
    current.once('exit', (code) => {
      worker = undefined;
      finish({ failed: true, why: `the process ended with ${code}` });
    });
    current.send({ mutant, specs, project: packageOf(file) });
  });
}

function startWorker() {
  const execArgv = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
  const env = { ...process.env, NODE_OPTIONS: '', KD_FUZZ_SHRINK: '0' };
  return fork(path.join(import.meta.dirname, 'worker.mjs'), { execArgv, env, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
}

/** The same choice for the same seed and file, in the order of the file. */
function sampleOf(list, size, seed) {
  let state = [...seed].reduce((sum, char) => (Math.imul(sum, 31) + char.charCodeAt(0)) | 0, 7);
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 0) / 2 ** 32;
  };
  const order = list.map((item, index) => [random(), index, item]).sort(([a], [b]) => a - b);
  return order
    .slice(0, size)
    .sort(([, a], [, b]) => a - b)
    .map(([, , item]) => item);
}
