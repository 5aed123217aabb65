import { quoted } from '../../problem/problem';
import { nameClashes, nameProblem } from './names';

/** Names that are equal on some file systems. */
const TWINS = [
  ['name', 'NAME'],
  ['name', 'namE'],
  ['caf\u00e9', 'cafe\u0301'],
  ['stra\u00dfe', 'STRASSE'],
  ['\u00c5', '\u212b'],
] as const;

/** A path of `depth` parts: the clashing name at `place`, shared parts above it, and unique parts below it. */
function pathWith(twin: string, place: number, depth: number, below: string): string {
  return Array.from({ length: depth }, (_, index) =>
    index < place ? `shared${index}` : index === place ? twin : `${below}${index}`,
  ).join('/');
}

const DEPTHS = [1, 2, 3, 4];
const PLACES = DEPTHS.flatMap((first) =>
  DEPTHS.flatMap((second) =>
    Array.from({ length: Math.min(first, second) }, (_, place) => [place, first, second] as [number, number, number]),
  ),
);

test.each([
  ['A', 'a', 'only in case'],
  ['caf\u00e9', 'cafe\u0301', 'only in how their accents are encoded'],
  ['cafe\u0301', 'caf\u00e9', 'only in how their accents are encoded'],
  ['CAF\u00c9', 'cafe\u0301', 'only in case'],
])('%j and %j differ %s', (first, second, how) => {
  expect(nameClashes([first, second])[0]!.message).toContain(` differ ${how}, `);
});

test('a path that occurs twice, or is also a folder', () => {
  for (const paths of [
    ['a', 'a'],
    ['a', 'a/b'],
  ])
    expect(nameClashes(paths).map(({ code }) => code)).toEqual(['unsafe-name']);
});

test.each(['.git', '.GIT', 'git~1', 'GIT~12', 'a/.git/b', '.g\u200cit'])('%j is a name that git reserves', (path) => {
  expect(nameProblem(path)?.message).toContain('that is where git keeps its own files');
});
test.each(['a.git', '.gitx', 'git~x', 'xgit~1', 'git~1x', '.git1'])('%j is an ordinary name', (path) =>
  expect(nameProblem(path)).toBeUndefined(),
);

describe('names that clash in any part of two paths', () => {
  it.each(PLACES)('part %d of paths with %d and %d parts', (place, firstDepth, secondDepth) => {
    for (const [twin, other] of TWINS) {
      const first = pathWith(twin, place, firstDepth, 'x');
      const second = pathWith(other, place, secondDepth, 'y');
      for (const paths of [
        [first, second],
        [second, first],
      ]) {
        const found = nameClashes(paths);
        expect(found.map(({ code }) => code)).toEqual(['case-clash']);
        for (const path of paths)
          expect(found[0]!.message).toContain(
            quoted(
              path
                .split('/')
                .slice(0, place + 1)
                .join('/'),
            ),
          );
      }
    }
  });

  it('are found between other paths', () => {
    expect(nameClashes(['A/b/x', 'B/c', 'a/c/y', 'z']).map(({ code }) => code)).toEqual(['case-clash']);
  });

  it('are reported once for each pair of folders, at any depth', () => {
    const paths = Array.from({ length: 20 }, (_, index) => `${index % 2 ? 'A/b' : 'a/b'}/${index}/file`);
    expect(nameClashes(paths).map(({ message }) => /^"(.*?)" and "(.*?)"/.exec(message)!.slice(1))).toEqual([
      ['a', 'A'],
      ['a/b', 'A/b'],
    ]);
  });
});

it.each([
  ['the same name in two folders', ['a/NAME', 'b/name']],
  ['a folder and a file in another folder', ['NAME/a', 'b/name']],
  ['the same name at another depth', ['A', 'b/a', 'b/c/A']],
  ['names that are one only without the slash', ['ab/C', 'a/bc']],
  ['two files of one folder', ['A/x', 'A/y']],
  ['names that differ in more than case', ['A/x', 'a1/y', 'a-/y']],
])('no clash: %s', (_, paths) => {
  expect(nameClashes(paths)).toEqual([]);
});
