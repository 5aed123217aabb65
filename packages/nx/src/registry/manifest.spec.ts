import { KdcubeError } from '@kdcube/release/internal';
import * as m from './manifest';

const digest = (fill: string) => `sha256:${fill.repeat(64)}`;
const descriptor = (fill: string, more: object = {}) => ({
  mediaType: 'application/octet-stream',
  digest: digest(fill),
  size: 3,
  ...more,
});
const image = { schemaVersion: 2, mediaType: m.OCI_MANIFEST, config: descriptor('a'), layers: [descriptor('b')] };
const index = {
  schemaVersion: 2,
  mediaType: m.OCI_INDEX,
  manifests: [descriptor('a', { platform: { os: 'linux', architecture: 'amd64' } })],
};

const bytes = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
const read = (value: unknown, header?: string) => m.parseManifest(bytes(value), header, 'it');
const without = (value: object, ...keys: string[]) =>
  Object.fromEntries(Object.entries(value).filter(([key]) => !keys.includes(key)));

function problemOf(work: () => unknown) {
  try {
    work();
  } catch (error) {
    if (error instanceof KdcubeError) return error.problems[0]!;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('manifests', () => {
  it.each([
    [image, m.OCI_MANIFEST, m.OCI_MANIFEST],
    [image, `${m.OCI_MANIFEST}; charset=utf-8`, m.OCI_MANIFEST],
    [without(image, 'mediaType'), m.DOCKER_MANIFEST, m.DOCKER_MANIFEST],
    [without(image, 'mediaType'), 'application/json', m.OCI_MANIFEST],
    [{ ...image, mediaType: m.DOCKER_MANIFEST }, undefined, m.DOCKER_MANIFEST],
    [index, m.OCI_INDEX, m.OCI_INDEX],
    [without(index, 'mediaType'), undefined, m.OCI_INDEX],
    [{ ...index, mediaType: m.DOCKER_LIST }, m.DOCKER_LIST, m.DOCKER_LIST],
  ])('%#', (json, header, mediaType) => {
    const result = read(json, header);
    expect(result).toEqual({ mediaType, json });
    expect(m.isIndex(result.json)).toBe(m.isIndexType(mediaType));
  });

  const refused: [string, unknown, string?][] = [
    ['not JSON', '{"schemaVersion":2'],
    ['a list', []],
    ['null', null],
    ['another schema', { ...image, schemaVersion: 3 }],
    ['an image that says that it is an index', { ...image, mediaType: m.OCI_INDEX }],
    ['a header that says something else', image, m.DOCKER_MANIFEST],
    ['an index under the type of an image', without(index, 'mediaType'), m.OCI_MANIFEST],
    ['both an image and an index', { ...image, ...index }],
    ['no layers', without(image, 'layers')],
    ['no config', without(image, 'config')],
    ['a layer without a digest', { ...image, layers: [without(descriptor('b'), 'digest')] }],
    ['a digest that climbs out', { ...image, config: { ...descriptor('a'), digest: 'sha256:../../x' } }],
    ['a negative size', { ...image, layers: [descriptor('b', { size: -1 })] }],
    ['a size that is text', { ...image, layers: [descriptor('b', { size: '3' })] }],
    ['a platform that is text', { ...index, manifests: [descriptor('a', { platform: 'linux/amd64' })] }],
    ['a type that nobody asked for', image, 'text/html'],
    ['an unknown type inside', { ...image, mediaType: 'application/vnd.other' }],
    ['very deep JSON', '['.repeat(100_000)],
  ];
  it.each(refused.map(([what, json, header]) => ({ what, json, header })))('refuses $what', ({ json, header }) => {
    expect(problemOf(() => read(json, header)).code).toBe('registry-response');
  });

  it.each([
    [{ schemaVersion: 1, fsLayers: [] }, 'application/json'],
    [{ schemaVersion: 1 }, 'application/vnd.docker.distribution.manifest.v1+prettyjws'],
    [{}, 'application/vnd.docker.distribution.manifest.v1+json'],
  ])('refuses schema 1 by name %#', (json, header) => {
    expect(problemOf(() => read(json, header)).message).toContain('schema 1');
  });
});

describe('platforms', () => {
  it('are read', () => {
    expect(m.parsePlatform('linux/amd64')).toEqual({ os: 'linux', architecture: 'amd64' });
    expect(m.parsePlatform('linux/arm/v7')).toEqual({ os: 'linux', architecture: 'arm', variant: 'v7' });
    for (const text of ['', 'linux', 'linux/', '/amd64', 'linux/arm/v7/x', 'Linux/amd64', 'linux/a b']) {
      expect(problemOf(() => m.parsePlatform(text)).code).toBe('wrong-option');
    }
  });

  const of = (...platforms: string[]) => ({
    schemaVersion: 2 as const,
    manifests: platforms.map((text, place) => descriptor(place.toString(16), { platform: m.parsePlatform(text) })),
  });

  it.each<[string, string[], number | undefined]>([
    ['linux/amd64', ['linux/arm64', 'linux/amd64'], 1],
    ['linux/arm64', ['linux/arm64/v8'], 0],
    ['linux/arm64/v8', ['linux/arm64'], 0],
    ['linux/arm', ['linux/arm/v6', 'linux/arm/v7'], 1],
    ['linux/arm', ['linux/arm/v5', 'linux/arm/v6'], 0],
    ['linux/arm/v6', ['linux/arm/v7'], undefined],
    ['linux/amd64', ['linux/amd64/v3', 'linux/amd64'], 1],
    ['windows/amd64', ['linux/amd64'], undefined],
    ['linux/s390x', [], undefined],
  ])('%s of %j', (wanted, there, place) => {
    expect(m.selectPlatform(of(...there), m.parsePlatform(wanted))?.digest).toBe(
      place === undefined ? undefined : digest(`${place}`),
    );
  });

  it('are listed without attestations', () => {
    const attestation = descriptor('e', { platform: { os: 'unknown', architecture: 'unknown' } });
    const { manifests } = of('linux/arm64', 'linux/amd64', 'linux/amd64');
    expect(m.listPlatforms({ schemaVersion: 2, manifests: [...manifests, attestation, descriptor('f')] })).toEqual([
      'linux/amd64',
      'linux/arm64',
    ]);
  });
});

describe('configs', () => {
  const manifest = image as m.ImageManifest;
  const config = { os: 'linux', architecture: 'amd64', rootfs: { type: 'layers', diff_ids: [digest('c')] }, config: null };

  it('are read', () => {
    expect(m.parseConfig(bytes(config), manifest, 'it')).toEqual({ ...config, config: undefined });
  });

  it.each<[string, unknown]>([
    ['text', 'x'],
    ['no platform', without(config, 'os')],
    ['no layers', without(config, 'rootfs')],
    ['too few layers', { ...config, rootfs: { type: 'layers', diff_ids: [] } }],
    ['a history that is no list', { ...config, history: {} }],
    ['layers that are no digests', { ...config, rootfs: { type: 'layers', diff_ids: ['x'] } }],
    ['a config that is text', { ...config, config: 'x' }],
  ])('with %s are refused', (_, json) => {
    expect(problemOf(() => m.parseConfig(bytes(json), manifest, 'it')).code).toBe('registry-response');
  });
});
