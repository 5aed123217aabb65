import {
  type EcsDouble,
  ecsDouble,
  emptyDefinition,
  emptyService,
  useDouble,
  useDoubleClock,
  restoreVariables,
} from '../../../testing/aws-kit';
import { captureAcme, releaseContext } from '../../../testing/capture-output';
import { gitSync, write } from '../../../testing/git-kit';
import { putImage } from '../../../testing/registry-kit';
import { pushImage } from '../../images/push/push';
import { silentLog } from '../../system/log';
import { recordsOf, writeRecord } from '../../targets/records/records';
import { resolveRegistries } from '../../workspace/registries';
import explain from './executor';
import { procEnvironment, procRecord } from '../../../testing/proc-release';

jest.setTimeout(120_000);

const at = captureAcme();
const env = { ...process.env };
const host = () => at.workspace.registry.host;
let ecs: EcsDouble | undefined;
let restoreClock: (() => void) | undefined;

afterEach(async () => {
  restoreClock?.();
  await ecs?.close();
  restoreClock = ecs = undefined;
  restoreVariables(env);
});

async function push(): Promise<string> {
  const receipt = await at.workspace.job((job) => {
    const registries = resolveRegistries({ registry: host() }, {}, {});
    return pushImage(job, { root: at.workspace.root, registries, engine: 'auto', dryRun: false, branch: 'main' }, silentLog);
  });
  return receipt!.digest;
}

async function run(digest: string, options: object = {}): Promise<boolean> {
  at.output = '';
  const context = releaseContext(at.workspace.root, { registry: host() });
  return (await explain({ digest, args: {}, json: false, ...options } as never, context)).success;
}

const record = (digest: string, commit: string) =>
  procRecord(host(), digest, '2026-02-02T03:04:00.000Z', { release: 'r1', commit });
const environment = () => procEnvironment(host());

it('an image of this checkout: verified, with the commits of its bundles, its deployments and what runs it', async () => {
  write(at.workspace.root, { 'environments/prod.yaml': environment() });
  at.workspace.commit({});
  const digest = await push();
  const head = gitSync(at.workspace.root, 'rev-parse', 'HEAD');
  await writeRecord(recordsOf({ host: host(), prefix: '' }, silentLog), record(digest, head));
  ecs = await ecsDouble({
    clusters: ['acme'],
    taskDefinitions: [emptyDefinition('proc', { image: `${host()}/proc@${digest}` })],
    services: [emptyService('proc', 'proc')],
  });
  useDouble(ecs);
  restoreClock = await useDoubleClock(ecs);
  expect(await run(digest)).toBe(true);
  expect(at.output).toContain(`${host()}/proc@${digest}`);
  expect(at.output).toMatch(/^is +an image for linux\/amd64$/m);
  expect(at.output).toMatch(/^tags +.*customer-main/m);
  expect(at.output).toMatch(/^content +verified: this checkout gives exactly this image$/m);
  expect(at.output).toMatch(/^here@1-0 +[0-9a-f]{12} +this workspace +[0-9a-f]{12} /m);
  expect(at.output).toMatch(/2026-02-02 03:04 +prod +r1 \(1\) +succeeded +proc +[0-9a-f]{12} +\S/);
  expect(at.output).not.toContain('unknown:');
});

it('an image of an earlier commit: only its labels say what is in it, and git knows the trees', async () => {
  const digest = await push();
  at.workspace.commit({ 'bundles/here@1-0/new.py': '' });
  expect(await run(digest)).toBe(true);
  expect(at.output).toMatch(/^content +as its labels claim$/m);
  expect(at.output).toContain('nothing here proves them');
  expect(at.output).toMatch(/^here@1-0 +[0-9a-f]{12} +this workspace +[0-9a-f]{12} /m);
  expect(at.output).toContain('No release record names it.');
});

it('a digest is found by its beginning, with and without sha256:, and as a reference', async () => {
  const digest = await push();
  for (const form of [
    digest.slice(7, 14),
    digest.slice(0, 20),
    digest.slice(7),
    `${host()}/proc:x@${digest}`,
    digest.toUpperCase().replace('SHA256', 'sha256'),
  ]) {
    expect([form, await run(form)]).toEqual([form, true]);
    expect(at.output).toContain(`proc@${digest}`);
  }
});

it('a foreign image is named as one', async () => {
  const digest = await putImage(host(), 'proc', 'foreign', 'x');
  expect(await run(digest)).toBe(true);
  expect(at.output).toMatch(/^content +not built by this plugin/m);
});

it('an index and its child are named as what they are', async () => {
  const child = await putImage(host(), 'proc', 'child', 'x');
  const type = 'application/vnd.oci.image.index.v1+json';
  const { headers } = await fetch(`http://${host()}/v2/proc/manifests/${child}`);
  const entry = {
    mediaType: headers.get('content-type'),
    digest: child,
    size: Number(headers.get('content-length')),
    platform: { os: 'linux', architecture: 'amd64' },
  };
  const body = JSON.stringify({ schemaVersion: 2, mediaType: type, manifests: [entry] });
  const answer = await fetch(`http://${host()}/v2/proc/manifests/many`, {
    method: 'PUT',
    headers: { 'content-type': type },
    body,
  });
  const index = answer.headers.get('docker-content-digest')!;
  expect(await run(index)).toBe(true);
  expect(at.output).toMatch(/^is +an index for linux\/amd64$/m);
  expect(await run(child)).toBe(true);
  expect(at.output).toMatch(new RegExp(`^is +an image for linux/amd64, a child of the index ${index}$`, 'm'));
  expect(at.output).toMatch(/^tags +.*child/m);
  expect(at.output).toMatch(/^tags +.*many/m);
});

it.each([
  ['sha256:' + '0'.repeat(64), 'image-not-found', 'is in none of the repositories'],
  ['0123456', 'image-not-found', 'is in none of the repositories'],
  ['012345', 'wrong-option', 'is not a digest'],
  ['latest', 'wrong-option', 'is not a digest'],
  ['', 'wrong-option', 'is not a digest'],
])('%s: %s', async (digest, code, text) => {
  await push();
  expect(await run(digest)).toBe(false);
  expect(at.output).toContain(`[${code}]`);
  expect(at.output).toContain(text);
});

it.each(['service', 'exec'])('a digest of %s that was deleted, but is in a record, says so', async (where) => {
  const pushed = await push();
  const digest = `sha256:${'0'.repeat(64)}`;
  const found = record(where === 'exec' ? pushed : digest, 'a'.repeat(40));
  const exec = { taskDefinition: 'exec:1', image: `${host()}/proc@${digest}`, digest };
  await writeRecord(recordsOf({ host: host(), prefix: '' }, silentLog), { ...found, ...(where === 'exec' && { exec }) });
  expect(await run(digest)).toBe(false);
  expect(at.output).toContain('The record of r1 in prod names it: it was deleted since.');
});

it('names what could not be read, with the reason', async () => {
  write(at.workspace.root, { 'environments/prod.yaml': 'target: nowhere\n' });
  const digest = await push();
  at.workspace.registry.faults = ({ kind, name }) =>
    kind === 'tags' && (name as string) === 'releases' ? { status: 403 } : undefined;
  expect(await run(digest)).toBe(true);
  at.workspace.registry.faults = undefined;
  expect(at.output).toContain('unknown: the environment prod: ');
  expect(at.output).toContain('unknown: the release records of');
});
