import * as fs from 'node:fs';
import * as path from 'node:path';
import { type FakeSsh, fakeSsh } from '../../../../testing/hosts/fake-ssh';
import { resetStop } from '../../../system/programs/signals';
import { withHost } from './host';
import { checkHost } from './preflight';

let ssh: FakeSsh;
beforeEach(() => {
  ssh = fakeSsh();
  docker({});
});
afterEach(() => {
  ssh.remove();
  resetStop();
});

/** A docker whose commands print what is given; `fails` is written to stderr by all of them. */
function docker({ version = 'amd64', compose = '2.29.1', containers = '', fails = '' }): void {
  const script = `#!/bin/sh
if [ -n "${fails}" ]; then echo "${fails}" >&2; exit 1; fi
case $1 in
  version) echo '${version}' ;;
  info) echo / ;;
  compose) [ -n '${compose}' ] || { echo "docker: 'compose' is not a docker command." >&2; exit 1; }; echo '${compose}' ;;
  ps) printf '${containers}' ;;
esac`;
  fs.writeFileSync(path.join(ssh.folder, 'docker'), script, { mode: 0o755 });
  fs.writeFileSync(
    path.join(ssh.folder, 'df'),
    `#!/bin/sh\necho 'Filesystem 1024-blocks Used Available Capacity Mounted on'\necho '/dev/sda1 99999999 1 9765625 1% /'`,
    {
      mode: 0o755,
    },
  );
}

const needs = (over: object = {}) => ({
  directory: ssh.folder,
  project: 'kdcube-prod',
  architectures: ['amd64'],
  ports: [],
  ...over,
});
const problemsOf = (over?: object, now?: () => number) =>
  withHost('ssh://deploy@kdcube.example.com', (host) => checkHost(host, needs(over), now)).then(
    () => [],
    (error) => error.problems as { code: string; message: string }[],
  );

it('passes, and returns what it found', async () => {
  const results = await withHost('ssh://deploy@kdcube.example.com', (host) => checkHost(host, needs()));
  expect(results.map(({ check, status, detail }) => [check, status, detail])).toEqual([
    ['host-compose', 'pass', 'has docker compose 2.29.1'],
    ['host-architecture', 'pass', 'is amd64'],
    ['host-folder', 'pass', `has ${ssh.folder}`],
    ['host-disk', 'pass', 'has 10.0 GB free in /'],
    ['host-clock', 'pass', 'has the right time'],
  ]);
});

it('has one problem without docker', async () => {
  fs.chmodSync(path.join(ssh.folder, 'docker'), 0o644);
  const before = process.env.PATH;
  process.env.PATH = `${ssh.folder}:/usr/bin:/bin`;
  try {
    expect(await problemsOf()).toMatchObject([
      { code: 'host-not-ready', message: expect.stringContaining('There is no docker on ssh://') },
    ]);
  } finally {
    process.env.PATH = before;
  }
});

it.each([
  [
    'host-denied',
    'permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock',
    'not in the group',
  ],
  [
    'host-not-ready',
    'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?',
    'docker does not run on ssh://',
  ],
])('with a docker that does not answer: %s', async (code, fails, message) => {
  docker({ fails });
  expect(await problemsOf()).toMatchObject([{ code, message: expect.stringContaining(message) }]);
});

it('refuses an old compose, a missing folder, another architecture and a wrong clock, all at once', async () => {
  docker({ compose: '2.24.3' });
  const problems = await problemsOf(
    { directory: path.join(ssh.folder, 'none'), architectures: ['arm64'] },
    () => Date.now() + 3_600_000,
  );
  expect(problems.map(({ message }) => message)).toEqual([
    expect.stringContaining('has docker compose 2.24.3, and 2.24.4 or newer is needed'),
    expect.stringContaining('is amd64, and services are arm64'),
    expect.stringContaining('has no folder'),
    expect.stringMatching(/has a clock that is 3\d{3} s behind this machine’s/),
  ]);
  docker({ compose: '' });
  expect(await problemsOf()).toMatchObject([{ message: expect.stringContaining('has no docker compose') }]);
});

it('refuses a port that another container or program has, not one of its own project', async () => {
  docker({
    containers:
      'web\\tkdcube-prod\\t0.0.0.0:80->8080/tcp, [::]:80->8080/tcp\\nother\\tshop\\t127.0.0.1:8010-8012->8010-8012/tcp\\n',
  });
  const ports = [80, 8011, 9].map((port) => ({ port, service: `service-${port}` }));
  expect((await problemsOf({ ports })).map(({ message }) => message)).toEqual([
    'The port 8011 of service-8011 is taken by the container other.',
  ]);
});
