import * as fs from 'node:fs';
import * as path from 'node:path';
import { PushReceipt } from '@kdcube/release/internal';
import { localName } from '../build/engine-build';
import type { Log } from '../../system/log';
import { silentLog } from '../../system/log';
import { ciBranch } from './tags';
import { pushImage, type PushOptions } from './push';
import { resolveRegistries } from '../../workspace/registries';
import { type Acme, acme, dockerDouble, type Engine } from '../../../testing/acme-kit';
import { putImage } from '../../../testing/registry-kit';
import { withJournal } from '../../system/journal';
import { gitSync, problemOf, write } from '../../../testing/git-kit';

jest.setTimeout(120_000);

let ours: Acme;
let engine: Engine;

beforeEach(async () => {
  ours = await acme();
  engine = dockerDouble(ours);
});
afterEach(() => ours.end());

function optionsOf(more: Partial<PushOptions> = {}): PushOptions {
  const { host } = ours.registry;
  const registries = resolveRegistries({ registry: `${host}/acme`, platformRegistry: host }, {}, {});
  return { root: ours.root, registries, engine: 'buildx', dryRun: false, ...more };
}

const push = (more: Partial<PushOptions> = {}, log: Log = silentLog, args: Record<string, string> = {}) =>
  ours.job((job) => pushImage(job, optionsOf(more), log), { args });
const manifestWrites = () => ours.registry.journal.filter(({ method, kind }) => method === 'PUT' && kind === 'manifest');

it('builds and uploads an image that the registry does not have, reads the key back, and sets the tags', async () => {
  const receipt = PushReceipt.parse(await push());
  const head = gitSync(ours.root, 'rev-parse', 'HEAD');
  expect(receipt).toMatchObject({
    how: 'built',
    repository: `${ours.registry.host}/acme/proc`,
    commit: head,
    tags: [`customer-${head}`, 'customer-main'],
    bundles: [
      { id: 'here@1-0', folder: 'here@1-0' },
      { id: 'there@2-0', folder: 'there@2-0', tree: ours.pin.tree },
    ],
  });
  const answer = await fetch(`http://${ours.registry.host}/v2/acme/proc/manifests/c-${receipt.key}`, { method: 'HEAD' });
  expect(answer.headers.get('docker-content-digest')).toBe(receipt.digest);
  expect(engine.calls().map((call) => call.split(' ')[0])).toEqual(['image', 'buildx', 'tag', 'push', 'rmi']);
});

it('builds from a context of this image alone, with its base by digest and the base’s creation time', async () => {
  const tag = await ours.job(async (job) => {
    await pushImage(job, optionsOf(), silentLog);
    return localName(job.plan);
  });
  const { files, dockerfile, labels, args } = engine.built(tag);
  expect(files).toEqual(['Dockerfile_ChatProcBundled', 'bundles/here@1-0/entrypoint.py', 'bundles/there@2-0/entrypoint.py']);
  expect(dockerfile).toMatch(/^FROM \S+\/kdcube-chat-proc:2026\.7\.20\.444@sha256:[0-9a-f]{64}$/m);
  expect(args).toMatchObject({ SOURCE_DATE_EPOCH: String(Date.parse('2026-01-02T03:04:05Z') / 1000) });
  const text = JSON.stringify(labels);
  for (const volatile of [gitSync(ours.root, 'rev-parse', 'HEAD'), ours.pin.commit, '"v2"', ours.registry.host, 'file://'])
    expect(text).not.toContain(volatile);
  expect(fs.readdirSync(path.join(ours.root, 'dist'))).toEqual([]);
});

it('reuses an existing image: without an engine, and nothing is sent', async () => {
  const first = await push();
  process.env.PATH = path.join(ours.box.dir, 'no-docker') + ':' + process.env.PATH!.split(':').slice(1).join(':');
  ours.registry.journal.length = 0;
  engine.calls();
  expect(await push()).toEqual({ ...first, how: 'reused', why: [] });
  expect(engine.calls()).toEqual([]);
  expect(ours.registry.journal.filter(({ method }) => !['GET', 'HEAD'].includes(method))).toEqual([]);
});

const tagged = async (tag: string) => {
  const response = await fetch(`http://${ours.registry.host}/v2/acme/proc/manifests/${tag}`, { method: 'HEAD' });
  return response.headers.get('docker-content-digest') ?? undefined;
};

it.each(['buildx', 'auto'] as const)(
  'looks up the tags again after a long build: another process has set the commit tag (%s)',
  async (builder) => {
    const tag = `customer-${gitSync(ours.root, 'rev-parse', 'HEAD')}`;
    const { now } = Date;
    let passed = 0;
    let other: string | undefined;
    const clock = jest.spyOn(Date, 'now').mockImplementation(() => now() + passed);
    ours.registry.faults = async ({ method, reference }) => {
      if (method !== 'PUT' || !reference?.startsWith('c-')) return;
      other = await putImage(ours.registry.host, 'acme/proc', tag, 'somebody else’s');
      passed = 60_000;
    };
    const problem = await problemOf(push({ engine: builder })).finally(() => clock.mockRestore());
    expect([problem.code, await tagged(tag)]).toEqual(['tag-exists', other]);
  },
);

describe('the tags of a reused image', () => {
  const checkOut = (...args: string[]) => gitSync(ours.root, 'checkout', '--quiet', ...args);

  it('are set after a fast-forward merge that is pushed from main', async () => {
    const before = await push();
    checkOut('-b', 'feature/x');
    ours.commit({ 'bundles/here@1-0/more.py': 'MORE = 1\n' });
    const { digest } = (await push())!;
    expect(await tagged('customer-main')).toBe(before!.digest);
    checkOut('main');
    gitSync(ours.root, 'merge', '--quiet', '--ff-only', 'feature/x');
    const commit = gitSync(ours.root, 'rev-parse', 'HEAD');
    expect(await push()).toMatchObject({ how: 'reused', digest, commit, tags: [`customer-${commit}`, 'customer-main'] });
    expect([await tagged('customer-main'), await tagged(`customer-${commit}`)]).toEqual([digest, digest]);
  });

  it('are set for a commit that changes nothing in the image', async () => {
    const { digest } = (await push())!;
    ours.commit({ 'README.md': 'hello' });
    const commit = gitSync(ours.root, 'rev-parse', 'HEAD');
    await push();
    expect(await tagged(`customer-${commit}`)).toBe(digest);
  });

  it('are those of --branch', async () => {
    const { digest } = (await push())!;
    expect(await push({ branch: 'release/1' })).toMatchObject({ how: 'reused' });
    expect(await tagged('customer-release-1')).toBe(digest);
  });

  it('are not set on a dry run, nor for uncommitted content', async () => {
    await push();
    ours.registry.journal.length = 0;
    await push({ branch: 'release/1', dryRun: true });
    fs.appendFileSync(path.join(ours.root, 'release.yaml'), '# not committed\n');
    await push({ branch: 'release/1' });
    expect(manifestWrites()).toEqual([]);
  });

  it('do not move a commit tag from another image: tag-exists', async () => {
    await push();
    ours.commit({ 'README.md': 'hello' });
    const commit = gitSync(ours.root, 'rev-parse', 'HEAD');
    const other = await putImage(ours.registry.host, 'acme/proc', `customer-${commit}`, 'somebody else’s');
    expect((await problemOf(push())).code).toBe('tag-exists');
    expect(await tagged(`customer-${commit}`)).toBe(other);
  });

  it('leave an immutable branch tag unchanged, and report it', async () => {
    await push();
    ours.commit({ 'README.md': 'hello' });
    ours.registry.faults = ({ method, reference }) =>
      method === 'PUT' && reference === 'customer-release-1'
        ? { status: 400, body: JSON.stringify({ errors: [{ code: 'TAG_INVALID', message: 'immutable tag' }] }) }
        : undefined;
    const notes: string[] = [];
    const receipt = await push({ branch: 'release/1' }, { ...silentLog, note: (text) => void notes.push(text) });
    expect(receipt!.tags).toEqual([`customer-${gitSync(ours.root, 'rev-parse', 'HEAD')}`]);
    expect(notes.join('\n')).toContain('customer-release-1');
  });
});

it('uses the image from docker-build, if it has this key', async () => {
  await push({
    registries: resolveRegistries({ registry: `${ours.registry.host}/other`, platformRegistry: ours.registry.host }, {}, {}),
  });
  engine.calls();
  expect(await push()).toMatchObject({ how: 'prebuilt' });
  expect(engine.calls()).not.toContain('buildx build');
});

it('builds once if two pushes of one image run concurrently: the second one reuses it', async () => {
  const both = await Promise.all([push(), push()]);
  expect(both.map((receipt) => receipt!.how).sort()).toEqual(['built', 'reused']);
  expect(both[0]!.digest).toBe(both[1]!.digest);
  expect(engine.calls().filter((call) => call === 'buildx build')).toHaveLength(1);
});

it('only reads on a dry run', async () => {
  ours.registry.journal.length = 0;
  const lines: string[] = [];
  expect(await push({ dryRun: true }, { ...silentLog, done: (...parts) => lines.push(parts.join(' ')) })).toBeUndefined();
  expect(lines.join('\n')).toMatch(/would push proc to .*\/acme\/proc:c-[0-9a-f]{64}/);
  expect([engine.calls(), manifestWrites()]).toEqual([[], []]);
});

it.each([
  ['release.yaml', (root: string) => fs.appendFileSync(path.join(root, 'release.yaml'), '# hello\n')],
  ['a pin', (root: string) => fs.appendFileSync(path.join(root, 'pins/images/proc/pin.json'), '\n')],
  ['a bundle', (root: string) => write(root, { 'bundles/here@1-0/new.py': '' })],
  ['the image’s folder', (root: string) => write(root, { 'images/proc/extra.sh': '' })],
])('sets no customer tags if something is not committed: %s', async (_, change) => {
  change(ours.root);
  const notes: string[] = [];
  const receipt = await push({}, { ...silentLog, note: (text) => notes.push(text) });
  expect([receipt!.tags, receipt!.commit]).toEqual([[], undefined]);
  expect(notes.join('\n')).toContain('proc has uncommitted content (');
});

it('rejects an invalid tag before the build', async () => {
  expect((await problemOf(push({ tagPrefix: 'a b' }))).code).toBe('unsafe-tag');
  expect((await problemOf(push({ tagPrefix: 'x'.repeat(120) }))).code).toBe('unsafe-tag');
  expect([engine.calls(), manifestWrites().filter(({ name }) => name === 'acme/proc')]).toEqual([[], []]);
});

it.each([400, 401, 403])(
  'treats only 404 as absent: %d is a Problem, and nothing is built',
  async (status) => {
    ours.registry.faults = ({ reference }) =>
      reference?.startsWith('c-') ? { status, headers: { 'retry-after': '0' } } : undefined;
    const { code } = await problemOf(push());
    expect(code).toMatch(/^registry-/);
    expect(engine.calls()).toEqual([]);
  },
  30_000,
);

it('fails if the key does not exist after the push', async () => {
  ours.registry.faults = ({ reference, method }) =>
    reference?.startsWith('c-') && method !== 'PUT'
      ? { status: 404, body: JSON.stringify({ errors: [{ code: 'MANIFEST_UNKNOWN', message: 'unknown' }] }) }
      : undefined;
  expect((await problemOf(push())).code).toBe('push-failed');
});

it('succeeds after a failed push', async () => {
  engine.fail('push');
  expect((await problemOf(push())).code).toBe('push-failed');
  engine.fail(undefined);
  expect(await push()).toMatchObject({ how: 'prebuilt' });
});

it('reports that the image was pushed, if only its tags failed', async () => {
  ours.registry.faults = ({ reference, method }) =>
    method === 'PUT' && reference?.startsWith('customer-') ? { status: 403 } : undefined;
  const { code, changed } = await withJournal(ours.root, async (describeChanges) => ({
    code: (await problemOf(push())).code,
    changed: describeChanges(),
  }));
  expect(code).toBe('registry-denied');
  expect(changed).toMatch(/; buildx pushed \S+\/acme\/proc:c-[0-9a-f]{64}\. Nothing else was changed\.$/);
});

it('rejects a base that only a build argument names, because no pin has its digest', async () => {
  const base = `${ours.registry.host}/kdcube-chat-proc:2026.7.20.444`;
  const pin = JSON.parse(fs.readFileSync(path.join(ours.root, 'pins/images/proc/pin.json'), 'utf8')) as { bases: object };
  ours.commit({
    'images/proc/Dockerfile_ChatProcBundled': `ARG FLAVOUR=${base}\nFROM \${FLAVOUR}\nCOPY bundles /bundles\n`,
    'pins/images/proc/pin.json': JSON.stringify({ ...pin, bases: { [base]: Object.values(pin.bases)[0] as string } }),
  });
  const { code, message } = await problemOf(push({}, silentLog, { FLAVOUR: `${ours.registry.host}/other:1` }));
  expect([code, message]).toEqual(['wrong-option', expect.stringContaining('/other:1')]);
  expect(engine.calls()).not.toContain('buildx build');
  expect(await push()).toMatchObject({ how: 'built' });
});

it.each(['KDCUBE_REGISTRY', 'KDCUBE_PLATFORM_REGISTRY', 'KDCUBE_PLATFORM_REF', 'A=B', '-x', ''])(
  'rejects a build argument that has an option of its own, or is invalid: %j',
  async (name) => {
    expect((await problemOf(push({}, silentLog, { [name]: 'x' }))).code).toBe('wrong-option');
    expect(engine.calls()).toEqual([]);
  },
);

it('reports a Dockerfile that git ignores', async () => {
  ours.commit({ 'images/proc/.gitignore': 'Dockerfile*\n', 'images/proc/extra.sh': '' });
  gitSync(ours.root, 'rm', '--cached', '--quiet', 'images/proc/Dockerfile_ChatProcBundled');
  gitSync(ours.root, 'commit', '--quiet', '--message', 'hidden');
  expect(await problemOf(push())).toMatchObject({ code: 'dockerfile-missing', hint: expect.stringContaining('check-ignore') });
});

it('reads the branch from the variables of each CI system', () => {
  expect(ciBranch({ GITHUB_HEAD_REF: 'feature/x', GITHUB_REF_TYPE: 'branch', GITHUB_REF_NAME: '7/merge' })).toBe('feature/x');
  expect(ciBranch({ GITHUB_HEAD_REF: '', GITHUB_REF_TYPE: 'branch', GITHUB_REF_NAME: 'main' })).toBe('main');
  expect(ciBranch({ GITHUB_REF_TYPE: 'tag', GITHUB_REF_NAME: 'v1' })).toBeUndefined();
  expect(ciBranch({ CI_COMMIT_BRANCH: 'main' })).toBe('main');
  expect(ciBranch({ CI_COMMIT_BRANCH: '' })).toBeUndefined();
});
