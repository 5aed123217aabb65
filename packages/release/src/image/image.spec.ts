import { mustReadRelease } from '../release/read';
import { imagePinFits } from '../release/pin';
import type { ImageContents } from './image';
import { contentKey, imageQuestion, pinnedContents, planImage, platformArgs } from './image';

const BASE = `sha256:${'1'.repeat(64)}`;
const CONTENTS: ImageContents = {
  platform: 'linux/amd64',
  dockerfile: 'Dockerfile_ChatProcBundled',
  files: 'a'.repeat(40),
  bundles: [
    { id: 'b@1-0', folder: 'b@1-0', tree: 'b'.repeat(40) },
    { id: 'a@2.0', folder: 'a_2_0', tree: 'c'.repeat(40) },
  ],
  bases: { 'x:1': BASE, 'y:2': `sha256:${'2'.repeat(64)}` },
  args: { KDCUBE_PLATFORM_REF: '2026.7.20', B: '1' },
  platformRef: '2026.7.20',
};

describe('the content key', () => {
  test('is stable: changing it rebuilds every image of every customer (raise RECIPE and update this)', () => {
    expect(contentKey(CONTENTS)).toBe('c04bf222c0fd3e1aa20ec86981a21096caf348bbba76104dfecddaf9122805fa');
  });

  const changes: [string, Partial<ImageContents>][] = [
    ['the OCI platform', { platform: 'linux/arm64' }],
    ['the Dockerfile’s name', { dockerfile: 'Dockerfile' }],
    ['the image’s own files', { files: 'd'.repeat(40) }],
    ['a bundle less', { bundles: CONTENTS.bundles.slice(1) }],
    ['a bundle’s tree', { bundles: [{ ...CONTENTS.bundles[0]!, tree: 'd'.repeat(40) }, CONTENTS.bundles[1]!] }],
    ['a bundle’s folder', { bundles: [{ ...CONTENTS.bundles[0]!, folder: 'z' }, CONTENTS.bundles[1]!] }],
    ['a bundle’s id, which is in the labels', { bundles: [{ ...CONTENTS.bundles[0]!, id: 'z' }, CONTENTS.bundles[1]!] }],
    ['a base’s digest', { bases: { ...CONTENTS.bases, 'x:1': `sha256:${'3'.repeat(64)}` } }],
    ['a base’s name', { bases: { 'x:2': BASE, 'y:2': CONTENTS.bases['y:2']! } }],
    ['an argument', { args: { ...CONTENTS.args, B: '2' } }],
    ['the platform’s ref, which is in the labels', { platformRef: '2026.7.21' }],
    ['the frontend', { frontend: 'e'.repeat(40) }],
    ['another frontend', { frontend: 'f'.repeat(40) }],
    ['the tenant of its config.json', { baked: { tenant: 'a', project: 'b' } }],
    ['the project of its config.json', { baked: { tenant: 'a', project: 'c' } }],
    ['a salt', { salt: 'again' }],
  ];
  test.each(changes)('changes with %s', (_, change) => {
    expect(contentKey({ ...CONTENTS, ...change })).not.toBe(contentKey(CONTENTS));
  });

  test('no two of these changes give the same key', () => {
    expect(new Set(changes.map(([, change]) => contentKey({ ...CONTENTS, ...change }))).size).toBe(changes.length);
  });

  test('does not depend on the order of the inputs', () => {
    const turned = {
      ...CONTENTS,
      bundles: [...CONTENTS.bundles].reverse(),
      bases: Object.fromEntries(Object.entries(CONTENTS.bases).reverse()),
      args: Object.fromEntries(Object.entries(CONTENTS.args).reverse()),
    };
    expect(planImage('x', turned)).toMatchObject({ key: contentKey(CONTENTS), labels: planImage('x', CONTENTS).labels });
  });
});

describe('labels', () => {
  const { labels, key, tag } = planImage('web', CONTENTS);

  test('describe the image', () => {
    expect(tag).toBe(`c-${key}`);
    expect(labels).toEqual({
      'io.kdcube.content-key': key,
      'io.kdcube.bundles': JSON.stringify({
        'a@2.0': { folder: 'a_2_0', tree: 'c'.repeat(40) },
        'b@1-0': 'b'.repeat(40),
      }),
      'io.kdcube.platform-ref': '2026.7.20',
      'org.opencontainers.image.revision': tag,
      'org.opencontainers.image.version': tag,
    });
  });

  test('the frontend is named by its tree', () => {
    expect(planImage('ui', { ...CONTENTS, frontend: 'e'.repeat(40), baked: { tenant: 'a', project: 'b' } }).labels).toMatchObject(
      {
        'io.kdcube.tenant': 'a',
        'io.kdcube.project': 'b',
        'io.kdcube.frontend': 'e'.repeat(40),
      },
    );
  });

  test('a single base is named by its digest; without bundles and platform, their labels are omitted', () => {
    const plain = planImage('web', { ...CONTENTS, bundles: [], platformRef: undefined, bases: { 'x:1': BASE, 'y:1': BASE } });
    expect(Object.keys(plain.labels)).toEqual([
      'io.kdcube.content-key',
      'org.opencontainers.image.base.digest',
      'org.opencontainers.image.revision',
      'org.opencontainers.image.version',
    ]);
  });
});

describe('the inputs of a pin', () => {
  const { release } = mustReadRelease('platform: {ref: "2026.7.20"}\nbundles: {items: [{id: b}, {id: a}]}', 'release.yaml');
  test.each([
    [
      'a bundled image',
      'ARG KDCUBE_PLATFORM_REF\nFROM r/p:${KDCUBE_PLATFORM_REF}\nCOPY bundles /bundles\n',
      '2026.7.20',
      ['a', 'b'],
      ['r/p:2026.7.20'],
    ],
    ['an image with bundles on another base', 'FROM r/p:1\nCOPY bundles /bundles\n', '2026.7.20', ['a', 'b'], ['r/p:1']],
    [
      'an image on the platform’s',
      'ARG KDCUBE_PLATFORM_REF\nARG V=$KDCUBE_PLATFORM_REF\nFROM r/p:$V\n',
      '2026.7.20',
      [],
      ['r/p:2026.7.20'],
    ],
    ['an image of its own', 'FROM nginx:1\nCOPY site /site\n', undefined, [], ['nginx:1']],
    [
      'an image that names one base in two ways',
      'ARG B=nginx:1\nFROM $B AS x\nFROM nginx:1\nCOPY --from=nginx:1 /a /b\n',
      undefined,
      [],
      ['nginx:1'],
    ],
  ])('%s', (_, text, platform, bundles, bases) => {
    const question = imageQuestion(text, 'Dockerfile', release);
    expect(question).toMatchObject({ platform, bundles, bases });
    const pin = {
      pin: 1 as const,
      ...(platform && { platform }),
      bundles,
      bases: Object.fromEntries(bases.map((name) => [name, BASE])),
    };
    expect(imagePinFits(pin, question)).toBe(true);
    expect(pinnedContents(pin)).toEqual({ bases: pin.bases, platformRef: platform, salt: undefined });
  });

  test('an image has the frontend if its Dockerfile copies it and the release has one', () => {
    const text = 'FROM node:22\nCOPY frontend/ /app/\n';
    expect(imageQuestion(text, 'Dockerfile', release).frontend).toBeUndefined();
    const withFrontend = { ...release, frontend: { repo: 'ui', ref: 'v1' } };
    expect(imageQuestion(text, 'Dockerfile', withFrontend).frontend).toBe(true);
    expect(imageQuestion('FROM node:22\nCOPY . /app/\n', 'Dockerfile', withFrontend).frontend).toBeUndefined();
  });

  test('a platform without a ref gives no argument', () => {
    expect(platformArgs(undefined)).toEqual({});
    expect(platformArgs('v1')).toEqual({ KDCUBE_PLATFORM_REF: 'v1' });
  });
});
