import { planImage, type ImageContents } from './image';
import { whyBuilt } from './why';

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
const why = (more: Partial<ImageContents>) => whyBuilt(before, planImage('proc', { ...contents, ...more }));
const bundle = (id: string, tree = '2') => ({ id, folder: id, tree: tree.repeat(40) });

it.each<[string, Partial<ImageContents>, string[]]>([
  ['nothing', {}, []],
  ['one bundle', { bundles: [bundle('a'), ...contents.bundles.slice(1)] }, ['a changed']],
  ['bundles that came', { bundles: [...contents.bundles, bundle('x'), bundle('y')] }, ['x, y came']],
  ['a bundle that went', { bundles: contents.bundles.slice(1) }, ['a went']],
  ['many bundles', { bundles: contents.bundles.map(({ id }) => bundle(id)) }, ['a, b, c and 2 more changed']],
  [
    'the platform, and with it the base',
    { platformRef: '2026.2.1', bases: { 'x:2': `sha256:${'c'.repeat(64)}` } },
    ['platform 2026.1.1 → 2026.2.1'],
  ],
  ['the base alone', { bases: { 'x:1': `sha256:${'c'.repeat(64)}` } }, ['its base changed']],
  ['the Dockerfile', { files: 'e'.repeat(40) }, ['its Dockerfile, its own files or its arguments changed']],
  ['several things', { bundles: contents.bundles.slice(1), platformRef: '2026.2.1' }, ['a went', 'platform 2026.1.1 → 2026.2.1']],
])('says what changed: %s', (_, more, said) => expect(why(more)).toEqual(said));

it('knows a first image, and one of somebody else’s', () => {
  const plan = planImage('proc', contents);
  expect(whyBuilt(undefined, plan)).toEqual(['the first one here']);
  expect(whyBuilt({ maintainer: 'x' }, plan)).toEqual(['the one before was not made by this plugin']);
  expect(whyBuilt({ ...before, 'io.kdcube.content-key': 'x', 'io.kdcube.bundles': '{' }, plan)).toEqual([
    'a, b, c and 2 more came',
  ]);
});

it('does not pass on what a terminal would obey, or would be flooded with', () => {
  const bundles = JSON.stringify({ 'gone\u001b[2J': {}, ['x'.repeat(9999)]: {} });
  const labels = { 'io.kdcube.content-key': 'k', 'io.kdcube.bundles': bundles, 'io.kdcube.platform-ref': '\u001b]0;t\u0007' };
  const said = whyBuilt(labels, planImage('proc', contents)).join('; ');
  expect(said).toContain('gone\\x1b[2J, xxx');
  expect(said).toContain('platform \\x1b]0;t\\x07 → 2026.1.1');
  expect(said.length).toBeLessThan(250);
});
