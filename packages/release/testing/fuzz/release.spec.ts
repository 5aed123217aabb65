import * as fc from 'fast-check';
import { readRelease } from '../../src/release/read';
import { addBundle, setText } from '../../src/release/edit';
import { release, releaseTexts } from './releases';
import { mutatedText } from './mutate-text';
import { fuzz, inFile } from './run';
import { style, written } from './written';

const FILE = 'release.yaml';
const TEXTS = releaseTexts();
const NEW = { id: 'zeta@9-9', name: 'Zeta: "new" # 1', repo: 'https://git.example.com/z.git', ref: 'v1' };

describe('release.yaml', () => {
  fuzz('almost right texts', mutatedText(TEXTS), (text) => inFile(readRelease(text, FILE).problems, FILE, text));

  fuzz(
    'bytes that are no text',
    fc.tuple(mutatedText(TEXTS), fc.uint8Array({ maxLength: 3 }), fc.nat({ max: 999 })),
    ([text, bytes, at]) => {
      const content = Buffer.from(text);
      const place = Math.floor((content.length * at) / 1000);
      const whole = Buffer.concat([content.subarray(0, place), bytes, content.subarray(place)]);
      return inFile(readRelease(whole, FILE).problems, FILE, whole.toString('latin1'));
    },
  );

  fuzz('the same in every style of writing', fc.tuple(release, style), ([value, how]) => {
    const plain = readRelease(JSON.stringify(value), FILE);
    fc.pre(plain.problems.every(({ code }) => code === 'secret-value' || code === 'no-bundles'));
    const styled = readRelease(written(value, how), FILE);
    // A word without quotes may mean something else to the platform's reader: that is its own problem, and told.
    const problems = styled.problems.filter(({ code }) => code !== 'unquoted-value');
    expect(problems.map(({ code }) => code).sort()).toEqual(plain.problems.map(({ code }) => code).sort());
    if (problems.length === styled.problems.length) expect(styled.release).toEqual(plain.release);
    return styled.problems;
  });
});

describe('edits of release.yaml', () => {
  fuzz('a bundle is added to any style: every byte stays', fc.tuple(release, style), ([value, how]) => {
    const text = written(value, how);
    const result = addBundle(text, FILE, NEW);
    const before = readRelease(text, FILE);
    const after = readRelease(result, FILE);
    expect(after.release!.bundles.slice(0, -1)).toEqual(before.release!.bundles);
    expect(after.release!.bundles.at(-1)).toMatchObject(NEW);
    if (value.bundles.items.length > 0) requireInserted(text, result);
    return undefined;
  });

  fuzz('a bundle is added to almost right texts, or nothing is', mutatedText(TEXTS), (text) => {
    const result = addBundle(text, FILE, NEW);
    const before = readRelease(text, FILE).release?.bundles ?? [];
    if (result === text) return undefined;
    expect(readRelease(result, FILE).release!.bundles.map(({ id }) => id)).toEqual([...before.map(({ id }) => id), NEW.id]);
    requireOnlySpace(text, result);
    return undefined;
  });

  fuzz(
    'a ref is set in any style: only it changes',
    fc.tuple(release, style, fc.nat({ max: 9 }), fc.constantFrom('v2', '1e3', 'a b', "it's", '#1')),
    ([value, how, pick, ref]) => {
      const text = written(value, how);
      const pinned = value.bundles.items.flatMap((item, index) => (item.ref === undefined ? [] : [index]));
      const index = pinned[pick % pinned.length];
      fc.pre(index !== undefined);
      const result = setText(text, FILE, ['bundles', 'items', index, 'ref'], ref);
      const wanted = structuredClone(readRelease(text, FILE).release!);
      wanted.bundles[index] = { ...wanted.bundles[index]!, ref } as (typeof wanted.bundles)[number];
      expect(readRelease(result, FILE).release).toEqual(wanted);
      requireOneStretch(text, result, 60);
      return undefined;
    },
  );
});

/** The new text is the old one with one stretch inserted. */
function requireInserted(before: string, after: string): void {
  const { removed } = difference(before, after);
  expect(removed).toBe('');
}

/** Of the old text only what stands for nothing (null, brackets, spaces) may go. */
function requireOnlySpace(before: string, after: string): void {
  const { removed } = difference(before, after);
  expect(removed).toMatch(/^(?:[\s[\]{}]|null|~)*$/i);
}

function requireOneStretch(before: string, after: string, length: number): void {
  expect(difference(before, after).removed.length).toBeLessThan(length);
}

function difference(before: string, after: string): { removed: string; inserted: string } {
  let start = 0;
  while (start < before.length && before[start] === after[start]) start += 1;
  let end = 0;
  const most = Math.min(before.length, after.length) - start;
  while (end < most && before[before.length - 1 - end] === after[after.length - 1 - end]) end += 1;
  return { removed: before.slice(start, before.length - end), inserted: after.slice(start, after.length - end) };
}
