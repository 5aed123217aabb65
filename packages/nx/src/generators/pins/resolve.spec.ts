import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as net from 'node:net';
import * as path from 'node:path';
import { commit, gitSync, newRepo, problemOf, type Sandbox, sandbox, write } from '../../../testing/git-kit';
import { type Double, putImage, registryDouble } from '../../../testing/registry-kit';
import { platformImages } from '@kdcube/release/internal';
import { runPins } from '../../../testing/generators/sync';

const PLATFORM = '2026.7.20.444';
const BASE = `\${KDCUBE_PLATFORM_REGISTRY}/kdcube-chat-proc:${PLATFORM}`;
const DOCKERFILE =
  'ARG KDCUBE_PLATFORM_REGISTRY\nARG KDCUBE_PLATFORM_REF\nFROM ${KDCUBE_PLATFORM_REGISTRY}/kdcube-chat-proc:${KDCUBE_PLATFORM_REF}\nCOPY ./bundles /bundles\n';

jest.setTimeout(120_000);

let box: Sandbox;
let registry: Double;
/** The repository of the pinned bundle. */
let org: string;
/** The workspace. */
let root: string;

beforeEach(async () => {
  box = sandbox();
  jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  registry = await registryDouble();
  await putBase('kdcube-chat-proc', PLATFORM, 'first');
  org = newRepo(box.folder('bundles'), { 'service/bundles/there@2-0/entrypoint.py': 'first\n', 'README.md': 'hello\n' });
  gitSync(org, 'tag', '--annotate', '--message', 'one', 'v1');
  commit(org, { 'service/bundles/there@2-0/entrypoint.py': 'second\n' });
  gitSync(org, 'tag', 'v2');
  root = newRepo(box.folder('acme'), {
    'nx.json': JSON.stringify({ plugins: [{ plugin: '@kdcube/nx', options: { registry: registry.host } }] }),
    'images/proc/Dockerfile_ChatProcBundled': DOCKERFILE,
    'bundles/here@1-0/entrypoint.py': '',
  });
  release('v1');
  delete process.env.KDCUBE_REGISTRY;
  delete process.env.KDCUBE_PLATFORM_REGISTRY;
});

afterEach(async () => {
  jest.restoreAllMocks();
  await registry.close();
  box.end();
});

function release(ref: string, more = '', platform = PLATFORM): void {
  write(root, {
    'release.yaml': `platform: {repo: kdcube-ai-app, ref: "${platform}"}
bundles:
  items:
    - id: "here@1-0"
    - {id: "there@2-0", repo: "file://${org}", ref: "${ref}", subdir: "service/bundles"${more}}
`,
  });
}

const putBase = (name: string, tag: string, what: string) => putImage(registry.host, name, tag, what);

const files = (): Record<string, string> =>
  Object.fromEntries(
    (fs.existsSync(path.join(root, 'pins')) ? (fs.readdirSync(path.join(root, 'pins'), { recursive: true }) as string[]) : [])
      .filter((name) => name.endsWith('.json'))
      .sort()
      .map((name) => [name, fs.readFileSync(path.join(root, 'pins', name), 'utf8')]),
  );
const pin = (name: string) =>
  JSON.parse(files()[`${name}/pin.json`]!) as Record<string, unknown> & { bases: Record<string, string> };
const sync = async () => (await runPins(root)).sync();
/** Does `work` while the pinned bundle's repository cannot be reached. */
async function withoutOrg(work: () => Promise<void>): Promise<void> {
  fs.renameSync(org, `${org}.gone`);
  try {
    await work();
  } finally {
    fs.renameSync(`${org}.gone`, org);
  }
}

it('pins a tag as the commit and the tree that it names, and bases by digest; then everything is in sync', async () => {
  await sync();
  expect(pin('bundles/there@2-0')).toEqual({
    pin: 1,
    repo: `file://${org}`,
    ref: 'v1',
    subdir: 'service/bundles',
    commit: gitSync(org, 'rev-parse', 'v1^{commit}'),
    path: 'service/bundles/there@2-0',
    tree: gitSync(org, 'rev-parse', 'v1:service/bundles/there@2-0'),
  });
  expect(pin('images/proc')).toEqual({
    pin: 1,
    platform: PLATFORM,
    bundles: ['here@1-0', 'there@2-0'],
    bases: { [BASE]: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) },
  });
  expect((await runPins(root)).outOfSync).toEqual([]);
  const before = files();
  await sync();
  expect(files()).toEqual(before);
});

it('asks only for what changed: no remote for a ref that stayed, no registry for a base that the pin has', async () => {
  await sync();
  const digest = pin('images/proc').bases[BASE];
  await putBase('kdcube-chat-proc', PLATFORM, 'moved');
  registry.journal.length = 0;
  write(root, {
    'release.yaml': `${fs.readFileSync(path.join(root, 'release.yaml'), 'utf8')}    - id: "new"\n`,
    'bundles/new/entrypoint.py': '',
  });
  await withoutOrg(async () => {
    expect((await runPins(root)).outOfSync).toEqual(['proc: release.yaml or the Dockerfile changed']);
    await sync();
  });
  expect(pin('images/proc')).toMatchObject({ bundles: ['here@1-0', 'new', 'there@2-0'], bases: { [BASE]: digest } });
  expect(registry.journal).toEqual([]);
});

it('moves a base only when its pin is deleted', async () => {
  await sync();
  const digest = pin('images/proc').bases[BASE];
  await putBase('kdcube-chat-proc', PLATFORM, 'moved');
  await sync();
  expect(pin('images/proc').bases[BASE]).toBe(digest);
  fs.rmSync(path.join(root, 'pins/images/proc'), { recursive: true });
  await sync();
  expect(pin('images/proc').bases[BASE]).not.toBe(digest);
});

it('keeps the salt, and the digest of each base that stays when another comes', async () => {
  await sync();
  const old = { ...pin('images/proc'), salt: 'again' };
  write(root, {
    'pins/images/proc/pin.json': JSON.stringify(old),
    'images/proc/Dockerfile_ChatProcBundled': `${DOCKERFILE}COPY --from=${registry.host}/tools:1 /x /x\n`,
  });
  await putBase('kdcube-chat-proc', PLATFORM, 'moved');
  await putBase('tools', '1', 'tools');
  await sync();
  expect(pin('images/proc')).toMatchObject({ salt: 'again', bases: { [BASE]: old.bases[BASE] } });
  expect(Object.keys(pin('images/proc').bases).sort()).toEqual([BASE, `${registry.host}/tools:1`].sort());
});

it('resolves all or nothing: every problem is said, and every file is as it was', async () => {
  await sync();
  const before = files();
  release('v9', '', '2026.7.21.100');
  const { sync: run } = await runPins(root);
  const error = (await run().catch((thrown: unknown) => thrown)) as {
    problems: { code: string; at: unknown }[];
    message: string;
  };
  expect(error.problems.map(({ code, at }) => [code, at])).toEqual([
    ['ref-not-found', { file: 'pins/bundles/there@2-0/pin.json' }],
    ['image-not-found', { file: 'pins/images/proc/pin.json' }],
  ]);
  expect(error.message).toMatch(/2 problems\. No pin was changed\.$/);
  expect(files()).toEqual(before);
});

it('removes again what it made, when the first sync fails', async () => {
  release('v9');
  await expect(sync()).rejects.toThrow('v9');
  expect(files()).toEqual({});
  expect(fs.existsSync(path.join(root, 'pins'))).toBe(false);
});

it('puts the pins of removed bundles back, when something else fails', async () => {
  await sync();
  const before = files();
  write(root, {
    'release.yaml': `platform: {repo: kdcube-ai-app, ref: "2026.7.21.100"}\nbundles: {items: [{id: "here@1-0"}]}\n`,
  });
  await expect(sync()).rejects.toThrow('2026.7.21.100');
  expect(files()).toEqual(before);
});

it('heals after it was killed: the next one resolves, and bases stay where they were', async () => {
  await sync();
  const digest = pin('images/proc').bases[BASE];
  await putBase('kdcube-chat-proc', PLATFORM, 'moved');
  write(root, {
    'release.yaml': `${fs.readFileSync(path.join(root, 'release.yaml'), 'utf8')}    - id: "new"\n`,
    'bundles/new/entrypoint.py': '',
  });
  (await runPins(root)).killed();
  expect(pin('images/proc').pin).toBe(0);
  (await runPins(root)).killed();
  await sync();
  expect(pin('images/proc')).toMatchObject({ pin: 1, bundles: ['here@1-0', 'new', 'there@2-0'], bases: { [BASE]: digest } });
});

it('puts everything back on Ctrl-C', async () => {
  await sync();
  const before = files();
  release('v2');
  (await runPins(root)).killed();
  write(root, { 'pins/bundles/new/pin.json': 'half' });
  const silent = net.createServer();
  const asked = new Promise<void>((resolve) => silent.once('connection', () => resolve()));
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const base = `127.0.0.1:${(silent.address() as net.AddressInfo).port}/x:1`;
  const program = `
const { resolvePins } = require(${JSON.stringify(path.join(__dirname, 'resolve.ts'))});
const before = new Map(Object.entries(${JSON.stringify(before)}).map(([name, text]) => ['pins/' + name, Buffer.from(text)]));
before.set('pins/bundles/new/pin.json', undefined);
const stale = [{ kind: 'image', subject: 'x', file: 'pins/images/x/pin.json', asked: { bundles: [], bases: ['${base}'] } }];
resolvePins({ root: ${JSON.stringify(root)}, release: { platform: {}, repos: {}, bundles: [] }, stale, before, options: {} });
`;
  const child = spawn(process.execPath, ['-r', path.join(__dirname, '../../../testing/typescript.cjs'), '-e', program], {
    env: process.env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await asked;
  expect(files()).not.toEqual(before);
  child.kill('SIGINT');
  const code = await new Promise((done) => child.once('close', done));
  silent.close();
  expect([code, files()]).toEqual([130, before]);
});

it('refuses a branch, and says what it names now', async () => {
  // The rules take "main" for what it is before anybody is asked; a branch with another name is found here.
  gitSync(org, 'branch', 'rollout-7');
  release('rollout-7');
  const problem = await problemOf(sync());
  expect(problem).toMatchObject({ code: 'mutable-ref', hint: expect.stringContaining(gitSync(org, 'rev-parse', 'rollout-7')) });
});

it('takes a branch in git mode with alwaysPull only', async () => {
  gitSync(org, 'branch', 'rollout-7');
  release('rollout-7');
  const options = (more: object) =>
    write(root, {
      'nx.json': JSON.stringify({ plugins: [{ plugin: '@kdcube/nx', options: { registry: registry.host, ...more } }] }),
    });
  options({ mode: 'git' });
  expect((await problemOf(sync())).code).toBe('mutable-ref');
  options({ mode: 'git', alwaysPull: true });
  await sync();
  expect(pin('bundles/there@2-0').commit).toBe(gitSync(org, 'rev-parse', 'rollout-7'));
});

it('names both commits where git_commit and the tag differ', async () => {
  const other = gitSync(org, 'rev-parse', 'v2');
  release('v1', `, git_commit: "${other}"`);
  const { code, message } = await problemOf(sync());
  expect(code).toBe('tag-moved');
  expect(message).toContain(other);
  expect(message).toContain(gitSync(org, 'rev-parse', 'v1^{commit}'));
});

it('says where it looked, when the folder is not there', async () => {
  release('v1');
  const text = fs.readFileSync(path.join(root, 'release.yaml'), 'utf8').replace('service/bundles', 'services');
  write(root, { 'release.yaml': text });
  expect(await problemOf(sync())).toMatchObject({
    code: 'bundle-not-found',
    message: expect.stringContaining('services/there@2-0'),
  });
});

it('finds a dotted id under the folder that imports', async () => {
  commit(org, { 'service/bundles/app_1_0/entrypoint.py': '' });
  gitSync(org, 'tag', 'v3');
  const text = fs.readFileSync(path.join(root, 'release.yaml'), 'utf8').replace('there@2-0', 'app@1.0').replace('"v1"', '"v3"');
  write(root, { 'release.yaml': text.replace('app@1.0', 'app.1.0') });
  await sync();
  expect(pin('bundles/app.1.0').path).toBe('service/bundles/app_1_0');
});

it('says where a base is missing, and what to do about it: the platform’s are pushed, others are misspelt', async () => {
  write(root, { 'images/proc/Dockerfile_ChatProcBundled': `${DOCKERFILE}FROM ${registry.host}/pyton:3.12\n` });
  expect(await problemOf(sync())).toMatchObject({ code: 'image-not-found', hint: expect.stringContaining('Dockerfile') });
  release('v1', '', '2026.7.21.100');
  write(root, { 'images/proc/Dockerfile_ChatProcBundled': DOCKERFILE });
  expect((await problemOf(sync())).hint).toContain('KDCUBE_PLATFORM_REGISTRY');
});

it('says which folder has the bundle, when subdir is wrong', async () => {
  release('v1');
  const text = fs.readFileSync(path.join(root, 'release.yaml'), 'utf8').replace('service/bundles', 'services');
  write(root, { 'release.yaml': text });
  expect((await problemOf(sync())).hint).toContain('subdir: "service/bundles"');
});

it('says how to name the registry, when nobody did', async () => {
  write(root, { 'nx.json': JSON.stringify({ plugins: ['@kdcube/nx'] }) });
  const error = (await sync().catch((thrown: unknown) => thrown)) as { problems: { code: string; hint: string }[] };
  expect(error.problems).toMatchObject([{ code: 'registry-missing', hint: expect.stringContaining('KDCUBE_PLATFORM_REGISTRY') }]);
});

describe('the published images of the platform', () => {
  const mirrored = (host: string) =>
    write(root, {
      'release.yaml': `platform: {repo: kdcube-ai-app, ref: "${PLATFORM}", registry: "${host}/kdcube"}
bundles:
  items:
    - id: "here@1-0"
`,
    });

  it('are pinned by digest, and are the bases of the images that are built here', async () => {
    const source = await registryDouble();
    for (const name of platformImages(PLATFORM)) await putImage(source.host, `kdcube/${name}`, PLATFORM, name);
    mirrored(source.host);
    await sync();
    expect(Object.keys(files()).filter((name) => name.startsWith('platform/'))).toHaveLength(9);
    const metrics = pin('platform/kdcube-metrics');
    expect(metrics).toEqual({
      pin: 1,
      ref: PLATFORM,
      source: `${source.host}/kdcube/kdcube-metrics`,
      digest: expect.stringMatching(/^sha256:/),
      manifests: [],
    });
    expect(pin('images/proc').bases).toEqual({ [BASE]: pin('platform/kdcube-chat-proc').digest });
    await source.close();
  });

  it('are all reported if they were not published under this ref, and no pin changes', async () => {
    const source = await registryDouble();
    await putImage(source.host, 'kdcube/kdcube-chat-proc', PLATFORM, 'proc');
    mirrored(source.host);
    const before = files();
    const problem = await problemOf(sync());
    expect(problem).toMatchObject({
      code: 'image-not-found',
      message: expect.stringContaining(`kdcube-chat-ingress:${PLATFORM} does not exist`),
      at: { file: 'pins/platform/kdcube-chat-ingress/pin.json' },
    });
    expect(files()).toEqual(before);
    await source.close();
  });
});
