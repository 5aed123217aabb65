// A program that knows nothing of the double, under the double's clock: as clock-preload.mjs does it, and inside of this process.
import { execFile } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import timers from 'node:timers/promises';
import { promisify } from 'node:util';
import { startDouble } from '../testing/kit.mjs';
import { clockEnvironment } from './environment.mjs';
import { useVirtualTime } from './virtual-time.mjs';

const HOUR = 3_600_000;
let double;
beforeEach(async () => {
  double = await startDouble();
});
afterEach(() => double.close());

const PROGRAM = `
const { setTimeout: sleep } = require('node:timers/promises');
const start = performance.now();
const value = async () => [await sleep(${HOUR}, 'slept'), performance.now() - start];
Promise.all([value(), value()]).then((all) => console.log(JSON.stringify(all)));`;

async function run(source, type) {
  const env = { ...process.env, ...clockEnvironment(double.url, {}) };
  const { stdout } = await promisify(execFile)(process.execPath, [`--input-type=${type}`, '--eval', source], { env });
  return JSON.parse(stdout);
}

test.each([
  ['commonjs', PROGRAM],
  [
    'module',
    PROGRAM.replace(/const (\{.*\}) = require\((.*)\);/, (_, names, from) => `import ${names.replace(':', ' as')} from ${from};`),
  ],
])('a %s program sleeps for hours, and the double’s time moves by them', async (type, source) => {
  const start = double.clock.now();
  expect(await run(source, type)).toEqual([
    ['slept', HOUR],
    ['slept', HOUR],
  ]);
  expect(double.clock.now() - start).toBe(HOUR);
});

test('without the address of a clock the preload fails, and names the variable', async () => {
  const env = { ...process.env, ...clockEnvironment('', {}) };
  await expect(promisify(execFile)(process.execPath, ['--eval', '0'], { env })).rejects.toThrow('ECS_DOUBLE_CLOCK is not set');
});

test('in this process, until it is put back; a time limit stays real, and so does Date', async () => {
  const before = [timers.setTimeout, performance.now];
  const putBack = useVirtualTime(double.time);
  try {
    const [start, date] = [performance.now(), Date.now()];
    await timers.setTimeout(HOUR);
    expect([performance.now() - start, Date.now() - date < HOUR]).toEqual([HOUR, true]);
    const limit = new AbortController();
    const limited = timers.setTimeout(HOUR, undefined, { signal: limit.signal });
    limit.abort();
    await expect(limited).rejects.toMatchObject({ name: 'AbortError' });
    expect(performance.now() - start).toBe(HOUR);
  } finally {
    putBack();
  }
  expect([timers.setTimeout, performance.now]).toEqual(before);
});
