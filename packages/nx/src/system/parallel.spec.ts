import { inParallel } from './parallel';

const tick = () => new Promise((resolve) => setImmediate(resolve));

it('preserves the order and respects the limit', async () => {
  let running = 0;
  let most = 0;
  const results = await inParallel([5, 1, 3, 0, 2], 2, async (ticks) => {
    most = Math.max(most, (running += 1));
    for (let i = 0; i < ticks; i += 1) await tick();
    running -= 1;
    return ticks * 10;
  });
  expect(results).toEqual([50, 10, 30, 0, 20]);
  expect(most).toBe(2);
  expect(await inParallel([], 2, async () => 1)).toEqual([]);
});

it('after a failure, starts nothing, waits for running work, and throws the first failure', async () => {
  const started: number[] = [];
  const ended: number[] = [];
  let stopped = false;
  const work = async (item: number) => {
    started.push(item);
    if (item === 1) throw new Error('first');
    while (!stopped) await tick();
    ended.push(item);
    throw new Error('second');
  };
  await expect(inParallel([0, 1, 2, 3], 2, work, () => (stopped = true))).rejects.toThrow('first');
  expect([started, ended]).toEqual([[0, 1], [0]]);
});
