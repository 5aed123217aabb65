/**
 * A tag as people count them: what stays (`bundle-v`), the numbers (`2026.02.22`), and what follows (`-rc.1`). The version is the last part with dots; in a tag without one, the last number, with the
 * numbers that dashes or underscores join to it.
 */
interface CountedTag {
  tag: string;
  prefix: string;
  numbers: bigint[];
  suffix: string;
}

/** The tags of the same series that are newer, the newest first. Numbers are compared as numbers, with or without zeros in front. A pre-release (`-rc.1`) only follows a pre-release. */
export function newerTags(current: string, tags: readonly string[]): string[] {
  const from = countTag(current);
  if (!from) return [];
  return [...new Set(tags)]
    .flatMap((tag) => countTag(tag) ?? [])
    .filter(({ prefix, suffix }) => prefix === from.prefix && (suffix === '' || from.suffix !== ''))
    .filter((tag) => compareTags(tag, from) > 0)
    .sort((a, b) => compareTags(b, a))
    .map(({ tag }) => tag);
}

function countTag(tag: string): CountedTag | undefined {
  const dotted = [...tag.matchAll(/\d+(?:\.\d+)+/g)].at(-1);
  const found = dotted ?? [...tag.matchAll(/\d+(?:[-_]\d+)*/g)].at(-1);
  if (!found) return undefined;
  const [version] = found;
  return {
    tag,
    prefix: tag.slice(0, found.index),
    numbers: version.split(/[-._]/).map(BigInt),
    suffix: tag.slice(found.index + version.length),
  };
}

/** Negative, 0 or positive, as `sort` wants it. A release follows its pre-releases. */
function compareTags(a: CountedTag, b: CountedTag): number {
  const count = Math.max(a.numbers.length, b.numbers.length);
  for (let index = 0; index < count; index += 1) {
    const [left, right] = [a.numbers[index] ?? 0n, b.numbers[index] ?? 0n];
    if (left !== right) return left < right ? -1 : 1;
  }
  if (a.suffix === b.suffix) return 0;
  if (a.suffix === '' || b.suffix === '') return a.suffix === '' ? 1 : -1;
  return a.suffix.localeCompare(b.suffix, 'en', { numeric: true });
}
