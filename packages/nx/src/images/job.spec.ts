import * as fs from 'node:fs';
import * as path from 'node:path';
import { printPin } from '@kdcube/release/internal';
import { buildWithEngine, localName } from './build/engine-build';
import { writeContext } from './build/context';
import { pinnedImage } from './plan-job';
import { silentLog } from '../system/log';
import { pinnedReferences, resolveRegistries } from '../workspace/registries';
import { type Acme, acme, dockerDouble, DOCKERFILE, type Engine } from '../../testing/acme-kit';
import { commit, gitSync, problemOf, write } from '../../testing/git-kit';

jest.setTimeout(120_000);

let ours: Acme;
beforeEach(async () => {
  ours = await acme();
});
afterEach(() => ours.end());

const key = (options: object = {}) => ours.job(async (job) => job.plan.key, options);

describe('planImageJob', () => {
  it('the key does not depend on release_name, comments, order, commits, the branch or a README', async () => {
    const before = await key();
    const text = fs.readFileSync(path.join(ours.root, 'release.yaml'), 'utf8');
    const here = '    - {id: "here@1-0"}\n';
    ours.commit({
      'release.yaml': `# hi\nrelease_name: next\n${text.replace(here, '')}${here}`,
      'README.md': 'x',
      'dist/x': 'y',
    });
    gitSync(ours.root, 'checkout', '--quiet', '-b', 'other');
    expect(await key()).toBe(before);
  });

  it('the key does not depend on line ends and modes of the clone, and not on a commit', async () => {
    write(ours.root, { 'bundles/here@1-0/run.sh': { executable: 'a\nb\n' }, '.gitattributes': '* text=auto\n' });
    const before = await key();
    commit(ours.root, {});
    expect(await key()).toBe(before);
    const clone = path.join(ours.box.folder('clone'), 'acme');
    gitSync(
      ours.box.dir,
      'clone',
      '--quiet',
      '--config',
      'core.autocrlf=true',
      '--config',
      'core.eol=crlf',
      '--config',
      'core.fileMode=false',
      ours.root,
      clone,
    );
    fs.chmodSync(path.join(clone, 'bundles/here@1-0/run.sh'), 0o644);
    expect(fs.readFileSync(path.join(clone, 'bundles/here@1-0/run.sh'), 'utf8')).toContain('\r\n');
    expect(await ours.at(clone).job(async (job) => job.plan.key)).toBe(before);
  });

  const CHANGES: [string, () => void][] = [
    ['a file of a workspace bundle', () => write(ours.root, { 'bundles/here@1-0/entrypoint.py': 'x = 1\n' })],
    ['an executable bit', () => fs.chmodSync(path.join(ours.root, 'bundles/here@1-0/entrypoint.py'), 0o755)],
    ['the Dockerfile', () => write(ours.root, { 'images/proc/Dockerfile_ChatProcBundled': `${DOCKERFILE}RUN true\n` })],
    ['a file beside the Dockerfile', () => write(ours.root, { 'images/proc/config.json': '{}' })],
    ['a base', () => changePin((pin) => (pin.bases[Object.keys(pin.bases)[0]!] = `sha256:${'1'.repeat(64)}`))],
    ['the salt', () => changePin((pin) => (pin.salt = 'again'))],
    [
      'a pinned tree',
      () => write(ours.root, { 'pins/bundles/there@2-0/pin.json': printPin({ ...ours.pin, tree: 'f'.repeat(40) }) }),
    ],
  ];
  it.each(CHANGES)('computes another key for %s', async (_, change) => {
    const before = await key();
    change();
    expect(await key()).not.toBe(before);
  });

  it('the key depends on the platform and build arguments, but not on the registry', async () => {
    const keys = [
      await key(),
      await key({ platform: 'linux/arm64' }),
      await key({ args: { A: '1' } }),
      await key({ args: { A: '2' } }),
    ];
    expect(new Set(keys).size).toBe(4);
    process.env.KDCUBE_REGISTRY = 'elsewhere.example/x';
    expect(await key()).toBe(keys[0]);
  });

  it('rejects a stale pin, and a missing image', async () => {
    write(ours.root, { 'bundles/new/entrypoint.py': '' });
    fs.appendFileSync(path.join(ours.root, 'release.yaml'), '    - id: "new"\n');
    expect((await problemOf(key())).code).toBe('pin-stale');
    const release = await ours.open();
    expect(await problemOf((async () => pinnedImage(release, 'prok'))())).toMatchObject({ code: 'dockerfile-missing' });
  });

  it('reports a folder without files in git', async () => {
    gitSync(ours.root, 'rm', '-r', '--cached', '--quiet', 'images');
    write(ours.root, { '.gitignore': 'images\n' });
    expect(await problemOf(key())).toMatchObject({
      code: 'dockerfile-missing',
      hint: expect.stringContaining('git check-ignore'),
    });
  });
});

describe('writeContext', () => {
  it('includes bundles that .dockerignore excludes, because the labels name them', async () => {
    ours.commit({ 'images/proc/.dockerignore': '**/*.py\nbundles\n' });
    const dir = path.join(ours.box.folder('context'), 'c');
    await ours.job(async (job) => {
      const references = pinnedReferences(job.pin, resolveRegistries({ platformRegistry: ours.registry.host }, {}, {}));
      await writeContext(job, dir, references, silentLog);
    });
    expect(fs.readFileSync(path.join(dir, '.dockerignore'), 'utf8')).toBe('**/*.py\nbundles\n\n!bundles\n!bundles/**\n');
  });
});

describe('buildLocal', () => {
  let engine: Engine;
  beforeEach(() => {
    engine = dockerDouble(ours);
  });

  const build = () =>
    ours.job(async (job) => {
      const registries = resolveRegistries({ platformRegistry: ours.registry.host }, {}, {});
      await buildWithEngine('buildx', job, registries, ours.root, silentLog);
      return engine.built(localName(job.plan));
    });
  const left = () => fs.readdirSync(path.join(ours.root, 'dist'));

  it('pins every base by digest, even one that is used twice, and changes nothing else in the Dockerfile', async () => {
    const twice = `${DOCKERFILE}FROM \${KDCUBE_PLATFORM_REGISTRY}/kdcube-chat-proc:\${KDCUBE_PLATFORM_REF}\nCOPY --from=0 /bundles /bundles\n`;
    ours.commit({ 'images/proc/Dockerfile_ChatProcBundled': twice });
    const { dockerfile } = await build();
    const digests = dockerfile.match(/@sha256:[0-9a-f]{64}/g)!;
    expect(new Set(digests).size).toBe(1);
    expect(digests).toHaveLength(2);
    const written = /FROM (\S+)@/.exec(dockerfile)![1]!;
    expect(
      dockerfile.replaceAll(`${written}${digests[0]!}`, '${KDCUBE_PLATFORM_REGISTRY}/kdcube-chat-proc:${KDCUBE_PLATFORM_REF}'),
    ).toBe(twice);
  });

  it('leaves no files if the engine fails, and reports its output', async () => {
    engine.fail('build');
    expect(await problemOf(build())).toMatchObject({
      code: 'build-failed',
      message: expect.stringContaining('the double fails to build'),
    });
    expect(left()).toEqual([]);
  });

  it('rejects a folder bundles of the image itself', async () => {
    ours.commit({ 'images/proc/bundles/x.py': '' });
    expect((await problemOf(build())).code).toBe('already-exists');
    expect([left(), engine.calls()]).toEqual([[], []]);
  });

  it('does not build if the base is missing or a tag has moved', async () => {
    commit(ours.org, { 'service/there@2-0/entrypoint.py': 'moved' });
    gitSync(ours.org, 'tag', '--force', 'v2');
    expect((await problemOf(build())).code).toBe('tag-moved');
    changePin((pin) => (pin.bases[Object.keys(pin.bases)[0]!] = `sha256:${'1'.repeat(64)}`));
    expect((await problemOf(build())).code).toBe('image-not-found');
    expect([left(), engine.calls()]).toEqual([[], []]);
  });
});

interface Pin {
  bases: Record<string, string>;
  salt?: string;
}
function changePin(change: (pin: Pin) => void): void {
  const file = path.join(ours.root, 'pins/images/proc/pin.json');
  const pin = JSON.parse(fs.readFileSync(file, 'utf8')) as Pin;
  change(pin);
  fs.writeFileSync(file, JSON.stringify(pin));
}
