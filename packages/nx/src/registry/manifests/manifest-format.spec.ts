import { thrownProblem } from '../../../../release/testing/thrown-problem';
import * as m from './manifest-format';

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

describe('manifests', () => {
  it.each([
    [image, m.OCI_MANIFEST, m.OCI_MANIFEST],
    [image, `${m.OCI_MANIFEST}; charset=utf-8`, m.OCI_MANIFEST],
    [without(image, 'mediaType'), m.DOCKER_MANIFEST, m.DOCKER_MANIFEST],
    [without(image, 'mediaType'), 'application/json', m.OCI_MANIFEST],
    [without(image, 'mediaType'), 'application/octet-stream', m.OCI_MANIFEST],
    [without(image, 'mediaType'), 'text/plain; charset=utf-8', m.OCI_MANIFEST],
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
    ['a type that was not requested', image, 'text/html'],
    ['an unknown type inside', { ...image, mediaType: 'application/vnd.other' }],
    ['very deep JSON', '['.repeat(100_000)],
  ];
  it.each(refused.map(([what, json, header]) => ({ what, json, header })))('refuses $what', ({ json, header }) => {
    expect(thrownProblem(() => read(json, header)).code).toBe('registry-response');
  });

  it.each([
    [{ schemaVersion: 1, fsLayers: [] }, 'application/json'],
    [{ schemaVersion: 1 }, 'application/vnd.docker.distribution.manifest.v1+prettyjws'],
    [{}, 'application/vnd.docker.distribution.manifest.v1+json'],
  ])('refuses schema 1 by name %#', (json, header) => {
    expect(thrownProblem(() => read(json, header)).message).toContain('schema 1');
  });
});

describe('null in a manifest', () => {
  it.each<[string, object, object]>([
    ['annotations', { ...image, annotations: null }, image],
    ['the type', { ...image, mediaType: null }, without(image, 'mediaType')],
    ['the platform of a layer', { ...image, layers: [descriptor('b', { platform: null })] }, image],
    ['layers', { ...image, layers: null }, { ...image, layers: [] }],
    ['the entries of an index', { ...index, manifests: null }, { ...index, manifests: [] }],
  ])('for %s is as if it were absent', (_, given, expected) => expect(read(given).json).toEqual(expected));

  it('for a layer is refused', () => {
    expect(thrownProblem(() => read({ ...image, layers: [null] })).code).toBe('registry-response');
  });
});

describe('configs', () => {
  const manifest = image as m.ImageManifest;
  const config = { os: 'linux', architecture: 'amd64', rootfs: { type: 'layers', diff_ids: [digest('c')] }, config: null };

  it('are read', () => {
    expect(m.parseConfig(bytes(config), manifest, 'it')).toEqual({ ...config, config: undefined });
  });

  it('name the keys whose values are of another type', () => {
    const wrong = { ...config, config: { Env: {}, Volumes: [], Cmd: [] } };
    expect(thrownProblem(() => m.parseConfig(bytes(wrong), manifest, 'it')).message).toContain('in Env, Volumes.');
  });

  const KEYS = 'User ExposedPorts Env Entrypoint Cmd Volumes WorkingDir Labels StopSignal ArgsEscaped Healthcheck OnBuild Shell';
  it.each(KEYS.split(' '))('with null for %s are read as if it were absent', (key) => {
    const given = { ...config, config: { [key]: null, Env: key === 'Env' ? null : ['A=b'] } };
    expect(m.parseConfig(bytes(given), manifest, 'it').config).toEqual(key === 'Env' ? {} : { Env: ['A=b'] });
  });

  it.each(['created', 'author', 'variant', 'history', 'os.version', 'os.features', 'container_config'])(
    'with null for %s beside the settings are read as if it were absent',
    (key) => {
      const { [key]: _, ...expected } = { ...config, config: undefined } as Record<string, unknown>;
      expect(m.parseConfig(bytes({ ...config, [key]: null }), manifest, 'it')).toEqual(expected);
    },
  );

  it('with null inside of a setting are read as Go reads them', () => {
    const given = {
      Volumes: { '/data': null },
      ExposedPorts: { '80/tcp': null },
      Labels: { a: null },
      Env: ['A=1', null],
      Healthcheck: { Test: ['CMD', 'x'], Interval: null, Retries: 2 },
    };
    expect(m.parseConfig(bytes({ ...config, config: given }), manifest, 'it').config).toEqual({
      Volumes: { '/data': {} },
      ExposedPorts: { '80/tcp': {} },
      Labels: { a: '' },
      Env: ['A=1', ''],
      Healthcheck: { Test: ['CMD', 'x'], Retries: 2 },
    });
    const history = [{ created: null, created_by: 'x', empty_layer: null }];
    expect(m.parseConfig(bytes({ ...config, history }), manifest, 'it').history).toEqual([{ created_by: 'x' }]);
  });

  it.each([{ type: 'layers', diff_ids: null }, { type: null, diff_ids: [] }, null])(
    'without layers: a root file system %j',
    (rootfs) => {
      const empty = { ...manifest, layers: [] };
      expect(m.parseConfig(bytes({ ...config, rootfs }), empty, 'it').rootfs).toEqual({ type: 'layers', diff_ids: [] });
      expect(thrownProblem(() => m.parseConfig(bytes({ ...config, rootfs }), manifest, 'it')).code).toBe('registry-response');
    },
  );

  it.each<[string, unknown]>([
    ['text', 'x'],
    ['no platform', without(config, 'os')],
    ['no layers', without(config, 'rootfs')],
    ['too few layers', { ...config, rootfs: { type: 'layers', diff_ids: [] } }],
    ['a history that is no list', { ...config, history: {} }],
    ['layers that are no digests', { ...config, rootfs: { type: 'layers', diff_ids: ['x'] } }],
    ['a config that is text', { ...config, config: 'x' }],
    ['a root file system that is text', { ...config, rootfs: 'x' }],
    ['null for a layer', { ...config, rootfs: { type: 'layers', diff_ids: [null] } }],
    ['an Entrypoint that is text', { ...config, config: { Entrypoint: 'sh' } }],
    ['a Cmd that holds a number', { ...config, config: { Cmd: ['sh', 1] } }],
    ['Volumes that are a list', { ...config, config: { Volumes: ['/data'] } }],
    ['a Label that is a number', { ...config, config: { Labels: { a: 1 } } }],
    ['a User that is a number', { ...config, config: { User: 1000 } }],
    ['a Healthcheck whose Test is text', { ...config, config: { Healthcheck: { Test: 'NONE' } } }],
  ])('with %s are refused', (_, json) => {
    expect(thrownProblem(() => m.parseConfig(bytes(json), manifest, 'it')).code).toBe('registry-response');
  });
});

it.each([[[]], [[digest('c'), digest('d')]], [['sha256:1']], ['none']])(
  'a config with the layers %j is not that of an image with one',
  (ids) => {
    const config = { os: 'linux', architecture: 'amd64', rootfs: { type: 'layers', diff_ids: ids } };
    const { message } = thrownProblem(() => m.parseConfig(bytes(config), image as never, 'it'));
    expect(message).toContain('The config of it does not list as many layers as its manifest.');
  },
);
