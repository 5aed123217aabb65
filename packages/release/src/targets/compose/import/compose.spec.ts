import { KdcubeError } from '../../../problem/problem';
import { readFixture } from '../../../../testing/compose';
import { textFiles } from '../../../../testing/environments';
import { readEnvironment } from '../../../environment/read-environment';
import { composePlace, foundInCompose, type FoundFolder } from './compose';
import { COMPOSE_KEYS } from '../compose-file/compose-keys';
import { importEnvironment } from '../../../import/environment';
import { IMPORT_REASONS } from '../../../import/reasons';

const CANARY = 'cAnArY9x7Q2mZ4kW8pL1vB3nTd';

function found(files: Record<string, string>, more: { files?: string[]; profiles?: string[] } = {}): FoundFolder {
  const folder = { list: () => Object.keys(files), read: (file: string) => files[file] };
  return foundInCompose(folder, { directory: '/opt/kdcube', files: more.files ?? [], profiles: more.profiles ?? [] });
}

const one = (lines: string, env = '') =>
  found({ 'compose.yaml': `services:\n  proc:\n    image: r.example/acme/proc:1\n${lines}`, '.env': env });
const noted = ({ notes }: FoundFolder) => notes.map(({ subject, reason }) => `${subject}: ${reason}`);
const placed = ({ notes }: FoundFolder) => notes.map(({ subject, at }) => `${subject} ${at?.file}:${at?.line}`);

function problems(run: () => unknown): string[] {
  try {
    run();
  } catch (error) {
    return (error as KdcubeError).problems.map(({ code, at }) => `${code} ${at?.file ?? ''}:${at?.line ?? ''}`);
  }
  return [];
}

test('everything that cannot be imported gets a note with its place', () => {
  const folder = readFixture('full');
  expect(placed(folder)).toEqual([
    'networks docker-compose.yml:48',
    'optional docker-compose.yml:44',
    'redis image extras.yaml:3',
    'redis command extras.yaml:4',
    'chat-proc env_file docker-compose.yml:12',
    'chat-proc NEVER_SET docker-compose.override.yml:3',
    'chat-proc image common.yaml:3',
    'chat-proc restart docker-compose.yml:9',
    'chat-proc depends_on docker-compose.yml:31',
    'chat-proc networks docker-compose.yml:32',
    'chat-proc ulimits docker-compose.yml:33',
    'chat-proc ports docker-compose.yml:21',
    'chat-proc volumes[3] docker-compose.override.yml:5',
    'chat-ingress image docker-compose.yml:36',
    'chat-ingress restart docker-compose.yml:34',
    'chat-ingress command docker-compose.override.yml:8',
    'chat-ingress user docker-compose.yml:40',
    'chat-ingress ports docker-compose.yml:38',
  ]);
});

test('every key of a service that the environment does not have gets a note', () => {
  for (const [key, what] of Object.entries(COMPOSE_KEYS))
    if ('stays' in what)
      expect(noted(one(`    ${key}: { some: thing }\n`))).toEqual(['proc image: image', `proc ${key}: compose-key`]);
  expect(noted(one('    new_in_compose: 1\n'))).toContain('proc new_in_compose: compose-key');
  // Empty values and extension fields (x-…) need no note.
  expect(noted(one('    privileged: false\n    links: []\n    x-mine: 1\n'))).toEqual(['proc image: image']);
});

test.each([
  ['    stop_grace_period: 1h\n', 'proc stop_grace_period: compose-value', {}],
  ['    deploy: { replicas: many }\n', 'proc deploy.replicas: compose-value', {}],
  ['    deploy: { mode: global }\n', 'proc deploy.mode: compose-value', {}],
  ['    deploy: { restart_policy: {}, replicas: 2 }\n', 'proc deploy.restart_policy: compose-key', { count: 2 }],
  ['    scale: 0\n', undefined, { count: 0 }],
  ['    mem_limit: much\n', 'proc mem_limit: compose-value', {}],
  ['    cpus: 0.5\n    mem_limit: 1.5g\n', undefined, { cpu: 512, memory: 1536 }],
  ['    platform: linux/arm64\n', undefined, { architecture: 'arm64' }],
  ['    platform: linux/riscv64\n', 'proc platform: compose-value', {}],
  ['    ports: ["9000:9000"]\n', 'proc ports: compose-key', { port: 9000 }],
  ['    ports: ["80:8020", "9000:9000"]\n', 'proc ports: compose-key', {}],
  ['    healthcheck: { test: "test -f /ready" }\n', 'proc healthcheck.test: compose-value', {}],
  ['    healthcheck: { test: "curl -f http://localhost:9/x" }\n', 'proc healthcheck.test: compose-value', {}],
  [
    '    healthcheck: { interval: 1s, retries: 2, start_interval: 1s }\n',
    'proc healthcheck.interval: compose-value',
    { health: { retries: 2 } },
  ],
  [
    '    healthcheck: { test: ["CMD", "python3", "-c", "import urllib.request as r; r.urlopen(\'http://127.0.0.1:8020/health\')"] }\n',
    undefined,
    { health: { path: '/health', tool: 'python' } },
  ],
  ['    volumes: ["cache:/cache"]\n', 'proc volumes[0]: compose-value', {}],
  ['    volumes: ["/cache"]\n', 'proc volumes[0]: compose-value', {}],
  ['    volumes: ["~/x:/x", "../up:/up:z"]\n', 'proc volumes[1]: compose-key', { mounts: { '/up': { host: '/opt/up' } } }],
  ['    volumes: [{ type: tmpfs, target: /t }]\n', 'proc volumes[0]: compose-value', {}],
  ['    volumes: ["/etc/x:/etc/../x"]\n', 'proc volumes[0]: compose-value', {}],
  ['    container_name: kd-proc\n', undefined, { container: 'kd-proc' }],
])('%j', (lines, note, rest) => {
  const folder = one(lines);
  expect(folder.services[0]!.rest).toEqual(rest);
  if (note) expect(noted(folder)).toContain(note);
  else expect(noted(folder)).toEqual(['proc image: image']);
  expect(folder.notes.every(({ reason, at }) => Object.hasOwn(IMPORT_REASONS, reason) && at?.line !== undefined)).toBe(true);
});

test('services of disabled profiles get a note, and are imported with the option', () => {
  const files = { 'compose.yaml': 'services: { proc: { image: a }, metrics: { image: b, profiles: [more] } }' };
  const off = found(files);
  expect([off.services.map(({ name }) => name), off.notes.find(({ reason }) => reason === 'profile')]).toMatchObject([
    ['proc'],
    { subject: 'metrics', hint: '--profiles=more', at: { file: 'compose.yaml', line: 1 } },
  ]);
  for (const profiles of [['more'], ['*']]) expect(found(files, { profiles }).services).toHaveLength(2);
});

test('files in other folders get a note with a hint to read them', () => {
  const folder = found({
    'compose.yaml':
      'include: ["sub/compose.yaml", { path: a.yaml, project_directory: x }]\nservices:\n  proc: { image: a, extends: { file: ../up.yaml, service: b }, env_file: ../.env.up }\n',
  });
  expect(placed(folder)).toEqual([
    'include compose.yaml:1',
    'include compose.yaml:1',
    'proc extends compose.yaml:3',
    'proc env_file compose.yaml:3',
    'proc image compose.yaml:3',
  ]);
  expect(folder.notes[0]!.hint).toContain('docker compose config');
});

test.each([
  ['invalid YAML', { 'compose.yaml': 'services: [' }, 'yaml-syntax compose.yaml:'],
  ['no mapping', { 'compose.yaml': '- a' }, 'wrong-value compose.yaml:1'],
  ['services that are not a mapping', { 'compose.yaml': 'services: []' }, 'wrong-value compose.yaml:1'],
  ['a service that is not a mapping', { 'compose.yaml': 'services:\n  proc: text' }, 'wrong-value compose.yaml:2'],
  ['a brace without a name', { 'compose.yaml': 'services:\n  proc:\n    command: "cost ${5}"' }, 'wrong-value compose.yaml:3'],
  ['a key that is a number', { 'compose.yaml': 'services:\n  5: { image: a }' }, 'yaml-syntax compose.yaml:2'],
  ['a list of numbers', { 'compose.yaml': 'services:\n  proc: { environment: [5] }' }, 'wrong-value compose.yaml:2'],
  [
    'a variable that is a list',
    { 'compose.yaml': 'services:\n  proc: { environment: { A: [x] } }' },
    'wrong-value compose.yaml:2',
  ],
  ['an env file that is none', { '.env': 'A=1\nB C=2' }, 'wrong-value .env:2'],
  ['a brace that is not closed', { 'compose.yaml': 'services:\n  proc:\n    image: "${A:-x"' }, 'wrong-value compose.yaml:3'],
  ['extends itself', { 'compose.yaml': 'services:\n  proc: { extends: proc }' }, 'wrong-value compose.yaml:2'],
  [
    'extends a missing service',
    { 'compose.yaml': 'services:\n  proc: { extends: { service: x } }' },
    'wrong-value compose.yaml:2',
  ],
  ['includes itself', { 'compose.yaml': 'include: [compose.yaml]\nservices: {}' }, 'wrong-value compose.yaml:'],
  ['an alias of itself', { 'compose.yaml': 'services: &a\n  proc: *a' }, 'yaml-alias compose.yaml:'],
  ['COMPOSE_FILE names a missing file', { '.env': 'COMPOSE_FILE=prod.yaml' }, 'file-missing :'],
])('what compose rejects is a problem: %s', (_, files, problem) => {
  expect(problems(() => found(files as Record<string, string>))).toEqual([
    expect.stringMatching(new RegExp(`^${problem}`)) as string,
  ]);
});

test('aliases that expand to too much are refused', () => {
  const levels = Array.from(
    { length: 9 },
    (_, n) =>
      `x-${n}: &l${n} [${Array(10)
        .fill(n === 0 ? 'lol' : `*l${n - 1}`)
        .join(', ')}]`,
  );
  expect(problems(() => found({ 'compose.yaml': `${levels.join('\n')}\nservices: {}\n` }))).toEqual(['yaml-alias compose.yaml:']);
});

test('secrets of .env do not appear in output, wherever compose fills them in', () => {
  const env = `TOKEN=${CANARY}\nPASSWORD=${CANARY}\n`;
  const folder = one(
    '    environment: { OPENAI_API_KEY: "${TOKEN}", URL: "redis://:${PASSWORD}@redis:6379/0" }\n' +
      '    command: ["serve", "--token=${TOKEN}"]\n    container_name: "${TOKEN}"\n    volumes: ["/srv/${TOKEN}:/srv", "${TOKEN}:/x", "/a:/b:${TOKEN}", "/a:/${TOKEN}/../x"]\n' +
      '    healthcheck: { test: "curl http://localhost:8020/${TOKEN}" }\n    env_file: "${TOKEN}"\n    profiles: ["", "${TOKEN}"]\n    labels: { a: "${TOKEN}" }\n',
    env,
  );
  const imported = importEnvironment({
    name: 'host',
    target: 'compose',
    services: folder.services,
    place: composePlace('/opt/kdcube', folder),
  });
  expect(imported.text + JSON.stringify([folder.notes, imported.notes])).not.toContain(CANARY);
  for (const image of ['${TOKEN}', 'r.example/${TOKEN}/proc:1', 'r.example/x:${TOKEN}'])
    expect(JSON.stringify(found({ 'compose.yaml': `services: { proc: { image: "${image}" } }`, '.env': env }))).not.toContain(
      CANARY,
    );
  for (const bad of ['extends: "${TOKEN}"', 'extends: { file: "${TOKEN}", service: x }'])
    try {
      expect(
        JSON.stringify(found({ 'compose.yaml': `services: { proc: { image: a, ${bad} } }`, '.env': env }).notes),
      ).not.toContain(CANARY);
    } catch (error) {
      expect(String(error)).not.toContain(CANARY);
    }
});

test('an imported environment is valid once its placeholders are filled in', () => {
  for (const name of ['full', 'listed']) {
    const folder = readFixture(name);
    const { text } = importEnvironment({
      name,
      target: 'compose',
      services: folder.services,
      place: composePlace('/opt/kdcube', folder),
    });
    const ready = text.replace(/<(TENANT|PROJECT)>/g, 'alps').replaceAll('<DIGEST>', 'ab'.repeat(32));
    expect(readEnvironment('one', textFiles({ one: ready })).problems).toEqual([]);
    expect(text).toContain('registry: "registry.example/acme"');
  }
});

test('a URL with a placeholder for its password is a secret', () => {
  const folder = one('    environment: { REDIS_URL: "redis://:<REDIS_PASSWORD>@<REDIS_HOST>:6379/0" }\n');
  const { text } = importEnvironment({ name: 'host', target: 'compose', services: folder.services, place: {} });
  expect(text).toContain('REDIS_URL: "file:/opt/kdcube/secrets/redis-url"');
});

test.each([
  ['kdcube/kdcube-chat-proc:1', undefined],
  ['nginx:1', undefined],
  ['acme/kdcube-chat-proc:1', 'docker.io/acme'],
  ['registry.example:5000/kdcube-chat-proc:1', 'registry.example:5000'],
  ['ghcr.io/acme/deep/kdcube-chat-proc', 'ghcr.io/acme/deep'],
])('the registry of %s: %s', (image, registry) => {
  const folder = found({ 'compose.yaml': `services: { proc: { image: "${image}" } }` });
  expect(folder.services[0]!.registry).toBe(registry);
});

test('the registry is that of proc; images in others keep their full names and get a note', () => {
  const folder = found({
    'compose.yaml':
      'services: { ingress: { image: "a.example/x:1" }, proc: { image: "b.example/y:1" }, redis: { image: "c.example/z" } }',
  });
  const { text, notes } = importEnvironment({ name: 'host', target: 'compose', services: folder.services, place: {} });
  expect(text).toContain('registry: "b.example"');
  expect(notes).toMatchObject([
    { subject: 'registry:', reason: 'registry', message: expect.stringContaining('images of ingress are') as string },
  ]);
});
