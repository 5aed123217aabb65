import * as fs from 'node:fs';
import * as path from 'node:path';
import {
  type EcsDouble,
  ecsDouble,
  emptyDefinition,
  emptyService,
  restoreVariables,
  useDouble,
  useDoubleClock,
} from '../../testing/aws-kit';
import { captureAcme, releaseContext } from '../../testing/capture-output';
import { acme, dockerDouble } from '../../testing/acme-kit';
import { withoutWaits } from '../../testing/faults/kit';
import { checkLastLine, readWorld, type World } from '../../testing/faults/last-line';
import type { Asked } from '../../testing/registry-kit';
import { write } from '../../testing/git-kit';
import descriptor from './descriptor/executor';
import dockerBuild from './docker-build/executor';
import dockerPush from './docker-push/executor';
import env from './env/executor';
import importCompose from './import-compose/executor';
import importEcs from './import-ecs/executor';
import stage from './stage/executor';
import tag from './tag/executor';

// Whatever breaks at whatever place: the last line of a failed command claims what the registry and the files hold, no more and no less.

jest.setTimeout(300_000);
const at = captureAcme();
const variables = { ...process.env };
let ecs: EcsDouble;
let restoreClock: () => void;

beforeAll(async () => {
  ecs = await ecsDouble({
    clusters: ['acme'],
    taskDefinitions: [emptyDefinition('proc')],
    services: [emptyService('proc', 'proc')],
  });
  restoreClock = await useDoubleClock(ecs);
});
afterAll(async () => {
  restoreClock();
  await ecs.close();
  restoreVariables(variables);
});
beforeEach(() => void withoutWaits());
const REPOSITORY = 'acme/proc';
/** So many places of one command are broken, one after the other. */
const MOST = 3;

type Run = () => Promise<{ success: boolean }>;
const plugin = () => ({ registry: `${at.workspace.registry.host}/acme`, platformRegistry: at.workspace.registry.host });
const project = (projectName: string) => ({ ...(releaseContext(at.workspace.root, plugin()) as object), projectName }) as never;
const push = (options: object = {}) =>
  dockerPush({ args: {}, dryRun: false, json: false, ...plugin(), ...options } as never, project('proc'));

/** Each command, with what must have been done before it. */
const COMMANDS: [name: string, run: Run, before?: () => Promise<unknown>][] = [
  ['stage', () => stage({ offline: false, json: false } as never, project('here@1-0'))],
  ['stage of a pinned bundle', () => stage({ offline: false, json: false } as never, project('there@2-0'))],
  ['descriptor', () => descriptor({ dryRun: false, json: false } as never, project('release'))],
  [
    'docker-build',
    () => dockerBuild({ args: {}, json: false, platformRegistry: at.workspace.registry.host } as never, project('proc')),
  ],
  ['docker-push without a registry', () => push({ registry: undefined })],
  ['docker-push', () => push()],
  ['docker-push of an image that is in the registry', () => push(), () => push()],
  [
    'tag',
    () => tag({ tags: ['a', 'b', 'v1.2'], args: {}, dryRun: false, json: false } as never, project('release')),
    () => push(),
  ],
  [
    'env',
    () => env({ environment: 'host', offline: false, dryRun: false, json: false } as never, project('release')),
    async () => (addEnvironment(), push()),
  ],
  [
    'import-compose',
    () =>
      importCompose(
        { environment: 'imported', dir: 'old', files: [], profiles: [], dryRun: false, json: false } as never,
        project('release'),
      ),
    async () => addCompose(),
  ],
  [
    'import-ecs',
    () =>
      importEcs(
        { environment: 'imported', cluster: 'acme', region: 'eu-central-1', services: [], dryRun: false, json: false } as never,
        project('release'),
      ),
    // A new workspace begins without the variables of AWS.
    async () => useDouble(ecs),
  ],
];

/** The commands whose last line after a success names the file that they wrote. */
const IMPORTS = COMMANDS.filter(([name]) => name.startsWith('import-'));

function addEnvironment(): void {
  const services = 'services: { chat-proc: { component: proc, image: proc } }\n';
  const text = `target: compose\nregistry: ${at.workspace.registry.host}/acme\ntenant: a\nproject: b\ncompose: { project: x, directory: /opt/x }\n${services}`;
  at.workspace.commit({ 'environments/host.yaml': text });
}

function addCompose(): void {
  at.workspace.commit({ 'old/docker-compose.yml': 'services:\n  proc:\n    image: ghcr.io/a/b:1\n    environment: {A: b}\n' });
}

const world = (): World => readWorld(at.workspace.root, at.workspace.registryFolder, REPOSITORY);
const lastLine = () => at.output.trimEnd().split('\n').at(-1)!;

async function failing(run: Run): Promise<boolean> {
  const before = world();
  at.output = '';
  const { success } = await run();
  if (!success) checkLastLine(lastLine(), before, world());
  return !success;
}

/** The files that a command writes, and the requests that change its registry. */
const traces = new Map<string, { files: string[]; writes: number }>();

describe.each(COMMANDS)('%s', (name, run, prepare) => {
  it('succeeds without a fault', async () => {
    await startAgain(prepare);
    const before = world();
    let writes = 0;
    at.workspace.registry.faults = (asked) => void (writes += isWrite(asked) ? 1 : 0);
    expect([(await run()).success, at.output]).toEqual([true, at.output]);
    const { files } = world();
    traces.set(name, { files: [...files.keys()].filter((file) => before.files.get(file) !== files.get(file)), writes });
  });

  it.each([
    ['has a folder in its place', (file: string) => ({ [`${file}/blocked`]: '' })],
    ['has a file where its folder belongs', (file: string) => ({ [path.dirname(file)]: 'no folder' })],
  ])('each of its files %s', async (_, block) => {
    for (const file of traces
      .get(name)!
      .files.filter((each) => each.includes('/'))
      .slice(0, MOST)) {
      await startAgain(prepare);
      for (const blocked of Object.keys(block(file)))
        fs.rmSync(path.join(at.workspace.root, blocked.replace(/\/blocked$/, '')), { recursive: true, force: true });
      write(at.workspace.root, block(file));
      await failing(run);
    }
  });

  it.each([
    ['is denied', { status: 403, body: '{}' }],
    ['fails', { status: 500, body: '{}' }],
    ['is lost', 'lost'],
    ['is cut', 'cut'],
  ])('each of its writes to the registry %s, and all after it', async (_, fault) => {
    const { writes } = traces.get(name)!;
    for (let index = 1; index <= Math.min(writes, MOST); index += 1) {
      await startAgain(prepare);
      let count = 0;
      at.workspace.registry.faults = (asked) => (isWrite(asked) && (count += 1) >= index ? fault : undefined);
      expect([index, await failing(run)]).toEqual([index, true]);
    }
  });
});

describe.each(IMPORTS)('%s', (_, run, prepare) => {
  it('names the file that it wrote, and writes no other', async () => {
    await startAgain(prepare);
    const before = world().files;
    expect((await run()).success).toBe(true);
    const [, claimed] = /^imported +(\S+) /.exec(lastLine())!;
    const after = world().files;
    expect([...after.keys()].filter((file) => before.get(file) !== after.get(file))).toEqual([claimed]);
  });

  it('changes nothing, and says so, if another environment has the name', async () => {
    await startAgain(prepare);
    write(at.workspace.root, { 'environments/imported.yaml': 'target: ecs\n' });
    expect(await failing(run)).toBe(true);
    expect(lastLine()).toMatch(/No file, image, tag or service was changed\.$/);
  });
});

describe('import-ecs', () => {
  const [, run, prepare] = COMMANDS.find(([name]) => name === 'import-ecs')!;
  it.each(['ListServices', 'DescribeServices', 'DescribeTaskDefinition'])(
    'changes nothing, and says so, if AWS denies %s',
    async (op) => {
      await startAgain(prepare);
      ecs.faults.push({ op, error: 'AccessDeniedException' });
      expect(await failing(run)).toBe(true);
      expect(lastLine()).toMatch(/No file, image, tag or service was changed\.$/);
      ecs.faults.length = 0;
    },
  );
});

/** A workspace in which nothing was done yet but what the command needs. */
async function startAgain(prepare: (() => Promise<unknown>) | undefined): Promise<void> {
  await at.workspace.end();
  at.workspace = await acme({ inFolder: true });
  dockerDouble(at.workspace);
  await prepare?.();
}

function isWrite({ method }: Asked): boolean {
  return !['GET', 'HEAD'].includes(method);
}
