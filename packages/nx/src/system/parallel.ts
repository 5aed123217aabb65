/**
 * Runs `work` for each item, at most `limit` at a time, and returns the results in the order of the items. After a failure, no other item is started, `stop` is called
 * so that running work can end early, and the first failure is thrown once all running work has ended.
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

/** The limit for work that waits for git or a repository: concurrent queries are batched. */
export const PARALLEL_REQUESTS = 16;

/** As Promise.all, but a failure is thrown only after all promises have settled. */
export async function settleAll<T extends readonly unknown[]>(work: T): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(work);
  return Promise.all(work);
}
