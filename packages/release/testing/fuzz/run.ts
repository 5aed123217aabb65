import * as path from 'node:path';
import * as fc from 'fast-check';
import { KdcubeError, type Problem, formatProblems } from '../../src/problem/problem';
import { PROBLEMS } from '../../src/problem/codes';

/** How many inputs each property gets: few in every run of the suite, 10,000 with `npm run test:fuzz`. */
const INPUTS = Number(process.env.KD_FUZZ ?? 60);
/** The same inputs in each run; another seed with KD_FUZZ_SEED. */
const SEED = Number(process.env.KD_FUZZ_SEED ?? 20261130);
/** One input that takes longer is reported by the long run. The short one shares its machine with the rest of the suite. */
const SLOW_MS = process.env.KD_FUZZ === undefined ? Infinity : 1000;

/** What one input led to: nothing of interest, or the problems that refuse it. */
export type Refused = readonly Problem[] | undefined;

/**
 * A test that gives inputs to `check`, which returns the problems that refuse an input, or nothing if it is accepted. It fails for everything that is thrown and is
 * no KdcubeError, for a problem without a known code, a text or a place, and, in the long run, for an input that takes longer than a second.
 */
export function fuzz<T>(name: string, inputs: fc.Arbitrary<T>, check: (input: T) => Refused | Promise<Refused>): void {
  test(`${name} [${INPUTS} inputs, seed ${SEED}]`, async () => {
    const count = { inputs: 0, refused: 0, slowest: 0 };
    const property = fc.asyncProperty(inputs, async (input) => {
      let { problems, took } = await timed(check, input);
      // A machine with other work may have stopped the process: only what is slow twice is slow.
      if (took > SLOW_MS) ({ problems, took } = await timed(check, input));
      count.inputs += 1;
      count.refused += problems && problems.length > 0 ? 1 : 0;
      count.slowest = Math.max(count.slowest, took);
      requireReadable(problems ?? []);
      if (took > SLOW_MS) throw new Error(`one input took ${Math.round(took)} ms`);
    });
    await fc.assert(property, { numRuns: INPUTS, seed: SEED, endOnFailure: process.env.KD_FUZZ_SHRINK === '0' });
    report(count);
  }, 600_000);
}

async function timed<T>(check: (input: T) => Refused | Promise<Refused>, input: T): Promise<{ problems: Refused; took: number }> {
  const start = performance.now();
  const problems = await refusalOf(check, input);
  return { problems, took: performance.now() - start };
}

async function refusalOf<T>(check: (input: T) => Refused | Promise<Refused>, input: T): Promise<Refused> {
  try {
    return await check(input);
  } catch (error) {
    if (error instanceof KdcubeError) return error.problems;
    throw error;
  }
}

function requireReadable(problems: readonly Problem[]): void {
  for (const problem of problems) {
    if (!Object.hasOwn(PROBLEMS, problem.code)) throw new Error(`no known code: ${problem.code}`);
    if (problem.message.trim() === '') throw new Error(`${problem.code} has no message`);
    const { line, col } = problem.at ?? {};
    if (line !== undefined && !(line >= 1)) throw new Error(`${problem.code} is at line ${line}`);
    if (col !== undefined && !(col >= 1)) throw new Error(`${problem.code} is at column ${col}`);
  }
  // eslint would call these control characters; nothing but a line end may reach a terminal.
  const printed = formatProblems(problems);
  const unprintable = [...printed].find((char) => char !== '\n' && (char < ' ' || (char >= '\u007f' && char <= '\u009f')));
  if (unprintable !== undefined) throw new Error(`a control character would be printed: ${JSON.stringify(unprintable)}`);
}

/** For readers whose problems are about one file: each names it, and a line that it has. */
export function inFile(problems: readonly Problem[], file: string, text: string): readonly Problem[] {
  // A line may end with CR alone, and the line after the last one is where something is missing.
  const lines = text.split(/\r\n|\n|\r/).length + 1;
  for (const { code, at } of problems) {
    if (at?.file !== file) throw new Error(`${code} has no place in ${file}: ${JSON.stringify(at)}`);
    if (at.line !== undefined && at.line > lines) throw new Error(`${code} is at line ${at.line} of ${lines}`);
  }
  return problems;
}

/** Printed by `npm run test:fuzz` only: the suite's output stays short. */
function report({ inputs, refused, slowest }: { inputs: number; refused: number; slowest: number }): void {
  if (process.env.KD_FUZZ === undefined) return;
  const { testPath = '', currentTestName = '' } = expect.getState();
  const name = `${path.basename(testPath, '.spec.ts')} › ${currentTestName.replace(/ \[\d+ inputs, .*$/, '')}`;
  process.stdout.write(`fuzz  ${name}: ${inputs} inputs, ${refused} refused, slowest ${slowest.toFixed(0)} ms\n`);
}
