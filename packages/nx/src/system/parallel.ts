/**
 * Does `work` for each item, at most `limit` at a time, and gives the results in the order of the items. After a failure no other item is begun; `stop` is called
 * so that what is under way can end early, and the first failure is thrown when all of it has.
 */
export async function inParallel<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<R>,
  stop: () => void = () => undefined,
): Promise<R[]> {
  const results: R[] = [];
  const failures: unknown[] = [];
  let next = 0;
  const worker = async () => {
    while (next < items.length && failures.length === 0) {
      const index = next;
      next += 1;
      try {
        results[index] = await work(items[index]!);
      } catch (error) {
        failures.push(error);
        stop();
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  if (failures.length > 0) throw failures[0];
  return results;
}

/** So many at once where each waits for git, or for a repository: what they ask at the same moment is asked together. */
export const PARALLEL_REQUESTS = 16;

/** All of it to its end, and then the first failure: nothing may go on behind it. */
export async function settleAll<T extends readonly unknown[]>(work: T): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(work);
  return Promise.all(work);
}
