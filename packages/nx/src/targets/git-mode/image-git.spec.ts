import type { Environment } from '@kdcube/release/internal';
import { type Double, putImage, registryDouble } from '../../../testing/registry-kit';
import type { ImageConfig } from '../../registry/manifests/manifest-format';
import { silentLog } from '../../system/log';
import { checkImageGit, findImageGit } from './image-git';

const check = (lines: unknown[], generation: '2026.3.1' | '2026.8.18' = '2026.3.1') => {
  const config = { history: lines.map((line) => (typeof line === 'string' ? { created_by: line } : line)) };
  return checkImageGit('proc@sha256:1', 'r/proc@sha256:1', config as unknown as ImageConfig, generation);
};

test.each([
  'RUN /bin/sh -c apt-get update && apt-get install -y --no-install-recommends     ca-certificates     git     openssh-client && rm -rf /x # buildkit',
  '/bin/sh -c apk add --no-cache git',
  'RUN dnf install -y git-core git=2.40',
])('git is in the image: %s', (line) => {
  expect(check([{ empty_layer: true }, null, 'ENV A=1', line])).toMatchObject({
    status: 'pass',
    detail: expect.stringContaining('its history has'),
  });
});

test.each(['RUN apt-get install -y curl && git clone x', 'COPY git /git', 'RUN apt-get install -y gitlint digit'])(
  'no evidence: %s',
  (line) => {
    expect(check([line]).status).toBe('fail');
    expect(check([line], '2026.8.18')).toMatchObject({
      status: 'unknown',
      detail: expect.stringContaining('docker run --rm --entrypoint git r/proc@sha256:1 --version'),
    });
  },
);

test('a package manager in a folder, and a later command that installs git again', () => {
  expect(check(['RUN /usr/bin/apt-get purge git; apt-get -y install git']).status).toBe('pass');
});

test('each command of a here-document, and of a shell that is named', () => {
  expect(check(['RUN <<EOF\napt-get purge -y curl\napt-get install -y \\\n git\nEOF']).status).toBe('pass');
  expect(check(['RUN sh -c "apk add git"']).status).toBe('pass');
});

test.each(['apt-get purge -y git', 'apk del git', 'RUN dnf -y remove curl git'])('removed again: %s', (line) => {
  expect(check(['apt-get install -y git', 'RUN true', line]).status).toBe('fail');
  expect(check([`apt-get install -y git && ${line}`]).status).toBe('fail');
});

test('the removal of another package, and of git in another command, is not one', () => {
  expect(check(['apt-get install -y git', 'RUN apt-get purge -y gitlint && rm git']).status).toBe('pass');
});

test.each(['apt install ', 'apt ', 'install ', 'apt\t', ';apt add git'])('a long line of %j takes no time', (text) => {
  const started = performance.now();
  check([text.repeat(400_000)]);
  check(Array(200).fill(text.repeat(800)));
  expect(performance.now() - started).toBeLessThan(1000);
});

describe('whether the images of proc have git', () => {
  let registry: Double;
  beforeAll(async () => (registry = await registryDouble()));
  afterAll(() => registry.close());

  const put = async (name: string, line: string) => {
    const digest = await putImage(registry.host, name, 'v1', name, undefined, [{ created_by: line }]);
    return `${registry.host}/${name}@${digest}`;
  };
  const environmentOf = (...images: object[]) =>
    ({
      bundles: { mode: 'git' },
      services: images.map((image) => ({ component: 'proc', architecture: 'amd64', image })),
    }) as unknown as Environment;
  const find = (environment: Environment, images: [string, string][] = [], generation: '2026.3.1' | '2026.3.3' = '2026.3.1') =>
    findImageGit(environment, generation, new Map(images), silentLog);

  it('an image by its digest, and one of the release', async () => {
    const reference = await put('with', 'RUN apk add git');
    const both = environmentOf({ kind: 'digest', reference }, { kind: 'release', name: 'own' });
    expect(await find(both, [['own', reference]])).toBe(true);
    expect(await find(both)).toBeUndefined();
  });

  it('all of them must have it', async () => {
    const references = [await put('with', 'RUN apk add git'), await put('without', 'RUN apk add curl')];
    const images = references.map((reference) => ({ kind: 'digest', reference }));
    expect(await find(environmentOf(...images))).toBeUndefined();
  });

  it.each<[string, object, '2026.3.1' | '2026.3.3']>([
    ['with images that are baked', { bundles: { mode: 'baked' } }, '2026.3.1'],
    ['on a platform whose images have it', {}, '2026.3.3'],
  ])('no registry is asked %s', async (_, changes, generation) => {
    const image = { kind: 'digest', reference: await put('with', 'RUN apk add git') };
    registry.journal.length = 0;
    expect(await find({ ...environmentOf(image), ...changes } as Environment, [], generation)).toBeUndefined();
    expect(registry.journal).toEqual([]);
  });
});
