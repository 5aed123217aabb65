import { singleFlight, batched, batchedBy } from './batch';

it('combines concurrent requests into one call, and later requests into another', async () => {
  const calls: string[][] = [];
  const ask = batched((items: string[]) => {
    calls.push(items);
    return items.map(async (word) => {
      if (word === 'bad') throw new Error(word);
      return word.toUpperCase();
    });
  });
  const bad = ask('bad').catch((error: Error) => error.message);
  expect(await Promise.all([ask('a'), ask('b'), ask('a'), bad])).toEqual(['A', 'B', 'A', 'bad']);
  expect(await ask('c')).toBe('C');
  expect(calls).toEqual([['bad', 'a', 'b', 'a'], ['c']]);
});

it('with inTurn, requests made during a call wait for the next one, also after a failure', async () => {
  const calls: string[][] = [];
  const going: (() => void)[] = [];
  const ask = batchedBy<string, string, string>(
    (place) => place,
    (place, items) => {
      calls.push([place, ...items]);
      const work = new Promise<void>((resolve, reject) =>
        going.push(items[0] === 'bad' ? () => reject(new Error('bad')) : resolve),
      );
      return items.map((word) => work.then(() => word.toUpperCase()));
    },
    { inTurn: true },
  );
  const tick = () => new Promise((resolve) => setTimeout(resolve, 5));
  const first = ask('here')('bad').catch((error: Error) => error.message);
  await tick();
  const second = [ask('here')('a'), ask('there')('x')];
  await tick();
  second.push(ask('here')('b'));
  await tick();
  expect(calls).toEqual([
    ['here', 'bad'],
    ['there', 'x'],
  ]);
  going[0]!();
  expect(await first).toBe('bad');
  await tick();
  expect(calls).toHaveLength(3);
  going[1]!();
  going[2]!();
  expect(await Promise.all(second)).toEqual(['A', 'X', 'B']);
  expect(calls[2]).toEqual(['here', 'a', 'b']);
});

it('singleFlight caches nothing, not even failures', async () => {
  let count = 0;
  const shared = singleFlight<number>();
  const ask = () => shared('key', async () => (count += 1));
  expect(await Promise.all([ask(), ask()])).toEqual([1, 1]);
  expect(await ask()).toBe(2);
  await expect(shared('key', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await ask()).toBe(3);
});
