import * as fs from 'node:fs';
import * as path from 'node:path';
import { write } from '../../testing/git-kit';
import { captureAcme, releaseContext } from '../../testing/capture-output';
import dockerBuild from './docker-build/executor';
import dockerPush from './docker-push/executor';
import env from './env/executor';
import importCompose from './import-compose/executor';
import tag from './tag/executor';
import validate from './validate/executor';

// The last line of a command that fails after its first write: what was confirmed, and never what was intended.

jest.setTimeout(120_000);

const at = captureAcme();

const lastLine = () =>
  at.output
    .trimEnd()
    .split('\n')
    .at(-1)!
    .replaceAll(at.workspace.registry.host, 'registry.example')
    .replace(/\b[0-9a-f]{64}\b/g, '<hex>')
    .replace(/\b[0-9a-f]{40}\b/g, '<commit>');
const proc = (options?: object) => ({ ...(releaseContext(at.workspace.root, options) as object), projectName: 'proc' }) as never;
const registryOptions = () => ({ registry: `${at.workspace.registry.host}/acme`, platformRegistry: at.workspace.registry.host });
const push = async (options: object = {}) =>
  (await dockerPush({ args: {}, dryRun: false, json: false, ...registryOptions(), ...options } as never, proc())).success;
/** A folder in the place of a file, which no write can replace. */
const block = (file: string) => write(at.workspace.root, { [`${file}/blocked`]: '' });

const PUSHED = 'uploaded 4 blobs to registry.example/acme/proc; tagged registry.example/acme/proc@sha256:<hex> as c-<hex>';
const BRANCH = 'customer-main';
const BOTH = ['customer-<commit>, customer-main', 'customer-main, customer-<commit>'];

it('docker-push that cannot write its receipt: the image is pushed and tagged', async () => {
  write(at.workspace.root, { 'dist/push/proc': 'not a folder' });
  expect(await push()).toBe(false);
  expect(at.output).toContain('[file-error]');
  expect(BOTH.map((tags) => `1 problem. Already done: ${PUSHED}, ${tags}. Nothing else was changed.`)).toContain(lastLine());
});

it('docker-push whose tag is denied: the image is pushed, the tag is not set', async () => {
  at.workspace.registry.faults = ({ method, reference }) =>
    method === 'PUT' && reference === BRANCH ? { status: 403, body: '{}' } : undefined;
  expect(await push()).toBe(false);
  expect(at.output).toContain('[registry-denied]');
  expect(lastLine()).toBe(`1 problem. Already done: ${PUSHED}, customer-<commit>. Nothing else was changed.`);
});

it('docker-push whose response is lost: it is unknown whether the tag is set', async () => {
  at.workspace.registry.faults = ({ method, reference }) =>
    (method === 'PUT' || method === 'HEAD') && reference === BRANCH && at.output.includes('pushed') ? 'lost' : undefined;
  expect(await push()).toBe(false);
  expect(at.output).toContain('[registry-unreachable]');
  expect(lastLine()).toBe(
    `1 problem. Already done: ${PUSHED}, customer-<commit>. Unconfirmed: tagged registry.example/acme/proc@sha256:<hex> as customer-main. Nothing else was changed.`,
  );
});

it('docker-push --json: the event has the same text', async () => {
  write(at.workspace.root, { 'dist/push/proc': 'not a folder' });
  expect(await push({ json: true })).toBe(false);
  const events = at.output.split('\n').filter((line) => line.startsWith('{'));
  expect(JSON.parse(events.at(-1)!)).toMatchObject({
    event: 'failed',
    changed: expect.stringMatching(/^Already done: uploaded 4 /),
  });
});

it('docker-push without a registry, and docker-build: the layout is written', async () => {
  write(at.workspace.root, { 'dist/push/proc': 'not a folder' });
  expect(await push({ registry: undefined })).toBe(false);
  expect(lastLine()).toBe('1 problem. Already done: wrote dist/images/proc. Nothing else was changed.');
  block('dist/build/proc/receipt.json');
  const options = { args: {}, platformRegistry: at.workspace.registry.host };
  expect((await dockerBuild(options as never, proc())).success).toBe(false);
  expect(lastLine()).toBe('1 problem. Already done: wrote dist/build/proc/layout. Nothing else was changed.');
});

it('tag that fails at the second tag', async () => {
  await push();
  at.workspace.registry.faults = ({ method, reference }) =>
    method === 'PUT' && reference === 'b' ? { status: 403, body: '{}' } : undefined;
  const options = { tags: ['a', 'b'], args: {}, dryRun: false, json: false };
  expect((await tag(options as never, releaseContext(at.workspace.root, registryOptions()))).success).toBe(false);
  expect(lastLine()).toBe(
    '1 problem. Already done: tagged registry.example/acme/proc@sha256:<hex> as a. Nothing else was changed.',
  );
});

it.each([
  [
    'env',
    () => env({ offline: false, dryRun: false, json: false } as never, releaseContext(at.workspace.root, registryOptions())),
  ],
  ['validate', () => validate({ online: false, json: false } as never, releaseContext(at.workspace.root))],
  [
    'import-compose',
    () =>
      importCompose(
        { environment: 'x', dir: '.', files: [], profiles: [], dryRun: false, json: false } as never,
        releaseContext(at.workspace.root),
      ),
  ],
])('%s that is refused changes nothing', async (_, run) => {
  fs.rmSync(path.join(at.workspace.root, 'pins'), { recursive: true });
  expect((await run()).success).toBe(false);
  expect(lastLine()).toMatch(/^\d problems?\. No file, image, tag or service was changed\.$/);
});
