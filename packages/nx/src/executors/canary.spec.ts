import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { type EcsDouble, ecsDouble, emptyDefinition, emptyService, useDouble, useDoubleClock } from '../../testing/aws-kit';
import { CANARY, filesWithCanary, FORMS, repositoryText } from '../../testing/canary/kit';
import { COMPOSE, type Place, PLACES } from '../../testing/canary/places.table';
import { captureAcme, releaseContext } from '../../testing/capture-output';
import { pushImage } from '../images/push/push';
import { resolveRegistries } from '../workspace/registries';
import { silentLog } from '../system/log';
import deployEcs from './deploy-ecs/executor';
import descriptor from './descriptor/executor';
import env from './env/executor';
import history from './history/executor';
import importCompose from './import-compose/executor';
import importEcs from './import-ecs/executor';
import plan from './plan/executor';
import rollback from './rollback/executor';
import status from './status/executor';
import validate from './validate/executor';
import verify from './verify/executor';

jest.setTimeout(180_000);

const variables = { ...process.env };
const at = captureAcme();
let ecs: EcsDouble;
let restoreClock: () => void;

afterEach(async () => {
  restoreClock();
  await ecs.close();
  for (const name of Object.keys(process.env)) if (!Object.hasOwn(variables, name)) delete process.env[name];
  Object.assign(process.env, variables);
});

const ENVIRONMENT = `target: ecs
registry: "REGISTRY"
tenant: acme
project: demo
ecs: { account: "123456789012", region: eu-central-1, cluster: acme, execution_role: execution, subnets: [subnet-0123abcd] }
secrets: { shared: { OPENAI_API_KEY: "ssm:/kdcube/prod/openai" } }
services:
  chat-proc: { component: proc, image: proc, mounts: { /config: { efs: fs-0123abcd } } }
  chat-ingress: { component: ingress, image: proc }
`;

type Call = (options: never, context: never) => Promise<{ success: boolean }>;

const ROLLOUT = { onFailure: 'rollback', timeout: 40, wait: 0 };
const FOLDER = { environment: 'host', dir: 'host', files: [], profiles: [] };
const CLUSTER = { cluster: 'acme', region: 'eu-central-1', services: [], dryRun: true };
/** In this order: a rollback is of the deploy before it. */
const CALLS: [string, Call, object][] = [
  ['validate', validate, { online: false }],
  ['descriptor', descriptor, {}],
  ['env', env, {}],
  ['plan', plan, { values: true, markdown: 'dist/plan.md' }],
  ['verify', verify, { secretKeys: true }],
  ['import-ecs', importEcs, { ...CLUSTER, environment: 'again' }],
  ['import-compose', importCompose, FOLDER],
  ['deploy-ecs', deployEcs, ROLLOUT],
  ['status', status, {}],
  ['history', history, {}],
  ['rollback', rollback, ROLLOUT],
];

/** What fails, by what refuses the secret. What asks only what runs goes on; nothing earlier is there to go back to where the second release never ran. */
const REFUSED: Record<Place['refused'], string[]> = {
  fine: [],
  plan: ['plan', 'deploy-ecs', 'rollback'],
  environment: ['env', 'plan', 'verify', 'deploy-ecs', 'status', 'history', 'rollback'],
  release: ['validate', 'descriptor', 'env', 'plan', 'verify', 'deploy-ecs', 'rollback'],
};

async function call(run: Call, options: object): Promise<boolean> {
  const ran = run({ environment: 'prod', dryRun: false, offline: false, ...options } as never, releaseContext(at.workspace.root));
  // A bug of ours would be thrown: it must not tell either.
  return (await ran.catch((error: unknown) => ((at.output += String(error)), { success: false }))).success;
}

async function push(): Promise<void> {
  const registries = resolveRegistries({ registry: at.workspace.registry.host }, {}, {});
  await at.workspace.job((job) =>
    pushImage(job, { root: at.workspace.root, registries, engine: 'oci', dryRun: false, branch: 'main' }, silentLog),
  );
}

/** A first release, on services that ran before. */
async function stage({ running, environment, first = true }: Place): Promise<void> {
  ecs = await ecsDouble({
    clusters: ['acme'],
    taskDefinitions: [emptyDefinition('old-chat-proc', running && { environment: running }), emptyDefinition('old-chat-ingress')],
    services: ['chat-proc', 'chat-ingress'].map((name) => emptyService(name, `old-${name}`)),
    logGroups: ['chat-proc', 'chat-ingress'].map((name) => `/ecs/kdcube-${name}`),
  });
  useDouble(ecs, CANARY);
  restoreClock = await useDoubleClock(ecs);
  const text = first ? ENVIRONMENT : environment!(ENVIRONMENT);
  at.workspace.commit({ 'environments/prod.yaml': text.replace('REGISTRY', at.workspace.registry.host), ...COMPOSE });
  await push();
  const inputs = filesWithCanary(at.workspace.box.dir);
  expect(inputs).toEqual(expect.arrayContaining([expect.stringContaining('host/compose.yaml')]));
  expect(await call(importEcs, { ...CLUSTER, environment: 'found', dryRun: false })).toBe(true);
  const deployed = await call(deployEcs, ROLLOUT);
  expect([deployed, filesWithCanary(at.workspace.box.dir)]).toEqual([first, inputs]);
}

/** A second one, with the secret in its place. */
async function hide({ environment = String, release = String, files, machine }: Place): Promise<void> {
  const host = at.workspace.box.folder('host');
  fs.writeFileSync(path.join(host, 'secret'), CANARY);
  const entrypoint = 'bundles/here@1-0/entrypoint.py';
  const before = fs.readFileSync(path.join(at.workspace.root, entrypoint), 'utf8');
  at.workspace.commit({ [entrypoint]: `${before}# another\n` });
  await push();
  machine?.(at.workspace);
  const releaseText = fs.readFileSync(path.join(at.workspace.root, 'release.yaml'), 'utf8');
  at.workspace.commit({
    ...files,
    'environments/prod.yaml': environment(ENVIRONMENT).replace('REGISTRY', at.workspace.registry.host).replace('HOST', host),
    'release.yaml': `release_name: second\n${release(releaseText)}`,
  });
}

test.each(PLACES)('a secret in $where is printed and written nowhere', async (place) => {
  await stage(place);
  await hide(place);
  const inputs = filesWithCanary(at.workspace.box.dir);
  const updates = () => JSON.stringify(ecs.journal.entries.filter(({ op }) => op === 'UpdateService').length);
  const before = updates();
  const failed = new Set<string>();
  for (const json of [false, true])
    for (const [name, run, options] of CALLS) if (!(await call(run, { ...options, json }))) failed.add(name);
  // What was asked of AWS, reading too; what AWS answered is its own.
  const entries = ecs.journal.entries.filter(({ by }) => by === undefined).map((entry) => ({ ...entry, response: undefined }));
  const asked = JSON.stringify(entries);
  const records = await repositoryText(at.workspace.registry.host, 'releases');
  for (const form of FORMS) {
    expect(at.output).not.toContain(form);
    expect(asked).not.toContain(form);
    expect(records).not.toContain(form);
  }
  // The workspace and the cache have nothing but what stood there before; of this process's temporary files none is left.
  expect(filesWithCanary(at.workspace.box.dir)).toEqual(inputs);
  expect(fs.readdirSync(os.tmpdir()).filter((name) => name.startsWith(`.kdcube.${process.pid}.`))).toEqual([]);
  expect(at.output.length).toBeGreaterThan(500);
  const refused = CALLS.filter(([name]) => failed.has(name)).map(([name]) => name);
  expect([refused, place.refused === 'fine' || updates() === before]).toEqual([REFUSED[place.refused], true]);
});
