import * as pins from './pin';
import {
  BundlePin,
  bundlePinFits,
  FrontendPin,
  frontendPinFits,
  halfPin,
  ImagePin,
  imagePinFits,
  printPin,
  readPin,
  requirePin,
} from './pin';
import { mustReadRelease } from './read';
import type { PinnedBundle } from './release';

const COMMIT = 'a'.repeat(40);
const DIGEST = `sha256:${'b'.repeat(64)}`;
const BUNDLE: BundlePin = { pin: 1, repo: 'r', ref: 'v1', subdir: 'x', commit: COMMIT, path: 'x/a', tree: 'c'.repeat(64) };
const FRONTEND: FrontendPin = { pin: 1, repo: 'r', ref: 'v1', commit: COMMIT, tree: COMMIT };
const IMAGE: ImagePin = { pin: 1, platform: '2026.7.20', bundles: ['a', 'b'], bases: { 'x:1': DIGEST } };

describe('reading a pin file', () => {
  test.each([
    ['a bundle’s', BundlePin, BUNDLE],
    ['a frontend’s', FrontendPin, FRONTEND],
    ['an image’s', ImagePin, IMAGE],
  ])('%s is parsed as it was printed', (_, schema, pin) => {
    expect(readPin<unknown>(schema, printPin(pin))).toEqual(pin);
    expect(printPin(pin)).toMatch(/^\{\n[^]*\n\}\n$/);
  });

  test.each<[string, string | undefined]>([
    ['no file', undefined],
    ['an empty file', ''],
    ['half a file', printPin(BUNDLE).slice(0, 40)],
    ['a half pin', halfPin({ repo: 'r', ref: 'v1' })],
    ['a newer pin', printPin({ ...BUNDLE, pin: 2 as 1 })],
    ['a list', '[]'],
    ['null', 'null'],
    ['another key', printPin({ ...BUNDLE, extra: 1 } as BundlePin)],
    ['a short commit', printPin({ ...BUNDLE, commit: 'abc1234' })],
    ['a merge conflict', `<<<<<<< ours\n${printPin(BUNDLE)}>>>>>>> theirs\n`],
    ['prototypes', '{"__proto__": {"pin": 1}}'],
  ])('%s is not a valid pin', (_, text) => {
    expect(readPin(BundlePin, text)).toBeUndefined();
  });
});

test('an object id has 40 or 64 digits, and nothing after them', () => {
  for (const commit of [COMMIT, 'c'.repeat(64)])
    expect(readPin(pins.BundlePin, printPin({ ...BUNDLE, commit }))).toEqual({ ...BUNDLE, commit });
  for (const commit of [`${COMMIT}0`, 'c'.repeat(65), `${COMMIT}\n`, COMMIT.toUpperCase(), ''])
    expect(readPin(pins.BundlePin, printPin({ ...BUNDLE, commit }))).toBeUndefined();
});

test('a half pin is readable, and says what completes it', () => {
  expect(halfPin({ ref: 'v1' })).toBe('{\n  "pin": 0,\n  "stale": "nx sync",\n  "ref": "v1"\n}\n');
});

test('the pin of a published image is up to date with its ref and its source', () => {
  const published = { name: 'x', ref: 'v1', source: 'docker.io/kdcube/x' };
  const pin = { pin: 1 as const, ref: 'v1', source: 'docker.io/kdcube/x', digest: DIGEST, manifests: [] };
  const fits = (found: pins.PlatformPin | undefined) => pins.platformPinFits(found, published as never);
  expect([fits(pin), fits({ ...pin, ref: 'v2' }), fits({ ...pin, source: 'ghcr.io/a/x' }), fits(undefined)]).toEqual([
    true,
    false,
    false,
    false,
  ]);
});

describe('whether a pin is up to date', () => {
  const bundle = mustReadRelease('platform: {ref: v1.0.0}\nbundles: {items: [{id: a, repo: r, ref: v1, subdir: x}]}', 'r.yaml')
    .release.bundles[0] as PinnedBundle;

  test.each<[string, Partial<PinnedBundle>, boolean]>([
    ['the same', {}, true],
    ['its name changed', { name: 'B', description: 'c' }, true],
    ['the ref moved', { ref: 'v2' }, false],
    ['another repository', { repo: 's' }, false],
    ['another folder', { subdir: 'y' }, false],
    ['its commit, asked for', { gitCommit: COMMIT }, true],
    ['another commit, asked for', { gitCommit: 'd'.repeat(40) }, false],
  ])('a bundle: %s', (_, change, fits) => {
    expect(bundlePinFits(BUNDLE, { ...bundle, ...change })).toBe(fits);
    expect(bundlePinFits(undefined, { ...bundle, ...change })).toBe(false);
  });

  test('a frontend', () => {
    expect(frontendPinFits(FRONTEND, { repo: 'r', ref: 'v1' })).toBe(true);
    expect(frontendPinFits(FRONTEND, { repo: 'r', ref: 'v2' })).toBe(false);
    expect(frontendPinFits(undefined, { repo: 'r', ref: 'v1' })).toBe(false);
    expect(frontendPinFits(FRONTEND, { repo: 'r', ref: 'v1', subdir: 'ui' })).toBe(false);
    expect(frontendPinFits({ ...FRONTEND, subdir: 'ui' }, { repo: 'r', ref: 'v1', subdir: 'ui' })).toBe(true);
    expect(frontendPinFits({ ...FRONTEND, subdir: 'ui' }, { repo: 'r', ref: 'v1' })).toBe(false);
  });

  const QUESTION = { platform: '2026.7.20', bundles: ['a', 'b'], bases: ['x:1'] };
  test.each([
    ['the same', {}, true],
    ['another platform', { platform: '2026.7.21' }, false],
    ['no platform', { platform: undefined }, false],
    ['a bundle more', { bundles: ['a', 'b', 'c'] }, false],
    ['a bundle less', { bundles: ['a'] }, false],
    ['another base', { bases: ['x:2'] }, false],
    ['a base more', { bases: ['w:1', 'x:1'] }, false],
  ])('an image: %s', (_, change, fits) => {
    expect(imagePinFits(IMAGE, { ...QUESTION, ...change })).toBe(fits);
  });

  test('ignores the order of bases', () => {
    const pin = { ...IMAGE, bases: { 'y:1': DIGEST, 'x:1': DIGEST } };
    expect(imagePinFits(pin, { ...QUESTION, bases: ['x:1', 'y:1'] })).toBe(true);
  });
});

test('the ids of an image are sorted, so the order in release.yaml does not matter', () => {
  const ids = (text: string) =>
    pins.bundleIdsOf(mustReadRelease(`platform: {ref: v1.0.0}\nbundles: {items: [${text}]}`, 'r.yaml').release);
  expect(ids('{id: b}, {id: a}')).toEqual(ids('{id: a}, {id: b}'));
});

test('requirePin reports whether a pin is missing or stale, with the command to run', () => {
  expect(requirePin(BUNDLE, true, 'a', 'pins/a')).toBe(BUNDLE);
  expect(() => requirePin(undefined, false, 'a', 'pins/a')).toThrow(/pin-missing[^]*nx sync/);
  expect(() => requirePin(BUNDLE, false, 'a', 'pins/a')).toThrow(/pin-stale[^]*nx sync/);
});

test('the paths of pins', () => {
  expect([pins.bundlePinFile('a@1.0'), pins.imagePinFile('x'), pins.platformPinFile('y'), pins.FRONTEND_PIN]).toEqual([
    'pins/bundles/a@1.0/pin.json',
    'pins/images/x/pin.json',
    'pins/platform/y/pin.json',
    'pins/frontend/pin.json',
  ]);
});
