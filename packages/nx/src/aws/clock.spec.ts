import { awsClock } from './clock';

/** A machine whose clock is set, and which may sleep. */
function machine() {
  const state = { wall: 1_000_000, counted: 50 };
  return { state, clock: awsClock({ wall: () => state.wall, counted: () => state.counted, sleep: async () => undefined }) };
}

it('is the machine’s, where AWS has not answered yet', async () => {
  const clock = awsClock();
  const start = clock.now();
  await clock.sleep(5);
  expect([Math.abs(clock.now() - Date.now()) < 60_000, clock.now() > start]).toEqual([true, true]);
});

it('begins with what the machine says, and then counts: a clock that is set moves nothing', () => {
  const { state, clock } = machine();
  expect(clock.now()).toBe(1_000_000);
  state.wall += 5 * 3_600_000;
  state.counted += 1_000;
  expect(clock.now()).toBe(1_001_000);
});

it('AWS puts it right, forwards and back, and a moment is no error', () => {
  const { clock } = machine();
  expect([clock.observe(1_002_500), clock.now()]).toEqual([false, 1_000_000]);
  expect([clock.observe(9_000_000), clock.now()]).toEqual([true, 9_000_000]);
  expect([clock.observe(500_000), clock.now()]).toEqual([true, 500_000]);
});

it('what is no time is not heard', () => {
  const { clock } = machine();
  expect([clock.observe(NaN), clock.observe(Infinity), clock.now()]).toEqual([false, false, 1_000_000]);
});
