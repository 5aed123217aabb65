import { environmentOf, IMAGES } from '../../testing/environments';
import { thrownProblem } from '../../testing/thrown-problem';
import { planDescriptor } from '../descriptor/descriptor';
import { mustReadRelease } from '../release/read';
import { descriptorOptions } from './bundles';
import { renderEnv } from './env';

const CURRENT = '2026.08.19.120';
const SSH = 'git@git.example.com:acme/bundles.git';
const HTTPS = 'https://git.example.com/acme/bundles.git';
const KEY = 'git: { ssh_key: /keys/key, known_hosts: /keys/hosts }';
const DOCKER = 'exec: { runtime: docker, image: kdcube-exec-bundled, workspace: /work }';
const FARGATE = 'exec: { runtime: fargate, image: kdcube-exec-bundled }';

interface Case {
  ref?: string;
  repo?: string;
  /** Keys of `bundles:` and of the environment, and of proc. */
  git?: string;
  more?: string;
  proc?: string;
}

function render({ ref = CURRENT, repo = SSH, git = '', more = '', proc = '' }: Case) {
  const services = `services:\n  chat-proc: { component: proc, image: kdcube-chat-proc-bundled${proc} }`;
  const environment = environmentOf(`bundles: { mode: git${git && `, ${git}`} }\n${more}\n${services}`);
  const text = `platform: {ref: "${ref}"}\nbundles: {items: [{id: a, repo: "${repo}", ref: v1, subdir: b}, {id: c, repo: "${repo}", ref: v1, subdir: b}]}`;
  const { release } = mustReadRelease(text, 'release.yaml', { mode: 'git' });
  const descriptor = planDescriptor(release, new Map(), descriptorOptions(environment));
  return renderEnv({ environment, release, descriptor, images: IMAGES });
}

const TOKEN = ', secrets: { GIT_HTTP_TOKEN: "secretsmanager:git-token" }';
const SECURE = { git: KEY, proc: ', mounts: { /keys: { efs: fs-0123abcd } }' };

test.each<[string, Case, string, RegExp]>([
  ['an ssh URL and no key', {}, 'git-credentials', /"a" is cloned from git@.* over ssh, but chat-proc has no key/],
  ['an ssh URL, a key and no known hosts', { git: 'git: { ssh_key: /keys/key }' }, 'git-credentials', /no known_hosts/],
  [
    'a token on a platform that reads none',
    { ref: '2026.3.5.1', repo: HTTPS, proc: TOKEN },
    'git-credentials',
    /since 2026\.3\.6\.2011/,
  ],
  [
    'a token and an ssh URL with a port',
    { repo: 'ssh://git@git.example.com:2222/a/b', proc: TOKEN },
    'git-credentials',
    /GIT_HTTP_TOKEN only for/,
  ],
  [
    'a repository of this machine',
    { repo: 'file:///srv/bundles.git' },
    'git-credentials',
    /on this machine: chat-proc cannot reach it/,
  ],
  ['a server of this machine', { repo: 'http://127.0.0.1:3000/b.git' }, 'git-credentials', /on this machine/],
  ['an image without git', { ...SECURE, ref: 'v0.3.2' }, 'git-missing', /its image has no git/],
  ['docker without a folder of the host', { ...SECURE, more: DOCKER }, 'git-exec', /clones them into the container/],
  [
    'docker and another folder of the host, on an early platform',
    { ref: '2026.4.1', git: KEY, more: DOCKER, proc: ', mounts: { /bundles: { host: /opt/b }, /keys: { host: /k } }' },
    'git-exec',
    /looks for \/opt\/b in the container/,
  ],
])('refused: %s', (_, options, code, message) => {
  // A socket, so that docker can run at all.
  const problem = thrownProblem(() => render(options.more === DOCKER ? withSocket(options) : options));
  expect(problem.code).toBe(code);
  expect(problem.message.replaceAll('"chat-proc"', 'chat-proc')).toMatch(message);
  expect(problem.hint).toBeDefined();
});

function withSocket(options: Case): Case {
  const socket = '/var/run/docker.sock: { host: /var/run/docker.sock }';
  const proc = options.proc?.replace('mounts: {', `mounts: { ${socket},`) ?? `, mounts: { ${socket} }`;
  return { ...options, proc };
}

test.each<[string, Case, string[]]>([
  ['a key in a mount', SECURE, []],
  ['a key that no mount has', { git: KEY }, ['git-credentials', 'git-credentials']],
  ['a token for https', { repo: HTTPS, proc: TOKEN }, []],
  ['a token, with which the platform clones git@host:path over https', { proc: TOKEN }, []],
  ['no token for https', { repo: HTTPS }, ['git-credentials']],
  ['a command of its own', { proc: ', env: { GIT_SSH_COMMAND: "ssh -i /k" }' }, []],
  [
    'trust in the first answer of a host',
    {
      git: 'git: { ssh_key: /keys/key }',
      proc: ', env: { GIT_SSH_STRICT_HOST_KEY_CHECKING: accept-new }, mounts: { /keys: { efs: fs-0123abcd } }',
    },
    [],
  ],
  ['code on Fargate, which gets the bundles from proc', { ...SECURE, more: FARGATE }, []],
])('accepted: %s', (_, options, notes) => {
  const codes = render(options).notes.map(({ code }) => code);
  expect(codes.filter((code) => code.startsWith('git-'))).toEqual(notes);
});

test('a token in plain text is refused', () => {
  expect(
    thrownProblem(() => render({ repo: HTTPS, proc: ', env: { GIT_HTTP_TOKEN: ghp_0123456789abcdefghijABCDEFGHIJ012345 }' }))
      .code,
  ).toBe('secret-value');
});

test.each<[string, string, string, Record<string, string>]>([
  ['an early platform, without a mount', '2026.4.1', '', { AGENTIC_BUNDLES_ROOT: '/tmp/kdcube-bundles' }],
  [
    'an early platform, with a mount',
    '2026.4.1',
    ', mounts: { /bundles: { efs: fs-0123abcd } }',
    { AGENTIC_BUNDLES_ROOT: '/bundles' },
  ],
  ['a later platform, without a mount', CURRENT, '', { MANAGED_BUNDLES_ROOT: '/tmp/kdcube-bundles', BUNDLES_ROOT: '/bundles' }],
  [
    'a later platform, with a mount',
    CURRENT,
    ', mounts: { /managed-bundles: { efs: fs-0123abcd } }',
    { MANAGED_BUNDLES_ROOT: '/managed-bundles' },
  ],
])('proc clones into a folder that it can write: %s', (_, ref, proc, expected) => {
  expect(render({ ref, repo: HTTPS, proc }).services[0]!.env).toMatchObject(expected);
});

test('docker is told where the clones are on the host', () => {
  const mounts = ', mounts: { /managed-bundles: { host: /opt/kdcube/managed } }';
  expect(render(withSocket({ repo: HTTPS, more: DOCKER, proc: mounts })).services[0]!.env).toMatchObject({
    HOST_MANAGED_BUNDLES_PATH: '/opt/kdcube/managed',
  });
});
