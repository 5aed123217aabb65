import { type FoundFolder, foundInCompose } from './compose';

const DIGEST = 'sha256:<DIGEST>';

function found(files: Record<string, string>): FoundFolder {
  const folder = { list: () => Object.keys(files).filter((file) => !file.includes('/')), read: (file: string) => files[file] };
  return foundInCompose(folder, { directory: '/opt/kdcube', home: '/home/me', files: [], profiles: [] });
}
const one = (lines: string, files: Record<string, string> = {}) =>
  found({ 'compose.yaml': `services:\n  chat-proc:\n    image: r.example/x@sha256:${'ab'.repeat(32)}\n${lines}`, ...files });
const lines = ({ notes }: FoundFolder) =>
  notes.map(({ subject, message, at }) => `${subject} ${at?.file}:${at?.line} ${message}`);

test('an env file of another folder is read, and one that is not there is named', () => {
  const { services, notes } = one(
    '    env_file:\n      - { path: ./config/app.env, required: false }\n      - { path: ../up.env }\n      - { path: /etc/kd/x.env, required: false }\n      - none.env\n      - { path: ~/gone.env, required: false }\n',
    { 'config/app.env': 'A=1\n', '/opt/up.env': 'B=2\n', '/etc/kd/x.env': 'C=3\n' },
  );
  expect(services[0]!.env).toEqual({ A: '1', B: '2', C: '3' });
  expect(notes.map(({ message }) => message)).toEqual([
    'none.env cannot be read: it was left out',
    '/home/me/gone.env is optional and not there: it was left out',
  ]);
});

test('included and extended files have relative paths of their own folder, and an included one its own .env', () => {
  const { services } = found({
    '.env': 'A=outer\n',
    'compose.yaml':
      'include: [{ path: [sub/compose.yaml, sub/more.yaml] }]\nservices: { proc: { extends: { file: deep/base.yaml, service: b } } }\n',
    'sub/.env': 'A=inner\nB=inner\n',
    'sub/compose.yaml': 'services: { x: { image: x, environment: ["A=$A", "B=$B"], volumes: ["./v:/v"] } }\n',
    'sub/more.yaml': 'services: { x: { environment: [C=3], volumes: [{ type: bind, source: w, target: /w }] } }\n',
    'deep/base.yaml': 'services: { b: { image: b, env_file: b.env, volumes: ["../v:/v"] } }\n',
    'deep/b.env': 'D=4\n',
  });
  expect(services.map(({ name, env, rest }) => [name, env, rest.mounts])).toEqual([
    ['x', { A: 'outer', B: 'inner', C: '3' }, { '/v': { host: '/opt/kdcube/sub/v' }, '/w': { host: '/opt/kdcube/sub/w' } }],
    ['proc', { D: '4' }, { '/v': { host: '/opt/kdcube/v' } }],
  ]);
});

test.each([
  ['022', '18'],
  ['1_000', '1000'],
  ['1.10', '1.1'],
  ['2026-01-01', '2026-01-01 00:00:00 +0000 UTC'],
  ['True', 'true'],
  ['1000000.0', '1e+06'],
])('%s is %s for compose: a note says that the text is another one', (written, value) => {
  const folder = one(`    environment:\n      UMASK: ${written}\n      SAME: "${written}"\n`);
  expect(folder.services[0]!.env).toEqual({ UMASK: value, SAME: written });
  expect(lines(folder)).toEqual([
    'chat-proc UMASK compose.yaml:5 is not the text that is written: compose reads it as a number, a date or a boolean',
  ]);
});

test.each(['123456789012345678', '18446744073709551615', '-5', '0.5', 'true', 'yes', '1:30', '1.2.3'])(
  '%s stays as it is written',
  (text) => {
    const folder = one(`    environment: { A: ${text} }\n`);
    expect([folder.services[0]!.env, folder.notes]).toEqual([{ A: text }, []]);
  },
);

test('an env file with the name of a compose service does not replace it', () => {
  const folder = found({
    'compose.yaml': `services: { metrics: { image: "r.example/m@sha256:${'ab'.repeat(32)}", scale: 2, environment: [A=1] }, postgres-setup: { image: p }, a.b: { image: p }, a-b: { image: q } }`,
    '.env.metrics': 'A=2\n',
    '.env.postgres.setup': 'B=2\n',
    '.env.proc': 'C=3\n',
  });
  expect(folder.services.map(({ name, env, rest }) => [name, env, rest])).toEqual([
    ['metrics', { A: '1' }, { count: 2 }],
    ['postgres-setup', {}, {}],
    ['a-b', {}, { service_name: 'a.b' }],
    ['a-b-2', {}, { service_name: 'a-b' }],
    ['proc', { C: '3' }, {}],
  ]);
  expect(lines(folder).filter((line) => !line.includes(' image '))).toEqual([
    '.env.metrics .env.metrics:undefined is not named by an env_file of the compose service metrics: it was left out',
    '.env.postgres.setup .env.postgres.setup:undefined is not named by an env_file of the compose service postgres-setup: it was left out',
    'a-b undefined:undefined has the name a-b-2 in the environment: another service is a-b there',
  ]);
});

test.each([
  ['proc: { build: . }', `docker.io/kdcube/kdcube-chat-proc@${DIGEST}`, 'is missing'],
  [
    'chat-ingress: { image: "kdcube-chat-ingress:latest", build: ../x }',
    `docker.io/kdcube/kdcube-chat-ingress@${DIGEST}`,
    'is built on the host',
  ],
  ['web-ui: { image: kdcube-web-ui }', `docker.io/kdcube/kdcube-web-ui@${DIGEST}`, 'is built on the host'],
  ['kb: { image: my-kb, build: . }', `<REGISTRY>/my-kb@${DIGEST}`, 'is built on the host'],
  ['kb: { build: . }', `<REGISTRY>/kb@${DIGEST}`, 'is missing'],
  ['proc: { image: "r.example/acme/proc:1", build: . }', `r.example/acme/proc@${DIGEST}`, 'has no digest'],
  ['redis: { image: "redis:7" }', `docker.io/library/redis@${DIGEST}`, 'has no digest'],
])('the image of %s', (service, image, message) => {
  const { services, notes } = found({ 'compose.yaml': `services: { ${service} }` });
  expect(services[0]!.image).toBe(image);
  expect(notes.find(({ reason }) => reason === 'image')!.message).toContain(message);
});

test('tags of compose, and the folder of the user', () => {
  const folder = found({
    'compose.yaml':
      'services:\n  proc: { image: a, volumes: ["~/.aws:/root/.aws:ro", "~:/home", "data:/data"], scale: 3 }\n  gone: { image: b }\n',
    'compose.override.yaml':
      'services:\n  proc: { scale: !reset null, volumes: !override ["./x:/x", "~/.aws:/root/.aws"] }\n  gone: !reset null\n',
  });
  expect(folder.services.map(({ name, rest }) => [name, rest])).toEqual([
    ['proc', { mounts: { '/x': { host: '/opt/kdcube/x' }, '/root/.aws': { host: '/home/me/.aws' } } }],
  ]);
});

test('a second document is refused in words of compose', () => {
  expect(() => found({ 'compose.yaml': 'services: { a: { image: x } }\n---\nservices: {}\n' })).toThrow(
    'Compose merges the documents',
  );
});
