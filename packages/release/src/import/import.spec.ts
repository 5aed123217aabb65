import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readEnvironment } from '../environment/read-environment';
import { environmentOf, textFiles } from '../../testing/environments';
import { bundlesOf, deployed, deployInput } from '../../testing/deploys';
import { foundInCompose } from '../targets/compose/import/compose';
import { readEnvFile } from '../targets/compose/env-file/compose-env-file';
import { containerOfService, sidecarNotes } from '../targets/ecs/import/container';
import { foundExec, foundOnEcs } from '../targets/ecs/import/ecs';
import { importEnvironment } from './environment';
import { planDeploy } from '../targets/ecs/plan/plan-deploy';
import type { Running } from '../targets/ecs/plan/running';
import { renderExecTaskDefinition } from '../targets/ecs/task-definition/render-task-definition';
import type { ContainerDefinition, TaskDefinition } from '../targets/ecs/task-definition/task-definition';

const CANARY = 'cAnArY9x7Q2mZ4kW8pL1vB3nTd';
const DIGEST = `r.example.com/x@sha256:${'ab'.repeat(32)}`;
const PLACE = { account: '123456789012', region: 'eu-central-1', cluster: 'alps' };
const OPTIONS = { directory: '/opt/kdcube', files: [], profiles: [] };
const SAMPLES = join(__dirname, '../../fixtures/platform/ecs');

const read = (text: string) => readEnvironment('one', textFiles({ one: text }));

function imported(definitions: TaskDefinition[]) {
  const services = definitions.map((definition) =>
    foundOnEcs(
      {
        serviceName: definition.family.replace(/^kdcube-/, ''),
        status: 'ACTIVE',
        taskDefinition: arnOf(definition),
        desiredCount: 2,
        controller: 'ECS',
      },
      definition,
      DIGEST,
    ),
  );
  return importEnvironment({ name: 'prod', target: 'ecs', services, place: PLACE });
}

const arnOf = ({ family }: TaskDefinition) => `arn:aws:ecs:eu-central-1:123456789012:task-definition/${family}:7`;

const app: TaskDefinition = {
  family: 'kdcube-app',
  cpu: '256',
  memory: '512',
  networkMode: 'awsvpc',
  executionRoleArn: 'arn:aws:iam::123456789012:role/execution',
  containerDefinitions: [
    {
      name: 'app',
      image: DIGEST,
      stopTimeout: 30,
      somethingNew: { of: 'ECS' },
      environment: [
        { name: 'COLOUR', value: 'costs $5 ${HOME} "quoted"\nüäß #1' },
        { name: 'LOG_LEVEL', value: 'INFO' },
      ],
      secrets: [{ name: 'API_KEY', valueFrom: 'arn:aws:ssm:eu-central-1:123456789012:parameter/app/key' }],
    },
  ],
};

function firstPlan(text: string, definitions: TaskDefinition[]) {
  const { environment, problems } = read(text.replace(/<(TENANT|PROJECT)>/g, 'alps'));
  expect(problems).toEqual([]);
  const services = Object.fromEntries(
    environment!.services.map(({ serviceName, family, count }) => [
      serviceName,
      {
        serviceName,
        status: 'ACTIVE',
        taskDefinition: arnOf({ family, containerDefinitions: [] }),
        desiredCount: count ?? 1,
        controller: 'ECS',
      },
    ]),
  );
  const running: Running = {
    from: 'ecs',
    ...PLACE,
    services,
    definitions: Object.fromEntries(
      definitions.map((definition) => [arnOf(definition), { ...definition, taskDefinitionArn: arnOf(definition) }]),
    ),
    latest: {},
  };
  return planDeploy(deployInput({ environment, running })).plan;
}

test('the first plan after an import is empty; unknown keys are preserved', () => {
  const { text, notes } = imported([app]);
  expect(notes).toEqual([]);
  expect(firstPlan(text, [app]).services.map(({ change, reasons }) => [change, reasons])).toEqual([['none', []]]);
});

test('importing our own deployment: exec, metrics and gateway do not change; only the exec task is registered again', () => {
  const lines = { bundles: ['lifts@1-4 v1.4.0 a'] };
  const running = deployed(lines);
  const services = Object.values(running.services)
    .filter(({ serviceName }) => serviceName !== 'clamav')
    .map((service) => {
      const definition = running.definitions[service.taskDefinition]!;
      return foundOnEcs(service, definition, definition.containerDefinitions[0]!.image);
    });
  const { text, notes } = importEnvironment({ name: 'prod', target: 'ecs', services, place: PLACE });
  const { environment, problems } = read(text);
  // Other variables that look like secrets get a note and a reference.
  expect([problems, notes.filter(({ message }) => message.includes('secret')).map(({ subject }) => subject)]).toEqual([
    [],
    ['chat-proc BUILD_FINGERPRINT'],
  ]);
  const { plan } = planDeploy(deployInput({ ...lines, environment, running, before: bundlesOf(lines) }));
  expect(plan.services.filter(({ change }) => change !== 'none').map(({ service, env }) => [service, env])).toEqual([
    ['chat-proc', { added: [], changed: ['BUILD_FINGERPRINT', 'FARGATE_TASK_DEFINITION'], removed: [] }],
  ]);
  expect([plan.descriptor.changed, plan.gateway.changed]).toEqual([false, false]);
});

const AGENT = {
  name: 'datadog-agent',
  image: 'gcr.io/datadoghq/agent:7',
  essential: true,
  portMappings: [{ containerPort: 8126 }],
};
const ROUTER = { name: 'log', image: 'aws-for-fluent-bit:2', essential: true, firelensConfiguration: { type: 'fluentbit' } };
const NGINX = { name: 'edge', image: 'nginx:1', essential: true, portMappings: [{ containerPort: 80 }] };
const listening = (name: string) => ({ ...app.containerDefinitions[0]!, name, portMappings: [{ containerPort: 8020 }] });

test.each<[string, ContainerDefinition[], string[], string]>([
  ['the one that the load balancer names', [AGENT, listening('app'), listening('admin')], ['app'], 'app'],
  ['the one that the load balancer names, even if it is the last', [AGENT, listening('admin'), listening('app')], ['app'], 'app'],
  ['not an agent', [AGENT, listening('app')], [], 'app'],
  ['not a log router', [ROUTER, listening('app')], [], 'app'],
  ['not a proxy that gets the requests', [NGINX, listening('app')], ['edge'], 'app'],
  ['a component of the platform', [listening('helper'), listening('chat-ingress')], [], 'chat-ingress'],
  ['the name of the service', [listening('app'), listening('shop')], ['app'], 'shop'],
  ['not one that may stop', [{ ...listening('setup'), essential: false }, listening('app')], [], 'app'],
  ['the only one, whatever it is', [NGINX], [], 'edge'],
])('the container of a service: %s', (_, containerDefinitions, trafficContainers, name) => {
  const service = {
    serviceName: 'shop',
    status: 'ACTIVE',
    taskDefinition: '',
    desiredCount: 1,
    controller: 'ECS',
    trafficContainers,
  };
  const definition = { ...app, containerDefinitions };
  expect(containerOfService(service, definition).name).toBe(name);
  const others = containerDefinitions.filter((each) => each.name !== name).map((each) => each.name);
  expect(sidecarNotes(service, definition).map(({ message }) => message.replace(/.*: /, ''))).toEqual(
    others.length === 0 ? [] : [others.join(', ')],
  );
});

test('40 services with sidecars, on ARM64, with parameters by their bare names: the first plan is empty', () => {
  const definitions = Array.from({ length: 40 }, (_, index): TaskDefinition => {
    const own = {
      ...listening('app'),
      secrets: [
        { name: 'A_KEY', valueFrom: 'prod-param' },
        { name: 'B_KEY', valueFrom: '/prod/b' },
      ],
    };
    const runtimePlatform = { cpuArchitecture: 'ARM64', operatingSystemFamily: 'LINUX' };
    return { ...app, family: `kdcube-app-${index}`, runtimePlatform, containerDefinitions: [AGENT, ROUTER, own] };
  });
  const { text } = imported(definitions);
  const plan = firstPlan(text, definitions);
  expect(plan.services.map(({ change, reasons }) => [change, reasons])).toEqual(definitions.map(() => ['none', []]));
  expect([text.match(/architecture: "arm64"/g)!.length, text.match(/container: "app"/g)!.length]).toEqual([40, 40]);
  expect(text).toMatch(/A_KEY: "ssm:prod-param"\n +B_KEY: "ssm:\/prod\/b"/);
});

test('the exec task stays on its architecture', () => {
  const runtimePlatform = { cpuArchitecture: 'ARM64', operatingSystemFamily: 'LINUX' };
  const exec = { ...app, family: 'kdcube-exec', runtimePlatform, requiresCompatibilities: ['FARGATE'] };
  expect(foundExec(exec).fargate).toMatchObject({ family: 'kdcube-exec', architecture: 'arm64' });
  expect(foundExec({ ...exec, runtimePlatform: undefined }).fargate).not.toHaveProperty('architecture');
  const environment = environmentOf('exec: { runtime: fargate, image: kdcube-exec-bundled, fargate: { architecture: arm64 } }');
  expect(renderExecTaskDefinition(environment, 'r/exec@sha256:1')!.runtimePlatform).toEqual(runtimePlatform);
});

test('a parameter of another account is a change, though its name is the same', () => {
  const named = structuredClone(app);
  named.containerDefinitions[0]!.secrets = [{ name: 'API_KEY', valueFrom: 'prod-param' }];
  const other = imported([named]).text.replace('ssm:prod-param', 'arn:aws:ssm:eu-central-1:999999999999:parameter/prod-param');
  expect(firstPlan(other, [named]).services.map(({ reasons }) => reasons)).toEqual([['env: ~API_KEY']]);
});

test('a secret in plain text appears only in a note, by name; the first plan changes only that variable', () => {
  const exposed = structuredClone(app);
  exposed.containerDefinitions[0]!.environment!.push(
    { name: 'DB_TOKEN', value: CANARY },
    { name: 'URL', value: `redis://u:${CANARY}@h/0` },
  );
  const { text, notes } = imported([exposed]);
  expect(text + JSON.stringify(notes)).not.toContain(CANARY);
  expect(notes).toMatchObject([
    {
      subject: 'app DB_TOKEN',
      hint: expect.stringContaining('aws ssm put-parameter --type SecureString --name /kdcube/prod/db-token'),
    },
    { subject: 'app URL' },
  ]);
  const plan = firstPlan(text, [exposed]);
  expect(plan.services.map(({ reasons }) => reasons)).toEqual([['env: ~DB_TOKEN ~URL']]);
  expect(JSON.stringify(plan)).not.toContain(CANARY);
});

test('task definitions of the platform: every variable is imported, or has a note', () => {
  const files = readdirSync(SAMPLES).filter((file) => file.startsWith('task-def-'));
  const definitions = files.map((file) => JSON.parse(readFileSync(join(SAMPLES, file), 'utf8')) as TaskDefinition);
  const { text, notes } = imported(definitions);
  for (const { containerDefinitions, family } of definitions)
    for (const { name } of [...(containerDefinitions[0]!.environment ?? []), ...(containerDefinitions[0]!.secrets ?? [])])
      expect([family, name, text.includes(`${name}:`) || notes.some(({ subject }) => subject.endsWith(` ${name}`))]).toEqual([
        family,
        name,
        true,
      ]);
  expect(notes.find(({ subject }) => subject === 'chat-proc DB_HOST')).toMatchObject({ hint: 'POSTGRES_HOST' });
  // The only problems are placeholders that the samples have too.
  expect(
    read(text)
      .problems.filter(({ code }) => code !== 'placeholder' && code !== 'wrong-value')
      .map(({ code, at }) => [code, at?.path]),
  ).toEqual([]);
});

test('env files of the platform: every variable is imported, or has a note; no value of a secret', () => {
  const folder = join(__dirname, '../../fixtures/platform/sample_env/custom-ui-managed-infra');
  const { services, notes } = foundInCompose(
    {
      list: () => readdirSync(folder),
      read: (file) => (readdirSync(folder).includes(file) ? readFileSync(join(folder, file), 'utf8') : undefined),
    },
    OPTIONS,
  );
  expect(services.map(({ name, component }) => [name, component])).toEqual([
    ['ingress', 'ingress'],
    ['metrics', 'metrics'],
    ['postgres-setup', 'postgres-setup'],
    ['proc', 'proc'],
    ['proxylogin', 'proxylogin'],
  ]);
  const result = importEnvironment({ name: 'host', target: 'compose', services, place: { directory: '/opt/kdcube' } });
  const allNotes = [...notes, ...result.notes];
  for (const { name, env } of services)
    for (const variable of Object.keys(env))
      expect([
        name,
        variable,
        result.text.includes(`${variable}: `) || allNotes.some(({ subject }) => subject === `${name} ${variable}`),
      ]).toEqual([name, variable, true]);
  const left = read(result.text).problems.filter(
    ({ at }) => !/[<>]|\.\.\.|YOUR|[Yy]our|path\/to/.test(result.text.split('\n')[at!.line! - 1]!),
  );
  expect(left.map(({ code, message }) => `${code}: ${message}`)).toEqual([]);
});

test('reads env files like compose', () => {
  const text = `# x\nA=1 # c\nexport B='two\nlines'\nC="q \\"x\\" $D"\nE=\n F = g#h \r\n__proto__=1\nnonsense\n`;
  const env = readEnvFile(text);
  expect(Object.entries(env)).toEqual([
    ['A', '1'],
    ['B', 'two\nlines'],
    ['C', 'q "x" '],
    ['E', ''],
    ['F', 'g#h'],
    ['__proto__', '1'],
  ]);
});

test('a folder of env files and a compose file; secrets by name only', () => {
  const files: Record<string, string> = {
    'docker-compose.yaml': `services:\n  chat-ingress:\n    image: "${DIGEST}"\n    env_file: ["./.env.ingress"]\n    environment: { LOG_LEVEL: DEBUG, HOME_DIR: "\${HOME}" }\n  clamav: { image: "clamav:1" }\n`,
    '.env.ingress': `GATEWAY_CONFIG_JSON='{"tenant":"alps","project":"lifts","profile":"production","nonsense":1}'\nOPENAI_API_KEY=${CANARY}\nLOG_LEVEL=INFO\nINSTANCE_ID=home\nREDIS_URL=redis://:${CANARY}@h:6379/0\n`,
    '.env.proc': 'POSTGRES_HOST=db\nBUNDLES_INCLUDE_EXAMPLES=1\n',
    '.env': `REDIS_PASSWORD=${CANARY}\n`,
  };
  const { services, notes } = foundInCompose({ list: () => Object.keys(files), read: (file) => files[file] }, OPTIONS);
  const result = importEnvironment({ name: 'host', target: 'compose', services, place: { directory: '/opt/kdcube' } });
  const allNotes = [...notes, ...result.notes];
  expect(result.text + JSON.stringify(allNotes)).not.toContain(CANARY);
  expect(services.map(({ name, component }) => [name, component])).toEqual([
    ['chat-ingress', 'ingress'],
    ['clamav', 'other'],
    ['proc', 'proc'],
  ]);
  expect(allNotes.map(({ subject }) => subject)).toEqual(
    expect.arrayContaining([
      'clamav image',
      'proc image',
      'chat-ingress gateway',
      'chat-ingress OPENAI_API_KEY',
      'chat-ingress REDIS_URL',
      'chat-ingress INSTANCE_ID',
      'proc BUNDLES_INCLUDE_EXAMPLES',
    ]),
  );
  const { environment, problems } = read(result.text.replace(/<DIGEST>/g, 'cd'.repeat(32)));
  expect(problems).toEqual([]);
  expect(environment).toMatchObject({ tenant: 'alps', project: 'lifts', gateway: { profile: 'production' } });
  expect(environment!.services[0]).toMatchObject({ env: { LOG_LEVEL: 'DEBUG' }, secrets: { OPENAI_API_KEY: { store: 'file' } } });
});
