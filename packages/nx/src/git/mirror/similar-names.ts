/** Up to `count` names that the user may have meant by `name`, the most similar first. */
export function similarNames(name: string, names: readonly string[], count = 3): string[] {
  const limit = Math.max(2, Math.floor(name.length / 3));
  const bare = normalize(name);
  const ranked = names
    .filter((each) => Math.abs(each.length - name.length) <= limit + 4)
    .map((each) => ({ each, distance: normalize(each) === bare ? 0 : editDistance(name, each) }))
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance || compareNewestFirst(a.each, b.each));
  return ranked.slice(0, count).map(({ each }) => each);
}

/** A name without common variations: a leading v, a prefix with a slash, case, separators. */
function normalize(name: string): string {
  return name
    .toLowerCase()
    .replace(/^.*\//, '')
    .replace(/^v(?=\d)/, '')
    .replace(/[-_.+]/g, '');
}

function compareNewestFirst(a: string, b: string): number {
  return b.localeCompare(a, 'en', { numeric: true });
}

/** The Levenshtein distance: the number of inserted, removed or changed letters. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
