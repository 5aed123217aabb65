// Numbers of several rounds.

export function median(values) {
  if (values.length === 0) return undefined;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** How many times `one` is as fast as `other`: the median of what each single round says, because a busy machine slows both sides of a round. */
export function ratio(one, other) {
  const rounds = one.map((value, round) =>
    value === undefined || other[round] === undefined ? undefined : other[round] / value,
  );
  return median(rounds.filter((value) => value !== undefined));
}
