// Releases on a host with docker compose, on a real engine: deploys and a change of one service on this machine; then, over a real ssh where an sshd can be started, a changed bundle, a failure that is rolled back, and a rollback without the registry.
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { type Sshd, sshdMissing, startSshd } from '../packages/nx/testing/hosts/sshd';
import { HARD_VALUES } from '../packages/release/testing/hard-values';
import { type Engine, pushPlatform, testWithEngine } from './support/engine';
import { codesOf } from './support/problem';
import { freshFolder, must } from './support/run';
import { type Workspace, makeWorkspace, PLATFORM_REF } from './support/workspace';

jest.setTimeout(300_000);

const README = 'bundles/my-bundle/README.md';
const PROC = 'kdcube-chat-proc-bundled';
const SLEEP = ['python', '-c', 'import time; time.sleep(1e9)'];

let workspace: Workspace;
let env: Record<string, string>;
let host: string;
let project: string;
let engine: Engine;
let front: Front;
let sshd: Sshd | undefined;

/** A port of this machine that leads to the registry, and can be closed. */
interface Front {
  address: string;
  close(): void;
}

async function openFront(target: string): Promise<Front> {
  const [name, port] = target.split(':');
  const open = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    const other = net.connect(Number(port), name);
    for (const each of [socket, other]) each.on('error', () => undefined).on('close', () => open.delete(each));
    open.add(socket).add(other);
    socket.pipe(other).pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${(server.address() as net.AddressInfo).port}`,
    close() {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}

async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** The compose file of the host, as ops have it: it builds images, and mounts folders over the bundles. */
function composeFile(image: string, port: number): string {
  const serve = `import sys, glob, http.server
text = open(glob.glob("/bundles/*/README.md")[0]).read()
if "broken" in text: sys.exit("KeyError: the bundle is broken")
http.server.test(http.server.SimpleHTTPRequestHandler, port=${port}, bind="127.0.0.1")`;
  const service = { network_mode: 'host', init: true, restart: 'no' };
  return JSON.stringify({
    services: {
      redis: { ...service, image, command: SLEEP },
      'postgres-setup': {
        ...service,
        image: 'kdcube-postgres-setup:latest',
        command: ['python', '-c', 'print("the schema")'],
        depends_on: ['redis'],
      },
      'chat-proc': {
        ...service,
        image: 'chat-proc:latest',
        build: '.',
        container_name: 'chat-proc',
        env_file: ['.env.proc'],
        command: ['python', '-c', serve],
        volumes: ['./config:/config', '${HOST_BUNDLES_PATH?}:/bundles'],
        depends_on: { 'postgres-setup': { condition: 'service_completed_successfully' } },
      },
      metrics: { ...service, image: 'metrics:latest', command: SLEEP },
    },
  }).replaceAll('$', (dollar, at: number, text: string) => (text.startsWith('${HOST', at) ? dollar : '$$'));
}

function environment(image: string, port: number, more = ''): string {
  return `target: compose
registry: "${env.KDCUBE_REGISTRY}"
tenant: acme
project: demo
compose: { project: ${project}, directory: ${host}, keep: 4 }
exec: { runtime: docker, image: "${image}", workspace: ${host}/exec }
services:
  postgres-setup: { component: postgres-setup, image: "${image}", stop_timeout: 1 }
  chat-proc: { component: proc, image: ${PROC}, port: ${port}, health: { path: /, tool: python, interval: 5, timeout: 5, retries: 2 }, stop_timeout: 1 }
  metrics: { component: other, image: "${image}", stop_timeout: 1, env: ${JSON.stringify(HARD_VALUES).replaceAll('${', () => '$${')} }
${more}`;
}

async function setUp(given: Engine): Promise<void> {
  engine = given;
  front = await openFront(engine.registry);
  const prefix = `${front.address}/e2e-compose-${process.pid}`;
  project = `kd-e2e-${process.pid}`;
  host = freshFolder('host');
  env = { ...engine.env, KDCUBE_REGISTRY: prefix };
  const digests = await pushPlatform(engine, prefix, PLATFORM_REF);
  const image = `${prefix}/kdcube-chat-proc@${digests['kdcube-chat-proc']}`;
  const port = await freePort();
  fs.mkdirSync(path.join(host, 'config'));
  fs.writeFileSync(path.join(host, 'docker-compose.yaml'), composeFile(image, port));
  fs.writeFileSync(path.join(host, '.env'), 'HOST_BUNDLES_PATH=/nowhere\n');
  workspace = await makeWorkspace();
  await workspace.mustNx('g @kdcube/nx:bundle my-bundle');
  await workspace.mustNx('sync', { env });
  workspace.commit('Add my-bundle', { 'environments/host.yaml': environment(image, port) });
}

async function docker(...args: string[]): Promise<string> {
  return (await must('docker', args, { env: engine.env })).stdout.trim();
}

/** The container of each service of the project. */
async function containers(): Promise<Record<string, string>> {
  const format = '{{.Label "com.docker.compose.service"}} {{.ID}}';
  const lines = await docker('ps', '--filter', `label=com.docker.compose.project=${project}`, '--format', format);
  return Object.fromEntries(lines.split('\n').map((line) => line.split(' ') as [string, string]));
}

async function release(name: string): Promise<void> {
  const text = workspace.read('release.yaml').replace(/^(?:# )?release_name: .*$/m, `release_name: "${name}"`);
  workspace.commit(name, { 'release.yaml': text, [README]: `${name}\n` });
  await workspace.mustNx(`run ${PROC}:docker-push`, { env });
}

/** From here on the environment names the same machine by ssh: an unprivileged user owns the folder, and may use the engine. */
async function moveToSsh(): Promise<void> {
  sshd = await startSshd({ engine: path.resolve(engine.env.DOCKER_HOST!.replace('unix://', ''), '../..') });
  // Its ssh, with a configuration of its own.
  env.PATH = `${sshd.folder}/bin:${env.PATH}`;
  const user = fs.statSync(path.join(sshd.folder, 'home')).uid;
  for (const name of ['', ...(fs.readdirSync(host, { recursive: true }) as string[])])
    fs.lchownSync(path.join(host, name), user, user);
  for (let folder = path.dirname(host); folder !== os.tmpdir() && folder !== '/'; folder = path.dirname(folder))
    fs.chmodSync(folder, 0o711);
  const text = workspace.read('environments/host.yaml');
  workspace.commit('Reach the host by ssh', {
    'environments/host.yaml': text.replace('compose: {', `compose: { host: "${sshd.host}",`),
  });
}

afterAll(async () => {
  await sshd?.stop();
  if (!engine) return;
  front.close();
  await docker('compose', '--project-name', project, 'down', '--timeout', '0').catch(() => undefined);
  const tags = await docker(
    'images',
    '--format',
    '{{.Repository}}:{{.Tag}}',
    '--filter',
    `reference=localhost/kdcube/${project}/*`,
  );
  if (tags !== '') await docker('rmi', ...tags.split('\n'));
});

// The tests of this file depend on each other.
testWithEngine(
  'the first deploy on a host: what the services depend on, the database, and every value byte for byte',
  async (given) => {
    await setUp(given);
    await release('one');
    const { output } = await workspace.mustNx('run release:deploy:host', { env });
    expect(output).toMatch(/^deployed {4}host {2}one, recorded as host\.one\.1 /m);
    expect(Object.keys(await containers()).sort()).toEqual(['chat-proc', 'metrics', 'redis']);
    const { metrics } = await containers();
    const names = Object.keys(HARD_VALUES);
    const script = `import os, json; print(json.dumps({n: os.environ.get(n) for n in ${JSON.stringify(names)}}))`;
    expect(JSON.parse(await docker('exec', metrics!, 'python', '-c', script))).toEqual(HARD_VALUES);
    expect(fs.readFileSync(path.join(host, 'config/bundles.yaml'), 'utf8')).toContain('my-bundle');
    const copies = path.join(host, '.kdcube/bundles');
    const [folder] = fs.readdirSync(copies);
    expect(fs.readFileSync(path.join(copies, folder!, 'my-bundle/README.md'), 'utf8')).toBe('one\n');
  },
);

testWithEngine('the same again changes nothing; another bundle replaces only proc', async () => {
  const before = await containers();
  expect((await workspace.mustNx('run release:deploy:host', { env })).output).toMatch(/^unchanged {3}host {2}one /m);
  await release('two');
  await workspace.mustNx('run release:deploy-compose:host', { env });
  const { 'chat-proc': proc, ...others } = await containers();
  expect(proc).not.toBe(before['chat-proc']);
  expect(others).toEqual({ metrics: before.metrics, redis: before.redis });
});

testWithEngine('a changed variable replaces only its service', async () => {
  const before = await containers();
  const text = workspace.read('environments/host.yaml').replace('"PLAIN":"', '"PLAIN":"x');
  workspace.commit('Another variable', { 'environments/host.yaml': text });
  const plan = await workspace.mustNx('run release:plan:host', { env });
  expect(plan.output).toContain('env: ~PLAIN');
  await workspace.mustNx('run release:deploy:host --plan=dist/plan/host.json', { env });
  const { metrics, ...others } = await containers();
  expect(metrics).not.toBe(before.metrics);
  expect(others).toEqual({ 'chat-proc': before['chat-proc'], redis: before.redis });
});

const missing = sshdMissing();
const testOverSsh =
  missing === undefined ? testWithEngine : (name: string) => test.skip(`${name} (skipped: ${missing})`, () => {});

testOverSsh('the same host over ssh: nothing changes; another bundle replaces only proc; what runs is shown', async () => {
  await moveToSsh();
  const before = await containers();
  expect((await workspace.mustNx('run release:deploy:host', { env })).output).toMatch(/^unchanged {3}host {2}two /m);
  await release('by-ssh');
  const { output } = await workspace.mustNx('run release:deploy:host', { env });
  expect(output).toMatch(/^deployed {4}host {2}by-ssh, recorded as host\.by-ssh\.1 /m);
  const { 'chat-proc': proc, ...others } = await containers();
  expect(proc).not.toBe(before['chat-proc']);
  expect(others).toEqual({ metrics: before.metrics, redis: before.redis });
  expect(fs.existsSync(path.join(host, '.kdcube/lock'))).toBe(false);
  expect((await workspace.mustNx('run release:logs:host --service=chat-proc', { env })).output).toContain('Serving HTTP on');
});

testWithEngine('a release that crashes is rolled back, with its log; status shows what runs', async () => {
  const image = async () => docker('inspect', '--format', '{{.Config.Image}}', (await containers())['chat-proc']!);
  const before = await image();
  await release('broken');
  const ran = await workspace.nx('run release:deploy:host --json', { env });
  expect([ran.exitCode, ran.stderr]).toEqual([1, expect.stringContaining('KeyError: the bundle is broken')]);
  expect(ran.stdout).toContain('"verdict":"rolled-back","exitCode":12,"code":"container-crashed"');
  expect(await image()).toBe(before);
  const status = await workspace.mustNx('run release:status:host', { env });
  expect(status.output).toMatch(/host: (?:two|by-ssh), since [^]*chat-proc [^]*the last attempt, broken/);
});

testWithEngine('docs/compose.md at 2 a.m.: what runs, its log, and a container that died is started again', async () => {
  const compose = (args: string) =>
    must('docker', `compose --file docker-compose.yaml --file .kdcube/compose.yaml ${args}`.split(' '), {
      cwd: host,
      env: engine.env,
    });
  const { 'chat-proc': proc } = await containers();
  await docker('stop', '--time', '1', proc!);
  expect((await compose('ps --all')).stdout).toMatch(/chat-proc.*Exited/);
  expect((await workspace.nx('run release:status:host', { env })).output).toContain('chat-proc: has a container that is exited');
  await compose('up --detach --no-deps --no-build chat-proc');
  expect((await containers())['chat-proc']).toBe(proc);
  expect((await compose('logs --tail 50 chat-proc')).stdout).toContain('Serving HTTP on 127.0.0.1');
});

testWithEngine('rollback by name, with the registry stopped', async () => {
  front.close();
  const { output } = await workspace.mustNx('run release:rollback:host --to=one', { env });
  expect(output).toMatch(/^deployed {4}host {2}one {2}/m);
  expect(codesOf(await workspace.nx('run release:rollback:host --to=gone', { env }))).toEqual(['release-not-found']);
});
