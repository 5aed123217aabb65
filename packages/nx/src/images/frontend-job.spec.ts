// The frontend of release.yaml in an image: pinned, in the key, staged into the build context.
import * as fs from 'node:fs';
import * as path from 'node:path';
import { type Acme, acme, dockerDouble, type Engine } from '../../testing/acme-kit';
import { commit, gitSync, newRepo, problemOf } from '../../testing/git-kit';
import { runPins } from '../../testing/generators/sync';
import { putImage } from '../../testing/registry-kit';
import { withSnapshot } from '../git/snapshot/snapshot';
import { silentLog } from '../system/log';
import { resolveRegistries } from '../workspace/registries';
import { openEnvironment } from '../workspace/environment';
import { openRelease } from '../workspace/workspace';
import { localName } from './build/engine-build';
import type { ImageJob, ImageOptions } from './job';
import { planImageJob } from './plan-job';
import { pushImage } from './push/push';

const PIN = 'pins/frontend/pin.json';

jest.setTimeout(120_000);

let ours: Acme;
let engine: Engine;
let ui: string;

beforeEach(async () => {
  ours = await acme();
  engine = dockerDouble(ours);
  jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  ui = newRepo(ours.box.folder('ui'), {
    'README.md': 'ui\n',
    'web/package.json': '{}\n',
    'web/package-lock.json': '{}\n',
    'web/src/main.js': 'export default 1;\n',
  });
  gitSync(ui, 'tag', 'ui-1');
  await putImage(ours.registry.host, 'library/node', '22', 'node', '2026-01-01T00:00:00Z');
  ours.commit({ 'images/ui/Dockerfile_UI': dockerfile() });
  await release();
});

afterEach(async () => {
  jest.restoreAllMocks();
  await ours.end();
});

const dockerfile = (more = '') => `FROM ${ours.registry.host}/library/node:22
COPY frontend/package.json frontend/package-lock.json ./
RUN true
COPY frontend/ ./
${more}`;

async function release(ref = 'ui-1', subdir = 'web'): Promise<void> {
  const line = `frontend: {repo: "file://${ui}", ref: "${ref}"${subdir && `, subdir: "${subdir}"`}}\n`;
  const text = fs.readFileSync(path.join(ours.root, 'release.yaml'), 'utf8').replace(/^frontend:.*\n/, '');
  ours.commit({ 'release.yaml': line + text });
  await (await runPins(ours.root)).sync();
  commit(ours.root, {});
}

async function withJob<T>(name: string, work: (job: ImageJob) => Promise<T>, options: Partial<ImageOptions> = {}): Promise<T> {
  const open = await openRelease(ours.root);
  return withSnapshot(ours.root, async (snapshot) =>
    work(await planImageJob(open, name, snapshot, { args: {}, offline: false, ...options }, silentLog)),
  );
}

const keyOf = (name: string) => withJob(name, async ({ plan }) => plan.key);

const push = (options: Partial<ImageOptions> = {}) =>
  withJob(
    'ui',
    (job) => {
      const registries = resolveRegistries({ registry: `${ours.registry.host}/acme` }, {}, {});
      return pushImage(job, { root: ours.root, registries, engine: 'auto', dryRun: false, branch: 'main' }, silentLog);
    },
    options,
  );

it('is staged into the build context as its pin says, and is in the receipt and the labels', async () => {
  const tree = gitSync(ui, 'rev-parse', 'ui-1:web');
  expect(JSON.parse(fs.readFileSync(path.join(ours.root, PIN), 'utf8'))).toEqual({
    pin: 1,
    repo: `file://${ui}`,
    ref: 'ui-1',
    subdir: 'web',
    commit: gitSync(ui, 'rev-parse', 'ui-1'),
    tree,
  });
  const receipt = await push();
  expect(receipt).toMatchObject({ how: 'built', frontend: tree });
  const built = engine.built(await withJob('ui', async ({ plan }) => localName(plan)));
  expect(built.files).toEqual(['Dockerfile_UI', 'frontend/package-lock.json', 'frontend/package.json', 'frontend/src/main.js']);
  expect(built.dockerfile).toContain(`FROM ${ours.registry.host}/library/node:22@sha256:`);
  expect(built.labels['io.kdcube.frontend']).toBe(tree);
  expect(await push()).toMatchObject({ how: 'reused', digest: receipt!.digest });
});

it('changes the key of its image by its content, and of no other image', async () => {
  const before = { ui: await keyOf('ui'), proc: await keyOf('proc') };
  commit(ui, { 'README.md': 'other\n' });
  gitSync(ui, 'tag', 'ui-2');
  await release('ui-2');
  expect(await keyOf('ui')).toBe(before.ui);
  commit(ui, { 'web/src/main.js': 'export default 2;\n' });
  gitSync(ui, 'tag', 'ui-3');
  await release('ui-3');
  expect(await keyOf('ui')).not.toBe(before.ui);
  expect(await keyOf('proc')).toBe(before.proc);
});

it('is not in an image whose Dockerfile does not copy it, and without frontend: in release.yaml in none', async () => {
  expect(await withJob('proc', async ({ plan, frontend }) => [plan.frontend, frontend])).toEqual([undefined, undefined]);
  const text = fs.readFileSync(path.join(ours.root, 'release.yaml'), 'utf8').replace(/^frontend:.*\n/, '');
  ours.commit({ 'release.yaml': text });
  await (await runPins(ours.root)).sync();
  expect(fs.existsSync(path.join(ours.root, PIN))).toBe(false);
  expect(await problemOf(push())).toMatchObject({
    code: 'dockerfile-unreadable',
    message: 'This COPY cannot be executed: frontend/package.json is not in the build context.',
    hint: 'in release.yaml: frontend: {repo: "<its repository>", ref: "<a tag>"}    then nx sync',
  });
});

it('without package.json is refused before an engine starts, with the folder that has one', async () => {
  await release('ui-1', '');
  const problem = await problemOf(push());
  expect(problem).toMatchObject({
    code: 'dockerfile-unreadable',
    message: 'This COPY cannot be executed: frontend/package.json is not in the build context.',
    hint: `frontend.subdir in release.yaml: the folder "web" of file://${ui} has it; then nx sync`,
    at: { file: 'images/ui/Dockerfile_UI', line: 2 },
  });
  commit(ui, { 'web/package.json': null });
  gitSync(ui, 'tag', 'ui-2');
  await release('ui-2');
  expect(await problemOf(push())).toMatchObject({
    hint: `a frontend.ref in release.yaml that has the file; the frontend is file://${ui} web`,
  });
  expect(engine.calls().filter((call) => call.startsWith('buildx build'))).toEqual([]);
});

it('reaches an image that needs no engine too', async () => {
  ours.commit({ 'images/ui/Dockerfile_UI': 'FROM scratch\nCOPY frontend/src/ /usr/share/ui/\n' });
  await (await runPins(ours.root)).sync();
  const receipt = await push();
  expect(receipt).toMatchObject({ how: 'built' });
  expect(engine.calls()).toEqual([]);
  // What the registry has is verified by its content, in every clone.
  expect(await push()).toMatchObject({ how: 'reused', digest: receipt!.digest });
});

it('a folder that the repository does not have is refused by nx sync, with those that have a package.json', async () => {
  expect(await problemOf(release('ui-1', 'wrong'))).toMatchObject({
    code: 'file-missing',
    message: expect.stringMatching(/has no folder "wrong" at "ui-1" \([0-9a-f]{12}\), and it is frontend\.subdir/),
    hint: 'subdir: "web"',
  });
});

it('the image must not have a folder frontend of its own', async () => {
  ours.commit({ 'images/ui/frontend/x.js': '1\n' });
  expect(await problemOf(push())).toMatchObject({
    code: 'already-exists',
    message: "images/ui has its own folder frontend, which is reserved for the release's frontend.",
  });
});

it('a file with a secret is refused, unless release.yaml gives a reason', async () => {
  commit(ui, { 'web/.env.production': 'VITE_TITLE=Acme\n' });
  gitSync(ui, 'tag', 'ui-2');
  await release('ui-2');
  expect(await problemOf(push())).toMatchObject({
    code: 'secret-in-file',
    message: expect.stringContaining('".env.production"'),
    hint: expect.stringContaining('frontend/.env.production: why it is none'),
  });
  const text = fs.readFileSync(path.join(ours.root, 'release.yaml'), 'utf8');
  ours.commit({ 'release.yaml': `${text}not_secret: {frontend/.env.production: only a title}\n` });
  expect(await push()).toMatchObject({ how: 'built' });
});

it('works offline with a copy on this machine; refuses a tag that was moved, and a pin that contradicts itself', async () => {
  fs.renameSync(ui, `${ui}-gone`);
  expect(await push({ offline: true })).toMatchObject({ how: 'built' });
  fs.renameSync(`${ui}-gone`, ui);
  commit(ui, { 'web/src/main.js': 'export default 4;\n' });
  const pin = JSON.parse(fs.readFileSync(path.join(ours.root, PIN), 'utf8')) as object;
  ours.commit({ [PIN]: JSON.stringify({ ...pin, tree: gitSync(ui, 'rev-parse', 'HEAD:web') }) });
  expect(await problemOf(push())).toMatchObject({ code: 'pin-stale', at: { file: PIN } });
  gitSync(ui, 'tag', '--force', 'ui-1');
  expect(await problemOf(push())).toMatchObject({ code: 'tag-moved', at: { file: PIN } });
});

it('a stale pin is refused', async () => {
  const text = fs.readFileSync(path.join(ours.root, 'release.yaml'), 'utf8').replace('ui-1', 'ui-2');
  ours.commit({ 'release.yaml': text });
  expect(await problemOf(push())).toMatchObject({ code: 'pin-stale', at: { file: PIN } });
});

it('an image with a config.json says whose it is, and is refused in the environment of another tenant', async () => {
  ours.commit({
    'images/ui/Dockerfile_UI': dockerfile('COPY config.json /usr/share/nginx/html/config.json\n'),
    'images/ui/config.json': '{"tenant": "alps", "project": "lifts"}\n',
    'environments/one.yaml': environment('alps'),
    'environments/two.yaml': environment('andes'),
  });
  const labels = await withJob('ui', async ({ plan }) => plan.labels);
  expect(labels).toMatchObject({ 'io.kdcube.tenant': 'alps', 'io.kdcube.project': 'lifts' });
  const open = await openRelease(ours.root);
  expect(openEnvironment(open, 'one').environment.tenant).toBe('alps');
  expect(await problemOf((async () => openEnvironment(open, 'two'))())).toMatchObject({ code: 'tenant-mismatch' });
  ours.commit({ 'images/ui/config.json': '{"project": "lifts"}\n' });
  expect(await problemOf(push())).toMatchObject({ code: 'missing-key', at: { file: 'images/ui/config.json' } });
});

const environment = (tenant: string) =>
  `target: compose\ntenant: ${tenant}\nproject: lifts\nregistry: ${ours.registry.host}/acme\ncompose: {directory: /srv}\nservices: {web-ui: {component: frontend, image: ui}}\n`;
