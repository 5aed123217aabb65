import { Session } from 'node:inspector';
import type { Profiler } from 'node:inspector';
import { setFlagsFromString } from 'node:v8';

/** Searches that run inside V8, where coverage does not see them: how many items or characters each has looked at. */
type Search = (this: { length: number }, ...args: unknown[]) => unknown;
const SEARCHES: [prototype: object, name: string][] = [
  ...['indexOf', 'lastIndexOf', 'includes', 'concat', 'slice', 'splice', 'join'].map((name): [object, string] => [
    Array.prototype,
    name,
  ]),
  ...['indexOf', 'lastIndexOf', 'includes', 'split'].map((name): [object, string] => [String.prototype, name]),
  ...['keys', 'values', 'entries'].map((name): [object, string] => [Object, name]),
];

/** These cost what they return. */
const MAKES_A_LIST = new Set(['slice', 'keys', 'values', 'entries']);

// V8 counts blocks only in functions that are compiled afterwards: a spec imports this file before what it counts, and what an earlier spec of this process compiled is compiled again.
setFlagsFromString('--no-compilation-cache');
const session = new Session();
session.connect();
session.post('Profiler.enable');
session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
// Coverage makes every later spec of this process slow.
afterAll(() => {
  session.post('Profiler.stopPreciseCoverage');
  session.disconnect();
  setFlagsFromString('--compilation-cache');
});

/** How many operations each call of `work` takes: every block of code that it enters, and what searches inside V8 look at. The same on every machine. */
function countOperations(sizes: readonly number[], work: (size: number) => unknown): number[] {
  let searched = 0;
  const undo = SEARCHES.map(([owner, name]) => counted(owner, name, (steps) => (searched += steps)));
  try {
    enteredBlocks();
    return sizes.map((size) => {
      searched = 0;
      work(size);
      return enteredBlocks() + searched;
    });
  } finally {
    undo.forEach((restore) => restore());
  }
}

/** Since the last call. */
function enteredBlocks(): number {
  let sum = 0;
  session.post('Profiler.takePreciseCoverage', (error, found: Profiler.TakePreciseCoverageReturnType) => {
    if (error) throw error;
    for (const { functions } of found.result) for (const { ranges } of functions) for (const { count } of ranges) sum += count;
  });
  return sum;
}

/** How the work grows with the input: 2 is linear, 4 is quadratic. What every input costs does not count. Measures again only if the result is not below the limit. */
export function growth(size: number, limit: number, work: (size: number) => unknown): number {
  // What is compiled or cached by the first call is not counted.
  work(size);
  // In a process that ran other specs before, V8 does not count all blocks of a first measurement. Work that is quadratic is so in each of them.
  let smallest = Infinity;
  for (let round = 0; round < 3 && smallest >= limit; round += 1) smallest = Math.min(smallest, measureGrowth(size, work));
  return smallest;
}

function measureGrowth(size: number, work: (size: number) => unknown): number {
  const [one, two, four] = countOperations([size, 2 * size, 4 * size], work);
  return (four! - two!) / Math.max(two! - one!, size);
}

function counted(owner: object, name: string, count: (steps: number) => void): () => void {
  const methods = owner as Record<string, Search>;
  const original = methods[name]!;
  const replaced: Search = function (...args) {
    const result = Reflect.apply(original, this, args) as unknown;
    count(stepsOf(name, this, args, result));
    return result;
  };
  Object.defineProperty(methods, name, { value: replaced, configurable: true, writable: true });
  return () => void Object.defineProperty(methods, name, { value: original, configurable: true, writable: true });
}

function stepsOf(name: string, on: { length: number }, args: unknown[], result: unknown): number {
  const start = typeof args[1] === 'number' ? args[1] : 0;
  if (name === 'indexOf') return ((result as number) >= 0 ? (result as number) : on.length) - start;
  if (name === 'lastIndexOf') return (typeof args[1] === 'number' ? start : on.length) - (result as number);
  return MAKES_A_LIST.has(name) ? (result as { length: number }).length : on.length;
}
