/**
 * Which of many lists of words have a word in a text, in one pass over it: three letters decide what is compared. The words are in lower case, and the text may be in any.
 * A list with a word of fewer than three letters is always named.
 */
export function keywordIndex(lists: readonly (readonly string[])[]): (text: string) => number[] {
  let index: { always: number[]; owners: Map<string, number[]>; starts: Map<number, string[]>; filter: Uint8Array } | undefined;
  return (text) => {
    const { always, owners, starts, filter } = (index ??= build(lists));
    const lower = text.toLowerCase();
    const found = new Set(always);
    let hash = 0;
    for (let end = 0; end < lower.length; end += 1) {
      hash = hashWith(hash, lower.charCodeAt(end));
      if (filter[hash] === 0 || end < 2) continue;
      const at = end - 2;
      for (const word of starts.get(hash)!) if (lower.startsWith(word, at)) for (const list of owners.get(word)!) found.add(list);
    }
    return [...found].sort((a, b) => a - b);
  };
}

function build(lists: readonly (readonly string[])[]) {
  const always: number[] = [];
  const owners = new Map<string, number[]>();
  const starts = new Map<number, string[]>();
  const filter = new Uint8Array(SIZE);
  lists.forEach((list, at) => {
    if (list.some((word) => word.length < 3)) always.push(at);
    for (const word of list) owners.set(word, [...(owners.get(word) ?? []), at]);
  });
  for (const word of owners.keys()) {
    if (word.length < 3) continue;
    const hash = [0, 1, 2].reduce((before, at) => hashWith(before, word.charCodeAt(at)), 0);
    starts.set(hash, [...(starts.get(hash) ?? []), word]);
    filter[hash] = 1;
  }
  return { always, owners, starts, filter };
}

const SIZE = 1 << 15;

/** Of the last three letters, from the hash before the last one: each letter is shifted out after two more. */
function hashWith(hash: number, letter: number): number {
  return ((hash << 5) ^ letter) & (SIZE - 1);
}
