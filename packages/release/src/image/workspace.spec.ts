import { KdcubeError } from '../problem/problem';
import type { Files, WorkspaceOptions } from './workspace';
import { readWorkspace, requireRelease } from './workspace';

/** Files from a table, like a disk or a generator's tree. */
function files(table: Record<string, string>): Files {
  return {
    read: (path) => table[path],
    list: (folder) => [
      ...new Set(
        Object.keys(table)
          .filter((path) => path.startsWith(`${folder}/`))
          .map((path) => path.slice(folder.length + 1).split('/')[0]!),
      ),
    ],
  };
}

const PIN = {
  pin: 1,
  repo: 'https://git.example.com/b.git',
  ref: 'v2',
  subdir: 'x',
  commit: 'c'.repeat(40),
  path: 'x/there@2',
  tree: 'd'.repeat(40),
};
const DOCKERFILE = 'ARG KDCUBE_PLATFORM_REF\nFROM base.example.com/p:${KDCUBE_PLATFORM_REF}\nCOPY bundles /bundles\n';
const TABLE = {
  'release.yaml':
    'platform: {ref: "2026.7.1"}\nbundles:\n  items:\n    - id: "here@1"\n    - {id: "there@2", repo: "https://git.example.com/b.git", ref: "v2", subdir: "x"}\n',
  'images/proc/Dockerfile_X': DOCKERFILE,
  'pins/bundles/there@2/pin.json': JSON.stringify(PIN),
  'pins/images/proc/pin.json': JSON.stringify({
    pin: 1,
    platform: '2026.7.1',
    bundles: ['here@1', 'there@2'],
    bases: { 'base.example.com/p:2026.7.1': `sha256:${'a'.repeat(64)}` },
  }),
};
const read = (changes: Record<string, string | undefined> = {}, options: WorkspaceOptions = {}) =>
  readWorkspace(
    files(
      Object.fromEntries(Object.entries({ ...TABLE, ...changes }).filter(([, text]) => text !== undefined)) as Record<
        string,
        string
      >,
    ),
    options,
  );

describe('readWorkspace', () => {
  it('finds bundles, images and pins, all up to date', () => {
    const { problems, images, pins } = read();
    expect(problems).toEqual([]);
    expect(images).toEqual([{ name: 'proc', path: 'images/proc', dockerfile: 'Dockerfile_X' }]);
    expect([...pins.bundles, ...pins.images].map(({ file, fits }) => [file, fits])).toEqual([
      ['pins/bundles/there@2/pin.json', true],
      ['pins/images/proc/pin.json', true],
    ]);
    expect(pins.orphans).toEqual([]);
  });

  it('knows the pin of the frontend: missing, it is stale, and present, it is not left over', () => {
    const release = `${TABLE['release.yaml']}frontend: {repo: "https://git.example.com/ui.git", ref: "v1"}\n`;
    const pin = { pin: 1, repo: 'https://git.example.com/ui.git', ref: 'v1', commit: 'e'.repeat(40), tree: 'f'.repeat(40) };
    const found = read({ 'release.yaml': release, 'pins/frontend/pin.json': JSON.stringify(pin) }).pins;
    expect([found.frontend?.fits, found.orphans]).toEqual([true, []]);
    expect(read({ 'release.yaml': release }).pins.frontend?.fits).toBe(false);
    expect(read({ 'pins/frontend/pin.json': JSON.stringify(pin) }).pins.orphans).toEqual(['pins/frontend/pin.json']);
  });

  it('reads a Dockerfile that comes as bytes, as from a disk', () => {
    const inBytes: Files = files(TABLE);
    const { problems, pins } = readWorkspace({
      ...inBytes,
      read: (path) => (path.startsWith('images/') ? Buffer.from(TABLE[path as keyof typeof TABLE]) : inBytes.read(path)),
    });
    expect([problems, pins.images.map(({ fits }) => fits)]).toEqual([[], [true]]);
  });

  it('finds Dockerfiles outside images/ that the options name, two of them in one folder', () => {
    const { problems, images, pins } = read(
      { 'ops/prod/Dockerfile_ChatProcBundled': DOCKERFILE, 'ops/prod/Dockerfile_ExecBundled': DOCKERFILE },
      { images: { 'acme-proc': 'ops/prod/Dockerfile_ChatProcBundled', 'acme-exec': './ops/prod//Dockerfile_ExecBundled' } },
    );
    expect(problems).toEqual([]);
    expect(images).toEqual([
      { name: 'acme-exec', path: 'ops/prod', dockerfile: 'Dockerfile_ExecBundled' },
      { name: 'acme-proc', path: 'ops/prod', dockerfile: 'Dockerfile_ChatProcBundled' },
      { name: 'proc', path: 'images/proc', dockerfile: 'Dockerfile_X' },
    ]);
    expect(pins.images.map(({ file, fits }) => [file, fits])).toContainEqual(['pins/images/acme-exec/pin.json', false]);
  });

  it.each([
    ['a name that no registry takes', { Acme: 'ops/Dockerfile' }, 'unsafe-name'],
    ['a name that JavaScript has', JSON.parse('{"__proto__": "ops/Dockerfile"}') as Record<string, string>, 'unsafe-name'],
    ['the name constructor', { constructor: 'ops/Dockerfile' } as unknown as Record<string, string>, 'unsafe-name'],
    ['a file outside the workspace', { acme: '../ops/Dockerfile' }, 'unsafe-path'],
    ['an absolute path', { acme: '/ops/Dockerfile' }, 'unsafe-path'],
    ['a file at the root', { acme: 'Dockerfile' }, 'unsafe-path'],
    ['a file at the root, with a dot', { acme: './Dockerfile' }, 'unsafe-path'],
    ['no file', { acme: 'ops/Dockerfile_X' }, 'dockerfile-missing'],
    ['an image of images/', { proc: 'ops/Dockerfile' }, 'already-exists'],
  ])('refuses %s in the images of the options', (_, elsewhere, code) => {
    const { problems, images } = read({ 'ops/Dockerfile': DOCKERFILE, Dockerfile: DOCKERFILE }, { images: elsewhere });
    expect(problems.map((problem) => problem.code)).toEqual([code]);
    expect(images.map(({ name }) => name)).toEqual(['proc']);
  });

  it.each([
    ['a ref that was bumped', { 'release.yaml': TABLE['release.yaml'].replace('v2', 'v3') }, ['pins/bundles/there@2/pin.json']],
    [
      'a platform.ref that was bumped',
      { 'release.yaml': TABLE['release.yaml'].replace('2026.7.1', '2026.7.2') },
      ['pins/images/proc/pin.json'],
    ],
    ['a bundle more', { 'release.yaml': `${TABLE['release.yaml']}    - id: "new@1"\n` }, ['pins/images/proc/pin.json']],
    ['another base', { 'images/proc/Dockerfile_X': DOCKERFILE.replace('/p:', '/q:') }, ['pins/images/proc/pin.json']],
    ['a half pin', { 'pins/bundles/there@2/pin.json': '{"pin": 0}' }, ['pins/bundles/there@2/pin.json']],
    ['a pin cut short', { 'pins/bundles/there@2/pin.json': '{"pin": 1, "re' }, ['pins/bundles/there@2/pin.json']],
    ['a comment and another order', { 'release.yaml': `# hello\n${TABLE['release.yaml']}` }, []],
    ['another release_name', { 'release.yaml': `release_name: "x"\n${TABLE['release.yaml']}` }, []],
  ])('detects stale pins offline: %s', (_, changes, stale) => {
    const { pins } = read(changes);
    expect([...pins.bundles, ...pins.images].filter(({ fits }) => !fits).map(({ file }) => file)).toEqual(stale);
  });

  it('reports pins that the release no longer uses, but not if it cannot be read', () => {
    const gone = { 'pins/bundles/gone@1/pin.json': JSON.stringify(PIN), 'pins/notes.txt': 'mine' };
    expect(read(gone).pins.orphans).toEqual(['pins/bundles/gone@1/pin.json']);
    expect(read({ ...gone, 'release.yaml': 'a: [' }).pins.orphans).toEqual([]);
  });

  it('ignores no image silently', () => {
    const { problems, images } = read({
      'images/WebUI/Dockerfile': 'FROM scratch\n',
      'images/proc/Dockerfile_Y': 'FROM scratch\n',
      'images/notes/README.md': '',
    });
    expect(problems.map(({ code, at, hint }) => [code, at?.file, hint])).toEqual([
      ['unsafe-name', 'images/WebUI', 'git mv images/WebUI images/webui'],
      ['dockerfile-unreadable', 'images/proc/Dockerfile_Y', 'one folder below images/ for each'],
    ]);
    expect(images.map(({ name }) => name)).toEqual(['proc']);
  });

  it('reports which Dockerfile cannot be read, and reads the others', () => {
    const { problems, pins } = read({ 'images/proc/Dockerfile_X': 'COPY bundles /bundles\n' });
    expect(problems.map(({ code, at }) => [code, at?.file])).toEqual([['dockerfile-unreadable', 'images/proc/Dockerfile_X']]);
    expect(pins.bundles[0]!.fits).toBe(true);
  });

  it('throws every problem at once if a release is required', () => {
    const broken = read({ 'release.yaml': 'platform: {ref: main}\nbundels: {}\n' });
    expect(() => requireRelease(broken)).toThrow(KdcubeError);
    expect(() => requireRelease(broken)).toThrow(/\[mutable-ref\][^]*\[unknown-key\]/);
    expect(() => requireRelease(read({ 'release.yaml': undefined }))).toThrow(/\[file-missing\]/);
  });
});

describe('the published images of the platform', () => {
  const release = (ref: string, registry?: string) =>
    `platform: {ref: "${ref}"${registry === undefined ? '' : `, registry: "${registry}"`}}\nbundles:\n  items:\n    - id: "here@1"\n`;
  const published = (pinned: object) => JSON.stringify({ pin: 1, digest: `sha256:${'a'.repeat(64)}`, manifests: [], ...pinned });
  const metrics = { ref: '2026.7.1', source: 'docker.io/kdcube/kdcube-metrics' };
  const METRICS = 'pins/platform/kdcube-metrics/pin.json';

  it('are part of the release if release.yaml names their registry', () => {
    expect(read().pins.platform).toEqual([]);
    const { problems, pins } = read({ 'release.yaml': release('2026.7.1', 'docker.io/kdcube'), [METRICS]: published(metrics) });
    expect(problems).toEqual([]);
    expect(pins.platform).toHaveLength(9);
    expect(pins.platform.filter(({ fits }) => fits).map(({ subject }) => subject)).toEqual([
      { name: 'kdcube-metrics', ...metrics },
    ]);
    expect(pins.orphans).toEqual(['pins/bundles/there@2/pin.json']);
  });

  it.each([
    ['another ref', '2026.7.2', 'docker.io/kdcube'],
    ['another registry', '2026.7.1', 'ghcr.io/acme'],
  ])('have a stale pin after %s', (_, ref, registry) => {
    const { pins } = read({ 'release.yaml': release(ref, registry), [METRICS]: published(metrics) });
    expect(pins.platform.find(({ subject }) => subject.name === 'kdcube-metrics')).toMatchObject({ fits: false });
  });

  it('leave out what is built here; its pin is of no use then, as it is without a registry', () => {
    const built = { 'images/kdcube-metrics/Dockerfile': 'FROM scratch\n', [METRICS]: published(metrics) };
    const { pins } = read({ 'release.yaml': release('2026.7.1', 'docker.io/kdcube'), ...built });
    expect(pins.platform.map(({ subject }) => subject.name)).not.toContain('kdcube-metrics');
    expect(pins.orphans).toContain(METRICS);
    expect(read({ [METRICS]: published(metrics) }).pins.orphans).toEqual([METRICS]);
  });

  it.each(['https://docker.io/kdcube', 'docker.io', 'docker.io/KDCube', '../x'])(
    'of no valid registry are a Problem: %s',
    (registry) => {
      const { problems, pins } = read({ 'release.yaml': release('2026.7.1', registry) });
      expect(problems).toEqual([
        expect.objectContaining({ code: 'registry-name', at: expect.objectContaining({ path: 'platform.registry' }) }),
      ]);
      expect(pins.platform).toEqual([]);
    },
  );
});
