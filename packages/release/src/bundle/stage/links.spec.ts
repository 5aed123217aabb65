import { LFS_LIMIT } from './stage';
import { linkProblem } from './links';

/** `up` refers to the bundle's folder, `down` to a folder two levels deep. */
const LINKS: readonly (readonly [string, string])[] = [
  ['deep/er/up', '../..'],
  ['down', 'a/b'],
];

function isRefused(path: string, target: string, links = LINKS): boolean {
  return linkProblem(path, target, new Map([...links, [path, target]]))?.code === 'symlink-escape';
}

/** The same target with one slash, or all of them, written differently. */
function spellings(target: string): string[] {
  const parts = target.split('/');
  const slashes = ['//', '///', '/./', '/.//', '//./'];
  const places = parts.slice(1).map((_, index) => index + 1);
  const one = places.flatMap((place) =>
    slashes.map((slash) => parts.slice(0, place).join('/') + slash + parts.slice(place).join('/')),
  );
  const all = slashes.map((slash) => parts.join(slash));
  return [target, ...one, ...all, `./${target}`, `.//${target}`, `${target}/`, `${target}//`, `${target}/.`];
}

describe('empty parts and dots in a target change nothing', () => {
  it.each([
    ['by its text and through the links', 'l', 'a/../../x'],
    ['from a folder', 'a/l', '../../x'],
    ['only through a link', 'l', 'deep/er/up/..'],
    ['only through a link, and would come back', 'l', 'deep/er/up/../x'],
    ['only through a link, after a folder', 'a/l', '../deep/er/up/../x'],
    ['only by its text', 'l', 'down/../../x'],
  ])('a link that leaves the bundle %s: %s -> %s', (_, path, target) => {
    expect(spellings(target).filter((spelling) => !isRefused(path, spelling))).toEqual([]);
  });

  it.each([
    ['l', 'a/../x'],
    ['l', 'a/b/../../x'],
    ['a/b/l', '../../x'],
    ['l', 'deep/er/up/x'],
    ['l', 'deep/er/up/deep/er/up/x'],
    ['l', 'down/../x'],
  ])('a link that stays in the bundle: %s -> %s', (path, target) => {
    expect(spellings(target).filter((spelling) => isRefused(path, spelling))).toEqual([]);
  });

  it.each(spellings('../..'))('a link that goes through deep/er/up -> %s', (up) => {
    const links = [['deep/er/up', up]] as const;
    expect(isRefused('deep/er/up', up, links)).toBe(false);
    expect(isRefused('l', 'deep/er/up/x', links)).toBe(false);
    expect(isRefused('l', 'deep/er/up/../x', links)).toBe(true);
    expect(isRefused('l', 'deep/er/up//../x', links)).toBe(true);
  });
});

it('a target may have at most 1023 bytes', () => {
  expect(isRefused('l', 'x'.repeat(LFS_LIMIT - 1))).toBe(false);
  expect(isRefused('l', 'x'.repeat(LFS_LIMIT))).toBe(true);
});

it.each(['/', '/x', '//x', '/../x'])('a link that goes through an absolute one, %j, is rejected', (target) => {
  expect(isRefused('l', 'out/y', [['out', target]])).toBe(true);
});

test('a link through 40 others is followed, as by the kernel, and one through 41 is rejected', () => {
  const chain = (length: number) =>
    Array.from({ length }, (_, index): [string, string] => [`l${index}`, index + 1 < length ? `l${index + 1}` : 'a']);
  expect(isRefused('start', 'l0', chain(40))).toBe(false);
  expect(isRefused('start', 'l0', chain(41))).toBe(true);
});
