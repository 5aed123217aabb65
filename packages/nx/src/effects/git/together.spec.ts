import { sharedWhileAsked, together } from './together';

it('together asks once for all that is asked at the same moment, and again later', async () => {
  const calls: string[][] = [];
  const ask = together((words: string[]) => {
    calls.push(words);
    return words.map(async (word) => {
      if (word === 'bad') throw new Error(word);
      return word.toUpperCase();
    });
  });
  const bad = ask('bad').catch((error: Error) => error.message);
  expect(await Promise.all([ask('a'), ask('b'), ask('a'), bad])).toEqual(['A', 'B', 'A', 'bad']);
  expect(await ask('c')).toBe('C');
  expect(calls).toEqual([['bad', 'a', 'b', 'a'], ['c']]);
});

it('sharedWhileAsked keeps nothing, failures least of all', async () => {
  let count = 0;
  const shared = sharedWhileAsked<number>();
  const ask = () => shared('key', async () => (count += 1));
  expect(await Promise.all([ask(), ask()])).toEqual([1, 1]);
  expect(await ask()).toBe(2);
  await expect(shared('key', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await ask()).toBe(3);
});
