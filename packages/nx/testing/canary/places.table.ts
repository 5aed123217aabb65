import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Acme } from '../acme-kit';
import { CANARY } from './kit';

/** A place where a secret stands, by mistake or by right. */
export interface Place {
  where: string;
  /** The targets that must refuse it; `fine`: none does. */
  refused: 'fine' | 'environment' | 'release' | 'plan';
  environment?: (text: string) => string;
  release?: (text: string) => string;
  /** What proc is told as plain text by the task definition that runs before the first deploy. */
  running?: { name: string; value: string }[];
  /** A first release cannot be deployed either. */
  first?: boolean;
  /** More files of the workspace. */
  files?: Record<string, string>;
  machine?: (ours: Acme) => void;
}

const more =
  (lines: string) =>
  (text: string): string =>
    text.replace('services:\n', `${lines}\nservices:\n`);
const proc = (fields: string) => (text: string) => text.replace('image: proc, mounts', `image: proc, ${fields}, mounts`);

const OWN = (container: object, sidecar: object = {}) =>
  JSON.stringify({
    family: 'own-proc',
    networkMode: 'awsvpc',
    requiresCompatibilities: ['FARGATE'],
    cpu: '256',
    memory: '512',
    containerDefinitions: [
      { name: 'chat-proc', image: 'registry.example/nothing:1', ...container },
      { name: 'beside', image: 'registry.example/beside:1', ...sidecar },
    ],
  });
const secretVariable = [{ name: 'SERPAPI_KEY', value: CANARY }];

export const PLACES: Place[] = [
  { where: 'nowhere but in the credentials and the compose folder', refused: 'fine' },
  {
    where: 'a value where a reference belongs',
    refused: 'environment',
    environment: (text) => text.replace('ssm:/kdcube/prod/openai', CANARY),
  },
  { where: 'a variable for all', refused: 'environment', environment: more(`env: { shared: { SERPAPI_KEY: "${CANARY}" } }`) },
  {
    where: 'a variable of a component',
    refused: 'environment',
    environment: more(`env: { proc: { ANTHROPIC_API_KEY: "sk-ant-api03-${CANARY}" } }`),
  },
  { where: 'a variable of one service', refused: 'environment', environment: proc(`env: { MY_TOKEN: "${CANARY}" }`) },
  {
    where: 'a word of the environment',
    refused: 'environment',
    environment: more(`vars: { word: "${CANARY}" }\nenv: { shared: { MY_PASSWORD: "\${word}" } }`),
  },
  { where: 'a key that is not known', refused: 'environment', environment: more(`password: "${CANARY}"`) },
  { where: 'a name of a key', refused: 'environment', environment: more(`"${CANARY}": 1`) },
  { where: 'a name that is cleared', refused: 'environment', environment: more(`not_secret: [ "${CANARY}" ]`) },
  {
    where: 'a key of the gateway that is not known',
    refused: 'environment',
    environment: more(`gateway: { redis_password: "${CANARY}" }`),
  },
  { where: 'a value of the wrong type', refused: 'environment', environment: more(`secrets_of_old: [ "${CANARY}" ]`) },
  { where: 'YAML that is none', refused: 'environment', environment: (text) => `${text}password: "${CANARY}\n` },
  {
    where: 'the registry’s name',
    refused: 'environment',
    environment: (text) => text.replace('"REGISTRY"', `"user:${CANARY}@registry.example"`),
  },
  {
    where: 'the URL of a metrics gateway',
    refused: 'environment',
    environment: more(`metrics: { prometheus: { pushgateway: "http://user:${CANARY}@push.example:9091" } }`),
  },
  {
    where: 'a base that is extended',
    refused: 'environment',
    environment: (text) => `extends: base\n${text}`,
    files: { 'environments/base.yaml': `abstract: true\nenv: { shared: { SERPAPI_KEY: "${CANARY}" } }\n` },
  },
  {
    where: 'a base that is extended, where a reference belongs',
    refused: 'environment',
    environment: (text) => `extends: base\n${text}`,
    files: { 'environments/base.yaml': `abstract: true\nsecrets: { shared: { ANTHROPIC_API_KEY: "${CANARY}" } }\n` },
  },
  {
    where: 'the URL of a repository',
    refused: 'release',
    release: (text) => text.replace(/repo: "file:[^"]*"/, `repo: "https://user:${CANARY}@git.example/org/x.git"`),
  },
  {
    where: 'the settings of a bundle',
    refused: 'release',
    release: (text) => text.replace('{id: "here@1-0"}', `{id: "here@1-0", config: {serpapi_key: "${CANARY}"}}`),
  },
  {
    where: 'a key of the release',
    refused: 'release',
    release: (text) => `${text}"${CANARY}": 1\n`,
  },
  {
    where: 'a name that a release clears',
    refused: 'release',
    release: (text) => `${text}not_secret: ["${CANARY}"]\n`,
  },
  {
    where: 'the description of a bundle',
    refused: 'release',
    release: (text) => text.replace('{id: "here@1-0"}', `{id: "here@1-0", description: "sk-ant-api03-${CANARY}${CANARY}"}`),
  },
  {
    where: 'a file of a host, which an environment refers to',
    refused: 'fine',
    environment: (text) =>
      `${text}  beside: { component: other, target: compose, image: "registry.example/x@sha256:${'ab'.repeat(32)}", secrets: { MY_TOKEN: "file:HOST/secret" } }\n`,
  },
  {
    where: 'a variable of a task definition of one’s own',
    refused: 'plan',
    environment: proc('task_definition: deploy/proc.json'),
    files: { 'deploy/proc.json': OWN({ environment: secretVariable }) },
  },
  {
    where: 'the sidecar of a task definition of one’s own',
    refused: 'plan',
    environment: proc('task_definition: deploy/proc.json'),
    files: { 'deploy/proc.json': OWN({}, { environment: secretVariable }) },
  },
  {
    where: 'the command of a task definition of one’s own',
    refused: 'plan',
    environment: proc('task_definition: deploy/proc.json'),
    files: { 'deploy/proc.json': OWN({ command: ['serve', `--token=${CANARY}`] }) },
  },
  {
    where: 'a task definition of one’s own that is no JSON',
    refused: 'plan',
    environment: proc('task_definition: deploy/proc.json'),
    files: { 'deploy/proc.json': `{"family": "x", "password": "${CANARY}` },
  },
  {
    where: 'a key of a task definition of one’s own',
    refused: 'plan',
    environment: proc('task_definition: deploy/proc.json'),
    files: { 'deploy/proc.json': OWN({ environment: [{ name: 'DB_HOST', value: CANARY }] }) },
  },
  {
    where: 'a task definition that runs and goes on running',
    refused: 'plan',
    first: false,
    environment: proc('task_definition: running, family: old-chat-proc, container: old-chat-proc'),
    running: secretVariable,
  },
  {
    where: 'what runs, as plain text, which the deploy replaces',
    refused: 'fine',
    running: [{ name: 'OPENAI_API_KEY', value: CANARY }],
  },
  {
    where: 'what runs and the platform never reads',
    refused: 'fine',
    running: [
      { name: 'DB_PASSWORD', value: CANARY },
      { name: 'GATEWAY_CONFIG_JSON', value: `{"tenant":"acme","password":"${CANARY}"}` },
      { name: 'METRICS_PROM_PUSHGATEWAY_URL', value: `http://user:${CANARY}@push.example` },
    ],
  },
  {
    where: 'the machine: variables, docker’s logins, the remote of git',
    refused: 'fine',
    machine(ours) {
      process.env.MY_SECRET = process.env.GITHUB_TOKEN = process.env.NX_CLOUD_ACCESS_TOKEN = CANARY;
      const docker = ours.box.folder('docker');
      const auth = Buffer.from(`user:${CANARY}`).toString('base64');
      fs.writeFileSync(path.join(docker, 'config.json'), JSON.stringify({ auths: { [ours.registry.host]: { auth } } }));
      process.env.DOCKER_CONFIG = docker;
      fs.appendFileSync(
        path.join(ours.root, '.git/config'),
        `[remote "origin"]\n\turl = https://user:${CANARY}@git.example/acme.git\n`,
      );
    },
  },
];

/** A folder of compose, as an import reads it: a secret wherever one may stand. */
export const COMPOSE: Record<string, string> = {
  'host/.env': `TOKEN=${CANARY}\nTAG=1\n`,
  'host/.env.ingress': `OPENAI_API_KEY=${CANARY}\nREDIS_URL=redis://:${CANARY}@redis:6379/0\nGATEWAY_CONFIG_JSON='{"tenant":"acme","token":"${CANARY}"}'\n`,
  'host/compose.yaml': `services:
  chat-proc:
    image: registry.example/acme/proc:\${TAG}
    command: ["serve", "--token=\${TOKEN}"]
    environment: { ANTHROPIC_API_KEY: "\${TOKEN}", COLOUR: "${CANARY}" }
    labels: { token: "${CANARY}" }
    volumes: ["/srv/\${TOKEN}:/srv", "cache:/\${TOKEN}"]
    container_name: "\${TOKEN}"
    env_file: ["\${TOKEN}"]
    healthcheck: { test: ["CMD", "curl", "-H", "token: \${TOKEN}", "http://localhost:8020/\${TOKEN}"] }
`,
};
