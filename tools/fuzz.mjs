// npm run test:fuzz [-- <number of inputs> [--write] [jest's own arguments]]: every fuzz test with 10,000 inputs each, and what each led to.
// The short form of the same tests is a part of `npm test`. KD_FUZZ_SEED chooses other inputs; a failure prints the input, made as small as it can be.
// `--write` puts the figures into docs/fuzzing.md.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { nxEnv, root } from './setup.mjs';

const write = process.argv.includes('--write');
const [count = '10000', ...args] = process.argv.slice(2).filter((arg) => arg !== '--write');
const seed = process.env.KD_FUZZ_SEED ?? String(Math.floor(Date.now() / 86_400_000));
const env = {
  ...process.env,
  ...nxEnv,
  KD_FUZZ: count,
  KD_FUZZ_SEED: seed,
  NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --experimental-vm-modules --disable-warning=ExperimentalWarning`.trim(),
};
console.log(`${count} inputs for each test, seed ${seed} (KD_FUZZ_SEED)`);
const jest = ['jest', '--projects', 'packages/release', 'packages/nx', '--testPathPatterns', '/testing/fuzz/', ...args];
const child = spawn('npx', jest, { cwd: root, stdio: ['inherit', 'pipe', 'inherit'], env });
let output = '';
child.stdout.on('data', (chunk) => {
  process.stdout.write(chunk);
  output += chunk;
});
const [code] = await once(child, 'close');
process.exitCode = code ?? 1;
if (write && code === 0) fs.writeFileSync(path.join(root, 'docs/fuzzing.md'), page(figuresIn(output)));

/** The lines that testing/fuzz/run.ts prints: `fuzz  <file> › <test>: 10000 inputs, 12 refused, slowest 3 ms`. */
function figuresIn(text) {
  const lines = text.matchAll(/^fuzz {2}(.+): (\d+) inputs, (\d+) refused, slowest (\d+) ms$/gm);
  return [...lines].map(([, name, inputs, refused, slowest]) => ({ name, inputs, refused, slowest: Number(slowest) }));
}

function page(figures) {
  const sorted = figures.sort((a, b) => (a.name < b.name ? -1 : 1));
  const rows = sorted.map(({ name, inputs, refused, slowest }) => `| ${name} | ${inputs} | ${refused} | ${slowest} ms |`);
  const slowest = Math.max(...figures.map((figure) => figure.slowest));
  return `${[
    '# Fuzzing',
    '',
    '`npm run test:fuzz` gives every reader inputs that are almost right: fixtures in which something was changed. A reader may refuse an input with a Problem that has a code, a text and a place. It may not',
    'crash, take longer than a second, or print a control character; the same content in another style of writing is the same release; an edit changes only what it says. `npm test` gives each 60 inputs.',
    '',
    `Figures of \`KD_FUZZ_SEED=${seed} npm run test:fuzz -- ${count} --write\`: ${figures.length} tests, no failure, the slowest input took ${slowest} ms.`,
    '',
    '| reader and inputs | inputs | refused | slowest |',
    '| --- | ---: | ---: | ---: |',
    ...rows,
  ].join('\n')}\n`;
}
