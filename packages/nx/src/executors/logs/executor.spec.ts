import * as fs from 'node:fs';
import * as path from 'node:path';
import { parseRegistry } from '@kdcube/release/internal';
import { emptyDefinition, emptyService } from '../../../testing/aws-kit';
import { captureDeploys } from '../../../testing/deploy-kit';
import { type FakeSsh, fakeSsh } from '../../../testing/hosts/fake-ssh';
import { awsClock } from '../../aws/clock';
import { connectAws } from '../../aws/client';
import { readLogs } from '../../targets/ecs/logs/follow-log';
import { silentLog } from '../../system/log';
import { recordsOf, writeRecord } from '../../targets/records/records';
import { resetStop } from '../../system/programs/signals';
import logs from './executor';

const definition = (family: string) => ({
  ...emptyDefinition(family, {
    logConfiguration: {
      logDriver: 'awslogs',
      options: { 'awslogs-group': `/ecs/${family}`, 'awslogs-region': 'eu-central-1', 'awslogs-stream-prefix': 'ecs' },
    },
  }),
  executionRoleArn: 'arn:aws:iam::123456789012:role/execution',
});

const at = captureDeploys({
  clusters: ['acme'],
  taskDefinitions: [definition('proc-family'), definition('web-family'), emptyDefinition('mute-family')],
  services: [emptyService('proc', 'proc-family'), emptyService('web', 'web-family'), emptyService('mute', 'mute-family')],
  rules: [
    { match: { service: 'proc' }, do: { lines: ['proc is up', 'a line with \u001b[31mcolor'] } },
    { match: { service: 'web' }, do: { lines: ['web is up'] } },
  ],
});

const environment = (more = '') => `target: ecs
tenant: acme
project: demo
registry: "${at.ours.registry.host}"
ecs: { account: "123456789012", region: eu-central-1, cluster: acme, execution_role: execution }
compose: { host: "ssh://deploy@kdcube.example.com", directory: /opt/kdcube, project: kdcube }
services:
  proc: { component: other, image: "ghcr.io/acme/proc@sha256:${'ab'.repeat(32)}" }
  web: { component: other, image: "ghcr.io/acme/web@sha256:${'ab'.repeat(32)}" }
  mute: { component: other, image: "ghcr.io/acme/web@sha256:${'ab'.repeat(32)}" }
${more}`;
const read = (options: object = {}) => at.run(logs, { since: '1h', follow: false, json: false, ...options });

/** Stops the task of a service: the one that replaces it writes its lines. */
async function restart(service: string): Promise<void> {
  const { taskArns } = await at.ecs.as('ListTasks', { cluster: 'acme', serviceName: service });
  await at.ecs.as('StopTask', { cluster: 'acme', task: (taskArns as string[])[0] });
}

let ssh: FakeSsh;
beforeEach(() => {
  at.ours.commit({ 'environments/prod.yaml': environment() });
  ssh = fakeSsh();
});
afterEach(() => {
  ssh.remove();
  resetStop();
});

it('prints the lines of all services on ECS by time, and says which have no log', async () => {
  await restart('proc');
  await restart('web');
  await at.ecs.time.sleep(600_000);
  expect([await read(), at.output]).toEqual([
    true,
    expect.stringContaining('no log of mute: its container does not write to CloudWatch Logs'),
  ]);
  expect(at.output).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} web [0-9a-f]{8} {2}web is up$/m);
  expect(at.output).toMatch(/proc [0-9a-f]{8} {2}a line with \\x1b\[31mcolor$/m);
  const times = [...at.output.matchAll(/^(\d{4}\S+ \S+) (?:proc|web) /gm)].map(([, time]) => time!);
  expect(times.length).toBeGreaterThanOrEqual(3);
  expect(times).toEqual([...times].sort());
});

it('reads one service, and prints lines as JSON', async () => {
  await restart('proc');
  await restart('web');
  await at.ecs.time.sleep(600_000);
  expect(await read({ service: 'web', json: true })).toBe(true);
  expect(at.output).toMatch(/\{"event":"log","service":"web","source":"[0-9a-f]+","time":"\S+Z","text":"web is up"\}/);
  expect(at.output).not.toContain('proc is up');
});

it('has nothing to print after the lines, and refuses what is neither a time nor a release or a service', async () => {
  await at.ecs.time.sleep(7_200_000);
  expect([await read({ since: '30m' }), at.output]).toEqual([true, expect.stringContaining('nothing was written (--since=30m)')]);
  expect([await read({ since: '2026.9' }), at.output]).toEqual([false, expect.stringContaining('[release-not-found]')]);
  expect([await read({ since: '2026-99-01T00:00:00Z' }), at.output]).toEqual([false, expect.stringContaining('is not a time')]);
  expect([await read({ service: 'prox' }), at.output]).toEqual([false, expect.stringContaining('--service=proc|web|mute')]);
});

it('follows: each line once, also those that arrive later', async () => {
  const aws = await connectAws('eu-central-1', awsClock());
  const source = { service: 'proc', group: '/ecs/proc-family', prefix: 'ecs/proc-family/' };
  const texts: string[] = [];
  await restart('proc');
  const until = at.ecs.time.now() + 1_200_000;
  for await (const { text } of readLogs(aws, [source], { since: 0, follow: true, isStopped: () => at.ecs.time.now() > until })) {
    texts.push(text);
    if (texts.length === 2) await restart('proc');
  }
  aws.close();
  expect(texts).toEqual(['proc is up', 'a line with \u001b[31mcolor', 'proc is up', 'a line with \u001b[31mcolor']);
});

it('prints the lines of containers on a host, sorted', async () => {
  at.ours.commit({
    'environments/prod.yaml': environment(
      `  chat-proc: { component: other, target: compose, image: "ghcr.io/acme/proc@sha256:${'ab'.repeat(32)}" }\n`,
    ),
  });
  const script = `#!/bin/sh
echo "$PWD: $*" >"$FAKE_SSH/called"
echo 'chat-proc-2  | 2026-03-02T10:30:02.000000002Z second'
echo 'chat-proc-1  | 2026-03-02T10:30:01.000000001Z first: | with a bar'
echo 'chat-proc-1  | 2026-03-02T10:30:03.000000001Z'`;
  fs.writeFileSync(path.join(ssh.folder, 'docker'), script, { mode: 0o755 });
  expect(await read({ service: 'chat-proc', since: '2026-03-02T10:00:00Z' })).toBe(true);
  expect(at.output.split('\n').slice(0, 3)).toEqual([
    '2026-03-02 10:30:01.000 chat-proc 1  first: | with a bar',
    '2026-03-02 10:30:02.000 chat-proc 2  second',
    '2026-03-02 10:30:03.000 chat-proc 1',
  ]);
  expect(fs.readFileSync(path.join(ssh.folder, 'called'), 'utf8')).toBe(
    // Not in the user's folder, whose compose file and .env compose would read.
    '/: compose --project-name kdcube --ansi never logs --no-color --timestamps --since 2026-03-02T10:00:00.000Z --tail 20000 chat-proc\n',
  );
});

it('begins with the last deploy of a release', async () => {
  at.ours.commit({ 'environments/prod.yaml': environment().replace('target: ecs', 'target: compose') });
  fs.writeFileSync(path.join(ssh.folder, 'docker'), '#!/bin/sh\necho "$*" >"$FAKE_SSH/called"', { mode: 0o755 });
  const digest = `sha256:${'a'.repeat(64)}`;
  const record = (startedAt: string) => ({
    ...{ record: 2 as const, environment: 'prod', release: '2026.4', verdict: 'succeeded' as const, reason: '' },
    ...{ startedAt, endedAt: startedAt, bundles: [], descriptor: '{}' },
    services: { proc: { component: 'other', serviceName: 'proc', image: `r/proc@${digest}`, digest, desiredCount: 1 } },
  });
  const place = recordsOf(parseRegistry(at.ours.registry.host), silentLog);
  for (const time of ['2026-03-02T10:30:00.000Z', '2026-03-03T10:30:00.000Z']) await writeRecord(place, record(time));
  expect(await read({ since: '2026.4' })).toBe(true);
  expect(fs.readFileSync(path.join(ssh.folder, 'called'), 'utf8')).toContain('--since 2026-03-03T10:30:00.000Z ');
});

it('explains a docker that fails', async () => {
  at.ours.commit({ 'environments/prod.yaml': environment().replace('target: ecs', 'target: compose') });
  fs.writeFileSync(
    path.join(ssh.folder, 'docker'),
    "#!/bin/sh\necho 'Cannot connect to the Docker daemon. Is the docker daemon running?' >&2; exit 1",
    {
      mode: 0o755,
    },
  );
  expect([await read(), at.output]).toEqual([
    false,
    expect.stringContaining('docker does not run on ssh://deploy@kdcube.example.com'),
  ]);
});
