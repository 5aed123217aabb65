import { LIMITS } from '../problem/limits';

const MAX_WORD = LIMITS.suggestedWord.max;

/** How many letters two words are apart (Levenshtein), for "did you mean". Longer texts are no words: Infinity. */
export function distance(a: string, b: string): number {
  if (a.length > MAX_WORD || b.length > MAX_WORD) return a === b ? 0 : Infinity;
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length]!;
}
