import * as fs from 'node:fs';
import * as path from 'node:path';
import type { ReleaseRecord } from '@kdcube/release/internal';
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
import { write } from '../../../testing/git-kit';
import { putImage } from '../../../testing/registry-kit';
import { silentLog } from '../../system/log';
import { recordsOf, writeRecord } from '../../targets/records/records';
import prune from './executor';
import { procEnvironment, procRecord } from '../../../testing/proc-release';

jest.setTimeout(120_000);

const at = captureAcme();
const env = { ...process.env };
let ecs: EcsDouble;
let restoreClock: () => void;
let digests: Record<'garbage' | 'branch' | 'running' | 'recorded' | 'old', string>;

const key = (digit: string) => `c-${digit.repeat(64)}`;
const host = () => at.workspace.registry.host;

beforeEach(async () => {
  digests = {
    garbage: await putImage(host(), 'proc', key('1'), 'garbage'),
    branch: await putImage(host(), 'proc', key('2'), 'branch'),
    running: await putImage(host(), 'proc', key('3'), 'running'),
    recorded: await putImage(host(), 'proc', key('4'), 'recorded'),
    old: await putImage(host(), 'proc', key('5'), 'old'),
  };
  await putImage(host(), 'proc', 'customer-main', 'branch');
  const image = `${host()}/proc@${digests.running}`;
  ecs = await ecsDouble({
    clusters: ['acme'],
    taskDefinitions: [emptyDefinition('proc', { image })],
    services: [emptyService('proc', 'proc')],
  });
  useDouble(ecs);
  restoreClock = await useDoubleClock(ecs);
  write(at.workspace.root, { 'environments/prod.yaml': environment() });
  for (const [minute, digest] of [digests.old, digests.recorded].entries()) await writeRecord(records(), draft(minute, digest));
});
afterEach(async () => {
  restoreClock();
  await ecs.close();
  restoreVariables(env);
});

const records = () => recordsOf({ host: host(), prefix: '' }, silentLog);
const environment = () => procEnvironment(host());

const compose = () =>
  environment()
    .replace('target: ecs', 'target: compose')
    .replace(/ecs: .*\n/, '')
    .replace(/, mounts.*\n/, ' }\n');

function draft(minute: number, digest: string, name = 'prod'): Omit<ReleaseRecord, 'attempt'> {
  const time = new Date(Date.UTC(2020, 1, 2, 3, minute)).toISOString();
  return procRecord(host(), digest, time, { release: `r${minute}`, environment: name });
}

const OPTIONS = { delete: false, keep: 1, minAge: 0, commitTags: false, ignore: [], json: false };

async function run(options: object = {}): Promise<boolean> {
  at.output = '';
  at.workspace.registry.journal.length = 0;
  const context = releaseContext(at.workspace.root, { registry: host() });
  return (await prune({ ...OPTIONS, ...options }, context)).success;
}

/** The names of the images that the registry still has. */
async function left(): Promise<string[]> {
  const found = await Promise.all(
    Object.entries(digests).map(async ([name, digest]) => {
      const { ok } = await fetch(`http://${host()}/v2/proc/manifests/${digest}`);
      return ok ? [name] : [];
    }),
  );
  return found.flat();
}
const deletions = () => at.workspace.registry.journal.filter(({ method }) => method === 'DELETE').length;
const ALL = ['garbage', 'branch', 'running', 'recorded', 'old'];

it('shows what it would delete, and why it keeps the rest; changes nothing', async () => {
  expect(await run()).toBe(true);
  expect(at.output).toContain(`${host()}/proc: 2 images to remove, 3 to keep`);
  expect(at.output).toMatch(/keep +[0-9a-f]{12} +c-2+…, customer-main +the tag customer-main names it/);
  expect(at.output).toMatch(/keep +[0-9a-f]{12} +c-3+… +it runs in prod/);
  expect(at.output).toMatch(/keep +[0-9a-f]{12} +c-4+… +the record of r1 in prod names it/);
  expect(at.output).toContain('does not list images without a tag');
  expect(at.output.trim().split('\n').at(-1)).toBe('2 images would be removed. Nothing was changed. --delete removes them.');
  expect(deletions()).toBe(0);
  expect(await left()).toEqual(ALL);
});

it('deletes what nothing needs, counts what the registry confirmed, and finds nothing the second time', async () => {
  expect(await run({ delete: true })).toBe(true);
  expect(at.output.trim().split('\n').at(-1)).toBe('Deleted 2 images (2 manifests), as the registry confirmed.');
  expect(await left()).toEqual(['branch', 'running', 'recorded']);
  expect(await run({ delete: true })).toBe(true);
  expect(at.output).toContain('Deleted 0 images');
  expect(deletions()).toBe(0);
});

it('keeps more with a longer rollback window, and images of unknown age', async () => {
  expect(await run({ delete: true, keep: 2 })).toBe(true);
  expect(await left()).toEqual(['branch', 'running', 'recorded', 'old']);
});

it('by default removes only what was deployed long ago: of other images the age is unknown', async () => {
  expect(await run({ delete: true, minAge: 14 })).toBe(true);
  expect(await left()).toEqual(['garbage', 'branch', 'running', 'recorded']);
  expect(at.output).toMatch(/keep +[0-9a-f]{12} +c-1+… +its age is unknown/);
});

it('keeps images of records of environments that this workspace does not have', async () => {
  await writeRecord(records(), draft(5, digests.garbage, 'elsewhere'));
  expect(await run({ delete: true })).toBe(true);
  expect(await left()).toEqual(['garbage', 'branch', 'running', 'recorded']);
});

it('keeps the image that bundles run code in: only a variable of the task definition names it', async () => {
  const exec = { name: 'PY_CODE_EXEC_IMAGE', value: `${host()}/proc@${digests.garbage}` };
  const image = `${host()}/proc@${digests.running}`;
  await ecs.as('RegisterTaskDefinition', emptyDefinition('proc', { image, environment: [exec] }));
  await ecs.as('UpdateService', { cluster: 'acme', service: 'proc', taskDefinition: 'proc' });
  expect(await run({ delete: true })).toBe(true);
  expect(await left()).toEqual(['garbage', 'branch', 'running', 'recorded']);
  // A variable may have any value, or none that is an image.
  await ecs.as('RegisterTaskDefinition', emptyDefinition('proc', { image, environment: [{ ...exec, value: '' }] }));
  await ecs.as('UpdateService', { cluster: 'acme', service: 'proc', taskDefinition: 'proc' });
  expect(await run()).toBe(true);
});

it('keeps all images of the revisions that a rollback starts', async () => {
  const revision = emptyDefinition('sidecar', { image: `${host()}/proc@${digests.garbage}` });
  const { taskDefinition } = await ecs.as('RegisterTaskDefinition', revision);
  const arn = (taskDefinition as { taskDefinitionArn: string }).taskDefinitionArn;
  const record = draft(5, digests.recorded);
  await writeRecord(records(), { ...record, services: { proc: { ...record.services.proc!, taskDefinition: arn } } });
  expect(await run({ delete: true })).toBe(true);
  expect(await left()).toEqual(['garbage', 'branch', 'running', 'recorded']);
});

/** As older tools name the signature of an image. */
const sigTag = (digest: string) => `${digest.replace(':', '-')}.sig`;

it('keeps a new image that has the signature tag of an old one', async () => {
  await putImage(host(), 'proc', sigTag(digests.old), 'running');
  await putImage(host(), 'proc', sigTag(digests.garbage), 'branch');
  expect(await run({ delete: true })).toBe(true);
  expect(await left()).toEqual(expect.arrayContaining(['branch', 'running', 'recorded']));
});

it('keeps an image without a tag that runs, also if the registry lists it as a referrer of an old one', async () => {
  // Its tag moves on.
  await putImage(host(), 'proc', key('3'), 'branch');
  const mediaType = 'application/vnd.oci.image.index.v1+json';
  const referrer = { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: digests.running, size: 1 };
  const body = JSON.stringify({ schemaVersion: 2, mediaType, manifests: [referrer] });
  at.workspace.registry.faults = ({ kind }) =>
    kind === 'referrers' ? { status: 200, headers: { 'content-type': mediaType }, body } : undefined;
  expect(await run({ delete: true })).toBe(true);
  expect(await left()).toEqual(['branch', 'running', 'recorded']);
});

it('counts only what the registry confirmed, where another prune was faster', async () => {
  const signature = await putImage(host(), 'proc', sigTag(digests.garbage), 'signature');
  at.workspace.registry.faults = ({ method, reference }) =>
    method === 'DELETE' && reference === digests.garbage ? { status: 404 } : undefined;
  expect(await run({ delete: true })).toBe(true);
  expect(at.output).toContain(`${host()}/proc@${signature}`);
  expect(at.output.trim().split('\n').at(-1)).toBe('Deleted 1 image (2 manifests), as the registry confirmed.');
});

it('--json has one object for each image', async () => {
  expect(await run({ delete: true, json: true })).toBe(true);
  const events = at.output
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as { event: string; digest: string });
  const of = (event: string) => events.filter((each) => each.event === event).map(({ digest }) => digest);
  expect(of('deleted').sort()).toEqual([digests.garbage, digests.old].sort());
  expect(of('kept').sort()).toEqual([digests.branch, digests.running, digests.recorded].sort());
});

describe('does nothing if a list cannot be read:', () => {
  const broken = (matches: (request: { method: string; kind: string; name?: string; reference?: string }) => boolean) => () => {
    at.workspace.registry.faults = (request) => (matches(request) ? { status: 403 } : undefined);
  };
  const cases: Record<string, [() => unknown, string]> = {
    'the list of records': [broken(({ kind, name }) => kind === 'tags' && name === 'releases'), 'registry-denied'],
    'a record': [broken(({ kind, name }) => kind === 'manifest' && name === 'releases'), 'registry-denied'],
    'a record that is none': [() => putImage(host(), 'releases', 'prod.x.1', 'x'), 'registry-response'],
    'the list of tags': [broken(({ kind, name }) => kind === 'tags' && name === 'proc'), 'registry-denied'],
    'a manifest': [broken(({ kind, reference }) => kind === 'manifest' && reference === key('1')), 'registry-denied'],
    'the services': [() => ecs.faults.push({ op: 'DescribeServices', error: 'AccessDeniedException' }), 'aws-denied'],
    'the tasks': [() => ecs.faults.push({ op: 'ListTasks', error: 'AccessDeniedException' }), 'aws-denied'],
    'a task definition': [() => ecs.faults.push({ op: 'DescribeTaskDefinition', error: 'AccessDeniedException' }), 'aws-denied'],
    'an environment': [() => write(at.workspace.root, { 'environments/stage.yaml': 'target: nowhere\n' }), 'missing-key'],
    'a file in environments': [() => write(at.workspace.root, { 'environments/Stage.yaml': environment() }), 'unsafe-name'],
    'a compose host': [() => write(at.workspace.root, { 'environments/local.yaml': compose() }), 'prune-incomplete'],
    'no environments': [() => fs.rmSync(path.join(at.workspace.root, 'environments'), { recursive: true }), 'prune-incomplete'],
    'a deploy that is running': [
      async () => {
        const described = await ecs.as('DescribeServices', { cluster: 'acme', services: ['proc'] });
        const [{ serviceArn }] = described.services as [{ serviceArn: string }];
        const value = `id 2099-01-01T00:00:00.000Z r9`;
        await ecs.as('TagResource', { resourceArn: serviceArn, tags: [{ key: 'kdcube:deploy', value }] });
      },
      'deploy-in-progress',
    ],
  };
  it.each(Object.entries(cases))('%s', async (_, [breakIt, code]) => {
    await breakIt();
    const success = await run({ delete: true });
    at.workspace.registry.faults = undefined;
    expect([success, /\[([a-z-]+)\]/.exec(at.output)?.[1]]).toEqual([false, code]);
    expect(deletions()).toBe(0);
    expect(await left()).toEqual(ALL);
    expect(at.output).toContain('No file, image, tag or service was changed.');
  });

  it('except for an environment that --ignore names', async () => {
    write(at.workspace.root, { 'environments/local.yaml': compose() });
    expect(await run({ delete: true, ignore: ['local'] })).toBe(true);
    expect(await left()).toEqual(['branch', 'running', 'recorded']);
    expect(await run({ ignore: ['nope'] })).toBe(false);
    expect(at.output).toContain('[wrong-option]');
  });
});

it('does not delete an image that was tagged since it was listed', async () => {
  let lists = 0;
  at.workspace.registry.faults = async ({ kind, name }) => {
    if (kind === 'tags' && name === 'proc' && (lists += 1) === 2) await putImage(host(), 'proc', 'v9', 'garbage');
  };
  expect(await run({ delete: true })).toBe(true);
  expect(at.output).toContain('the tag v9 was set on it meanwhile');
  expect(at.output).toContain('Deleted 1 image (1 manifest), as the registry confirmed. Not deleted: 1.');
  expect(await left()).toContain('garbage');
});

it('does not delete an image that a new index has as a child since it was listed', async () => {
  const mediaType = 'application/vnd.oci.image.index.v1+json';
  const child = { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: digests.garbage, size: 1 };
  const body = JSON.stringify({ schemaVersion: 2, mediaType, manifests: [child] });
  let lists = 0;
  at.workspace.registry.faults = async ({ kind, name }) => {
    if (kind !== 'tags' || name !== 'proc' || (lists += 1) !== 2) return;
    await fetch(`http://${host()}/v2/proc/manifests/v9`, { method: 'PUT', headers: { 'content-type': mediaType }, body });
  };
  expect(await run({ delete: true })).toBe(true);
  expect(at.output).toContain('the tag v9 was set on it meanwhile');
  expect(await left()).toContain('garbage');
});

it('does not delete an image that a branch tag was moved to since it was listed', async () => {
  let lists = 0;
  at.workspace.registry.faults = async ({ kind, name }) => {
    if (kind === 'tags' && name === 'proc' && (lists += 1) === 2) await putImage(host(), 'proc', 'customer-main', 'garbage');
  };
  expect(await run({ delete: true })).toBe(true);
  expect(await left()).toEqual(expect.arrayContaining(['garbage', 'branch']));
});

it.each([
  ['refuses', { status: 405 }, 'does not delete images on request'],
  ['accepts and does nothing', { status: 202 }, 'and still has it'],
  ['denies', { status: 403 }, 'denied access'],
])('a registry that %s a deletion is a Problem, and what was deleted is told', async (_, fault, text) => {
  let count = 0;
  at.workspace.registry.faults = ({ method }) => (method === 'DELETE' && (count += 1) === 2 ? fault : undefined);
  expect(await run({ delete: true })).toBe(false);
  at.workspace.registry.faults = undefined;
  expect(at.output.replace(/\s+/g, ' ')).toContain(text);
  expect(await left()).toHaveLength(4);
  expect(at.output).toMatch(/Already done: deleted \S+@sha256:/);
});
