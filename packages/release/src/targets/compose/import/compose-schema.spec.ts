import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { foundInCompose, type FoundFolder } from './compose';

/** The names of the keys of the published schema of compose. */
const SCHEMA = JSON.parse(readFileSync(join(__dirname, '../../../../fixtures/compose-schema.json'), 'utf8')) as Record<
  'top' | 'service' | 'deploy' | 'healthcheck' | 'limits' | 'resources',
  string[]
>;

/** Values that their keys allow, where `[one]` is none of them. */
const VALUES: Record<string, string> = {
  extends: '{ service: other }',
  environment: '{ ONE: "1" }',
  env_file: '[{ path: one.env, required: true }]',
  volumes: '["/one:/one"]',
  image: 'r.example/acme/two:1',
  profiles: '[]',
  deploy: '{ replicas: 2 }',
  healthcheck: '{ test: "curl -f http://localhost:8020/x" }',
  scale: '3',
  cpus: '2',
  mem_limit: '2g',
  platform: 'linux/arm64',
  stop_grace_period: '7s',
  container_name: 'one',
  ports: '["9000:9000"]',
  attach: 'false',
  mode: 'global',
  replicas: '2',
  resources: '{ limits: { cpus: "2" } }',
  limits: '{ memory: 1g }',
  memory: '1g',
  disable: 'true',
  test: '"curl -f http://localhost:8020/x"',
  interval: '10s',
  timeout: '10s',
  start_period: '10s',
  retries: '2',
};

const files = (lines: string, top = '') => ({
  'compose.yaml': `services:\n  other: { image: "r.example/acme/other:1", environment: { X: "1" } }\n  proc:\n    image: r.example/acme/proc:1\n${lines}${top}`,
  'one.env': 'TWO=2\n',
});

function found(content: Record<string, string>): FoundFolder {
  return foundInCompose(
    { list: () => Object.keys(content), read: (file) => content[file] },
    { directory: '/opt/kdcube', files: [], profiles: [] },
  );
}

const line = (key: string) => (key === 'image' ? '' : `    ${key}: ${VALUES[key] ?? '[one]'}\n`);
const proc = (folder: FoundFolder) => folder.services.find(({ name }) => name === 'proc');
const BARE = found(files(''));

/** Whether a key of the service had an effect, or a note names it. */
function isAccounted(folder: FoundFolder, key: string): boolean {
  const { env, rest, image } = proc(folder)!;
  const bare = proc(BARE)!;
  const isSame = JSON.stringify([env, rest, image]) === JSON.stringify([bare.env, bare.rest, bare.image]);
  return !isSame || folder.notes.some(({ subject, message }) => `${subject} ${message}`.includes(key));
}

test('the schema was recorded', () => {
  expect([SCHEMA.service.length > 80, SCHEMA.top.includes('services')]).toEqual([true, true]);
});

// profiles: [] is its default, and an image is always named.
test.each(SCHEMA.service.filter((key) => !['profiles', 'image'].includes(key)))(
  'service.%s is imported, or a note names it',
  (key) => {
    expect(isAccounted(found(files(line(key))), key)).toBe(true);
  },
);

test.each(SCHEMA.deploy)('deploy.%s is imported, or a note names it', (key) => {
  expect(isAccounted(found(files(`    deploy: { ${key}: ${VALUES[key] ?? '[one]'} }\n`)), key)).toBe(true);
});

test.each(SCHEMA.resources)('deploy.resources.%s is imported, or a note names it', (key) => {
  expect(isAccounted(found(files(`    deploy: { resources: { ${key}: ${VALUES[key] ?? '{ one: 1 }'} } }\n`)), key)).toBe(true);
});

test.each(SCHEMA.limits)('deploy.resources.limits.%s is imported, or a note names it', (key) => {
  expect(isAccounted(found(files(`    deploy: { resources: { limits: { ${key}: ${VALUES[key] ?? '1'} } } }\n`)), key)).toBe(true);
});

test.each(SCHEMA.healthcheck)('healthcheck.%s is imported, or a note names it', (key) => {
  expect(isAccounted(found(files(`    healthcheck: { ${key}: ${VALUES[key] ?? '1s'} }\n`)), key)).toBe(true);
});

test.each(SCHEMA.top.filter((key) => !['services', 'version', 'name', 'include', 'volumes'].includes(key)))(
  '%s at the top is named by a note',
  (key) => {
    expect(found(files('', `${key}: { one: { name: one } }\n`)).notes.map(({ subject }) => subject)).toContain(key);
  },
);

test('all keys of a service together', () => {
  const folder = found(files(SCHEMA.service.map(line).join('')));
  expect(SCHEMA.service.filter((key) => key !== 'profiles' && !isAccounted(folder, key))).toEqual([]);
});

test.each(['command', 'entrypoint'])('%s: [] clears that of the image, so it is named', (key) => {
  expect(found(files(`    ${key}: []\n`)).notes.map(({ subject }) => subject)).toContain(`proc ${key}`);
});
