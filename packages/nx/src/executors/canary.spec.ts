import * as fs from 'node:fs';
import * as path from 'node:path';
import { type Acme, acme, dockerDouble } from '../effects/testing/acme-kit';
import { type EcsDouble, ecsDouble, emptyDefinition, emptyService, useDouble } from '../effects/testing/aws-kit';
import { pushImage } from '../effects/images/push';
import { registriesOf } from '../effects/images/registries';
import { silent } from '../effects/log';
import deployEcs from './deploy-ecs/executor';
import descriptor from './descriptor/executor';
import env from './env/executor';
import history from './history/executor';
import plan from './plan/executor';
import rollback from './rollback/executor';
import status from './status/executor';
import validate from './validate/executor';

jest.setTimeout(180_000);

/** A secret that looks like one, and nothing like anything else. */
const CANARY = 'cAnArY9x7Q2mZ4kW8pL1vB3nTd';
const variables = { ...process.env };
let ours: Acme;
let ecs: EcsDouble;
let said: string;

beforeEach(async () => {
  ours = await acme();
  dockerDouble(ours);
  said = '';
  const hear = (text: unknown) => {
    said += String(text);
    return true;
  };
  jest.spyOn(process.stdout, 'write').mockImplementation(hear);
  jest.spyOn(process.stderr, 'write').mockImplementation(hear);
});
afterEach(async () => {
  jest.restoreAllMocks();
  await ecs.close();
  await ours.end();
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

interface Place {
  environment?: (text: string) => string;
  release?: (text: string) => string;
  /** What proc is told as plain text by the task definition that runs. */
  running?: { name: string; value: string }[];
  machine?: () => void;
}

const more =
  (lines: string) =>
  (text: string): string =>
    text.replace('services:\n', `${lines}\nservices:\n`);

/** Everywhere that a secret may stand by mistake, or by right. */
const PLACES: [string, 'refused' | 'fine', Place][] = [
  ['nowhere but in the credentials', 'fine', {}],
  ['a value where a reference belongs', 'refused', { environment: (text) => text.replace('ssm:/kdcube/prod/openai', CANARY) }],
  ['a variable for all', 'refused', { environment: more(`env: { shared: { SERPAPI_KEY: "${CANARY}" } }`) }],
  [
    'a variable of a component',
    'refused',
    { environment: more(`env: { proc: { ANTHROPIC_API_KEY: "sk-ant-api03-${CANARY}" } }`) },
  ],
  [
    'a variable of one service',
    'refused',
    { environment: (text) => text.replace('image: proc }', `image: proc, env: { MY_TOKEN: "${CANARY}" } }`) },
  ],
  [
    'a word of the environment',
    'refused',
    { environment: more(`vars: { word: "${CANARY}" }\nenv: { shared: { MY_PASSWORD: "\${word}" } }`) },
  ],
  ['a key that is not known', 'refused', { environment: more(`password: "${CANARY}"`) }],
  ['a key of the gateway that is not known', 'refused', { environment: more(`gateway: { redis_password: "${CANARY}" }`) }],
  ['a value of the wrong type', 'refused', { environment: more(`secrets_of_old: [ "${CANARY}" ]`) }],
  ['YAML that is none', 'refused', { environment: (text) => `${text}password: "${CANARY}\n` }],
  ['the registry’s name', 'refused', { environment: (text) => text.replace('"REGISTRY"', `"user:${CANARY}@registry.example"`) }],
  [
    'the URL of a repository',
    'refused',
    { release: (text) => text.replace(/repo: "file:[^"]*"/, `repo: "https://user:${CANARY}@git.example/org/x.git"`) },
  ],
  ['what runs, as plain text, which the deploy replaces', 'fine', { running: [{ name: 'OPENAI_API_KEY', value: CANARY }] }],
  [
    'the machine: variables and docker’s logins',
    'fine',
    {
      machine() {
        process.env.MY_SECRET = process.env.GITHUB_TOKEN = process.env.NX_CLOUD_ACCESS_TOKEN = CANARY;
        const docker = ours.box.folder('docker');
        const auth = Buffer.from(`user:${CANARY}`).toString('base64');
        fs.writeFileSync(path.join(docker, 'config.json'), JSON.stringify({ auths: { [ours.registry.host]: { auth } } }));
        process.env.DOCKER_CONFIG = docker;
      },
    },
  ],
];

const WORDS = { onFailure: 'rollback', timeout: 40, wait: 0 };
const CALLS: [string, (options: never, context: never) => Promise<{ success: boolean }>, object][] = [
  ['validate', validate, { online: false }],
  ['descriptor', descriptor, {}],
  ['env', env, {}],
  ['plan', plan, { values: true, markdown: 'dist/plan.md' }],
  ['deploy-ecs', deployEcs, WORDS],
  ['status', status, {}],
  ['history', history, {}],
  ['rollback', rollback, { ...WORDS, dryRun: true }],
];

test.each(PLACES)(
  'a secret in %s (%s) is said and written nowhere',
  async (_, expected, { environment, release, running, machine }) => {
    const [task, ...image] = ['chat-proc', 'chat-ingress'].map((name) => emptyService(name, `old-${name}`));
    ecs = await ecsDouble({
      clusters: ['acme'],
      taskDefinitions: [
        emptyDefinition('old-chat-proc', running && { environment: running }),
        emptyDefinition('old-chat-ingress'),
      ],
      services: [task!, ...image],
    });
    useDouble(ecs, CANARY);
    process.env.KDCUBE_CLOCK = ecs.url;
    const registries = registriesOf({ registry: ours.registry.host }, {}, {});
    await ours.job((job) =>
      pushImage(job, { root: ours.root, registries, engine: 'oci', dryRun: false, branch: 'main' }, silent),
    );
    machine?.();
    const written = (environment ?? String)(ENVIRONMENT).replace('REGISTRY', ours.registry.host);
    const before = fs.readFileSync(path.join(ours.root, 'release.yaml'), 'utf8');
    ours.commit({ 'environments/prod.yaml': written, ...(release && { 'release.yaml': release(before) }) });
    const failed = new Set<string>();
    for (const json of [false, true])
      for (const [name, call, options] of CALLS) {
        const context = { root: ours.root, projectName: 'release', nxJsonConfiguration: { plugins: [] } };
        const ran = call({ environment: 'prod', dryRun: false, offline: false, ...options, json } as never, context as never);
        // A bug of ours would be thrown: it must not tell either.
        const { success } = await ran.catch((error: unknown) => ((said += String(error)), { success: false }));
        if (!success) failed.add(name);
      }
    // As it is, in base64, and as a URL has it, which is the same for letters and digits.
    for (const form of [CANARY, Buffer.from(CANARY).toString('base64').slice(0, -2)]) {
      expect(said).not.toContain(form);
      expect(filesWith(path.join(ours.root, 'dist'), form)).toEqual([]);
    }
    const tags = JSON.stringify(
      ecs.journal.entries.filter(({ by, op }) => by === undefined && !/^(?:Describe|List|Get)/.test(op)),
    );
    expect(tags).not.toContain(CANARY);
    expect(said.length).toBeGreaterThan(500);
    const refused = CALLS.filter(([name]) => failed.has(name)).map(([name]) => name);
    // There is no release before this one.
    expect(refused).toEqual(expected === 'fine' ? ['rollback'] : expect.arrayContaining(['deploy-ecs']));
  },
);

function filesWith(dir: string, text: string): string[] {
  if (!fs.existsSync(dir)) return [];
  const files = fs.readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.map((entry) => path.join(entry.parentPath, entry.name)).filter((file) => fs.readFileSync(file).includes(text));
}
