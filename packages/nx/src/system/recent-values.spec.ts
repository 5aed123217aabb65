import { recentValues } from './recent-values';

const texts = () => recentValues<string>(10, ({ length }) => length);

it('evicts the least recently used values, up to the total size', () => {
  const recent = texts();
  recent.set('a', 'aaaa');
  recent.set('b', 'bbbb');
  recent.get('a');
  recent.set('c', 'cccc');
  expect(['a', 'b', 'c'].map(recent.get)).toEqual(['aaaa', undefined, 'cccc']);
  recent.set('d', 'dd');
  expect(['a', 'c', 'd'].map(recent.get)).toEqual(['aaaa', 'cccc', 'dd']);
});

it('counts a key once if it is set again', () => {
  const recent = texts();
  for (let round = 0; round < 5; round += 1) recent.set('a', 'aaaa');
  recent.set('b', 'bbbbbb');
  expect(['a', 'b'].map(recent.get)).toEqual(['aaaa', 'bbbbbb']);
});

it('does not store a value larger than the total size, and removes its previous value', () => {
  const recent = texts();
  recent.set('a', 'a');
  recent.set('b', 'b');
  recent.set('a', 'a'.repeat(11));
  expect(['a', 'b'].map(recent.get)).toEqual([undefined, 'b']);
});
