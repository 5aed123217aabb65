import type { Destination } from './destination';
import { readRemoteState } from './find';

const TAGS = [{ tag: 'v1', moving: false }];
const RESULTS = { find: { replaces: 'sha256:1' }, readPrevious: { labels: {} }, readTags: { at: 0, heads: new Map() } };

/** A destination whose reads end when all three have begun; `failing` fails at once. */
function destinationOf(failing?: keyof typeof RESULTS) {
  const calls: unknown[][] = [];
  const ended: string[] = [];
  let begin: () => void;
  const allBegan = new Promise<void>((resolve) => (begin = resolve));
  const read =
    (name: keyof typeof RESULTS) =>
    async (...given: unknown[]) => {
      if (calls.push([name, ...given]) === 3) begin();
      if (name === failing) throw new Error(`${name} failed`);
      await allBegan;
      ended.push(name);
      return RESULTS[name];
    };
  const destination = { find: read('find'), readPrevious: read('readPrevious'), readTags: read('readTags') };
  return { destination: destination as unknown as Destination, calls, ended };
}

it('reads the key, the previous image and the tags in parallel', async () => {
  const { destination, calls } = destinationOf();
  expect(await readRemoteState(destination, TAGS)).toEqual({
    replaces: 'sha256:1',
    previous: RESULTS.readPrevious,
    tagHeads: RESULTS.readTags,
  });
  expect(calls).toEqual([['find'], ['readPrevious'], ['readTags', TAGS]]);
});

it.each(['find', 'readPrevious', 'readTags'] as const)('after a failure of %s it waits for the other reads', async (failing) => {
  const { destination, ended } = destinationOf(failing);
  await expect(readRemoteState(destination, TAGS)).rejects.toThrow(`${failing} failed`);
  expect(ended).toEqual(Object.keys(RESULTS).filter((name) => name !== failing));
});
