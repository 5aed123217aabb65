/** A least-recently-used cache with a total size limit. A value larger than the limit is not stored. */
export function recentValues<V>(maxSize: number, sizeOf: (value: V) => number) {
  const values = new Map<string, V>();
  let total = 0;
  const remove = (key: string): void => {
    const value = values.get(key);
    if (value === undefined) return;
    values.delete(key);
    total -= sizeOf(value);
  };
  return {
    get(key: string): V | undefined {
      const value = values.get(key);
      if (value === undefined) return undefined;
      // A Map preserves insertion order.
      values.delete(key);
      values.set(key, value);
      return value;
    },
    set(key: string, value: V): void {
      remove(key);
      const size = sizeOf(value);
      if (size > maxSize) return;
      values.set(key, value);
      total += size;
      for (const oldest of values.keys()) {
        if (total <= maxSize) break;
        remove(oldest);
      }
    },
  };
}
