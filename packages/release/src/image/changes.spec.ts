import { planImage, type ImageContents } from './image';
import { listChanges } from './changes';

const contents: ImageContents = {
  platform: 'linux/amd64',
  dockerfile: 'Dockerfile',
  files: 'f'.repeat(40),
  bundles: ['a', 'b', 'c', 'd', 'e'].map((id) => ({ id, folder: id, tree: '1'.repeat(40) })),
  bases: { 'x:1': `sha256:${'b'.repeat(64)}` },
  args: {},
  platformRef: '2026.1.1',
};
const before = planImage('proc', contents).labels;
const why = (more: Partial<ImageContents>) => listChanges(before, planImage('proc', { ...contents, ...more }));
const bundle = (id: string, tree = '2') => ({ id, folder: id, tree: tree.repeat(40) });

it.each<[string, Partial<ImageContents>, string[]]>([
  ['nothing', {}, []],
  ['one bundle', { bundles: [bundle('a'), ...contents.bundles.slice(1)] }, ['a changed']],
  ['added bundles', { bundles: [...contents.bundles, bundle('x'), bundle('y')] }, ['x, y added']],
  ['the frontend', { frontend: '2'.repeat(40) }, ['frontend changed']],
  ['a removed bundle', { bundles: contents.bundles.slice(1) }, ['a removed']],
  ['three bundles', { bundles: contents.bundles.slice(3) }, ['a, b, c removed']],
  ['four bundles', { bundles: contents.bundles.slice(4) }, ['a, b, c and 1 more removed']],
  ['many bundles', { bundles: contents.bundles.map(({ id }) => bundle(id)) }, ['a, b, c and 2 more changed']],
  [
    'the platform, and with it the base',
    { platformRef: '2026.2.1', bases: { 'x:2': `sha256:${'c'.repeat(64)}` } },
    ['platform 2026.1.1 → 2026.2.1'],
  ],
  ['the base alone', { bases: { 'x:1': `sha256:${'c'.repeat(64)}` } }, ['base image changed']],
  ['the Dockerfile', { files: 'e'.repeat(40) }, ['Dockerfile, files or build arguments changed']],
  [
    'several things',
    { bundles: contents.bundles.slice(1), platformRef: '2026.2.1' },
    ['a removed', 'platform 2026.1.1 → 2026.2.1'],
  ],
])('reports what changed: %s', (_, more, reasons) => expect(why(more)).toEqual(reasons));

it('reports a first image, and an image that this plugin did not build', () => {
  const plan = planImage('proc', contents);
  expect(listChanges(undefined, plan)).toEqual(['no previous image']);
  expect(listChanges({ maintainer: 'x' }, plan)).toEqual(['the previous image was not built by this plugin']);
  expect(listChanges({ ...before, 'io.kdcube.content-key': 'x', 'io.kdcube.bundles': '{' }, plan)).toEqual([
    'a, b, c and 2 more added',
  ]);
});

it('escapes control characters, and truncates long names', () => {
  const bundles = JSON.stringify({ 'gone\u001b[2J': {}, ['x'.repeat(9999)]: {} });
  const labels = { 'io.kdcube.content-key': 'k', 'io.kdcube.bundles': bundles, 'io.kdcube.platform-ref': '\u001b]0;t\u0007' };
  const text = listChanges(labels, planImage('proc', contents)).join('; ');
  expect(text).toContain('gone\\x1b[2J, xxx');
  expect(text).toContain('platform \\x1b]0;t\\x07 → 2026.1.1');
  expect(text.length).toBeLessThan(250);
});
