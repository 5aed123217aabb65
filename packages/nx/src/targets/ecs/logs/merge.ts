/** Merges streams that are sorted by `key` into one that is. */
export async function* mergeByTime<T>(streams: readonly AsyncGenerator<T>[], key: (item: T) => string): AsyncGenerator<T> {
  const heads = await Promise.all(streams.map(async (stream) => ({ stream, next: await stream.next() })));
  for (;;) {
    let first: (typeof heads)[number] | undefined;
    for (const head of heads) if (!head.next.done && (!first || key(head.next.value) < key(first.next.value as T))) first = head;
    if (!first) return;
    yield first.next.value as T;
    first.next = await first.stream.next();
  }
}
