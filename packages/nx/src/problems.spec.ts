import * as fs from 'node:fs';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import * as path from 'node:path';
import {
  type ImagePlan,
  type Problem,
  type ProblemCode,
  type TreeEntry,
  type Workspace,
  applyCheck,
  bootProblems,
  checkBundleSource,
  checkRequirements,
  findProblem,
  formatProblems,
  hostCompose,
  imageProblem,
  KdcubeError,
  logGroupExists,
  newBootRound,
  parseRegistry,
  planRollback,
  planStage,
  PROBLEMS,
  readDockerfile,
  readWorkspace,
  requirePin,
  requireRelease,
  composeFailed,
  deriveProxyConfig,
  printSource,
  readBaseConfig,
  requireCurrent,
} from '@kdcube/release/internal';
import { expectGolden } from '../../../tools/testing/golden';
import { checkPinnedRef } from './workspace/bundles';
import { toProblems } from './targets/ecs/verify/results';
import { connectionLost, loginProblem } from './targets/compose/host/host-problems';
import { readinessPort } from './targets/ecs/rollout/readiness';
import { requireUnedited } from './executors/execute-host-plan';
import { historyMissing } from './git/history';
import { olderRelease } from './targets/older-release';
import { readCustomDefinitions } from './targets/ecs/plan/custom-definitions';
import { runBuild, findEngine, pushWithEngine } from './images/build/engine';
import { run } from './system/programs/exec';
import { fileProblem } from './system/files/files';
import { withLock } from './system/lock/lock';
import { nothingToContinue } from './executors/continue/problems';
import { unresolved } from './executors/validate/resolve-packages';
import { noEnvironments } from './executors/prune/problems';
import { deleteManifest } from './registry/prune/delete-manifest';
import { requireSupportedSystem } from './system/programs/supported-system';
import { requireGit } from './git/version';
import { resolveRef } from './git/mirror/resolve-ref';
import { secretProblems } from './workspace/tree-secrets';
import { openWorktree } from './git/worktree';
import { pinnedImage } from './images/plan-job';
import { silentLog } from './system/log';
import { requireRegistry } from './workspace/registries';
import { notPushed } from './images/not-pushed';
import { imageUnsigned } from './images/signatures/unsigned';
import { doesMore } from './targets/git-mode/images';
import { notPushedCommit } from './targets/git-mode/pushed';
import { readSigningKey } from './images/signatures/signing-key';
import { imageMismatch, imageUnverified } from './images/verify/verify';
import { needsEngine } from './images/build/image-source';
import { getManifest, headManifest } from './registry/manifests/manifests';
import { connect } from './registry/transport/connect';
import { setTag } from './registry/tags/set-tag';
import { GOLDEN_CODES } from '../../release/testing/rollouts/table';
import { gitSync, newRepo, sandbox, type Sandbox } from '../testing/git-kit';
import { requireBundle } from './workspace/workspace';
import { notCommitted } from './executors/tag/problems';
import { readGeneratorOptions } from './generators/read-options';
import { BundleOptions } from './generators/bundle/schema';

const GOLDENS = path.join(__dirname, '../fixtures/problems');
const READING = ['broken', 'environments/broken', 'environments/rendered'].flatMap((folder) =>
  fs.readdirSync(path.join(__dirname, '../../release/fixtures', folder)).map((file) => file.replace(/\.\w+$/, '')),
);

/** Their golden texts come from executors/deploy-ecs, which has the deploys to speak of. */
const DEPLOY_CODES = ['plan-invalid', 'release-not-found', 'release-drift'];

const FOUND = { place: `ghcr.io/acme/kdcube-exec-bundled:c-${'e'.repeat(64)}`, digest: `sha256:${'b'.repeat(64)}` };

let box: Sandbox;
let server: http.Server;
let host: string;

beforeAll(async () => {
  box = sandbox();
  // One registry for every bad answer: the repository says which.
  server = http.createServer((request, response) => {
    const repository = /secret|unmade|odd|taken/.exec(request.url!)?.[0];
    const json = { 'content-type': 'application/json' };
    const answer = (status: number, code: string, message: string) =>
      response.writeHead(status, json).end(JSON.stringify({ errors: [{ code, message }] }));
    if (repository === 'secret') return void answer(403, 'DENIED', 'requested access to the resource is denied');
    if (repository === 'unmade')
      return void answer(
        404,
        'NAME_UNKNOWN',
        "The repository with name 'unmade' does not exist in the registry with id '123456789012'",
      );
    if (repository === 'odd') return void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Welcome</html>');
    if (repository === 'taken')
      return void response
        .writeHead(200, {
          'content-type': 'application/vnd.oci.image.manifest.v1+json',
          'docker-content-digest': `sha256:${'a'.repeat(64)}`,
          'content-length': 3,
        })
        .end();
    if (request.method === 'DELETE') return void answer(405, 'UNSUPPORTED', 'The operation is unsupported.');
    return void answer(404, 'MANIFEST_UNKNOWN', 'manifest unknown');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.close();
  box.end();
});

const empty = (): Workspace => readWorkspace({ read: () => undefined, list: () => [] });
const tree = (...entries: Partial<TreeEntry>[]) =>
  planStage(
    entries.map((entry) => ({ mode: '100644', oid: '1'.repeat(40), path: 'x', ...entry })),
    'weather@2-1',
    { file: 'release.yaml', line: 9, col: 7 },
  );
const python = (text: string, more: [string, string][] = []) =>
  checkBundleSource(new Map([['entrypoint.py', text], ...more]), { id: 'weather@2-1', folder: 'bundles/weather@2-1' });
const registry = () => connect(host, { attempts: 1 });
const pin = {
  pin: 1 as const,
  repo: 'x',
  ref: 'v2',
  subdir: '',
  commit: 'c'.repeat(40),
  path: 'weather@2-1',
  tree: 'd'.repeat(40),
};

const BOOTED = {
  image: 'kdcube-chat-proc-bundled',
  memory: '1g',
  timeout: 120,
  bundles: ['weather@2-1', 'hello@1-0'].map((id) => ({ id, folder: id, place: `bundles/${id}` })),
};

function repo(name: string, tag?: string): { url: string; self: false; root: string } {
  const dir = newRepo(box.folder(name), tag ? { 'weather@2-1/entrypoint.py': '' } : {});
  if (tag) gitSync(dir, 'tag', tag);
  return { url: `file://${dir}`, self: false, root: box.dir };
}

async function withPath<T>(value: string, work: () => Promise<T>): Promise<T> {
  const before = process.env.PATH;
  process.env.PATH = value;
  try {
    return await work();
  } finally {
    process.env.PATH = before;
  }
}

/** An engine that does not do what it is told. */
function brokenDocker(message: string): string {
  const dir = path.join(box.dir, 'bin');
  fs.mkdirSync(dir, { recursive: true });
  fs.writeFileSync(path.join(dir, 'docker'), `#!/bin/sh\ncase $1 in tag|rmi) exit 0;; esac\necho '${message}' >&2\nexit 1\n`, {
    mode: 0o755,
  });
  return `${dir}:${process.env.PATH}`;
}

/** A record that names a revision which ECS has, with another image. */
function rollBackToForgedRecord(): unknown {
  const taskDefinition = 'arn:aws:ecs:eu-central-1:123456789012:task-definition/acme-proc:7';
  const service = { serviceName: 'acme-proc', status: 'ACTIVE', taskDefinition, desiredCount: 1, controller: 'ECS' };
  const containerDefinitions = [{ name: 'proc', image: `ghcr.io/acme/proc@sha256:${'b'.repeat(64)}` }];
  const [digest, time] = [`sha256:${'a'.repeat(64)}`, '2026-02-22T09:00:00.000Z'];
  const proc = {
    component: 'proc',
    serviceName: 'acme-proc',
    taskDefinition,
    image: `ghcr.io/acme/proc@${digest}`,
    digest,
    desiredCount: 1,
  };
  const record = {
    record: 2,
    environment: 'prod',
    release: 'prod-2026-02-22',
    attempt: 1,
    verdict: 'succeeded',
    reason: '',
  } as const;
  const place = { account: '123456789012', region: 'eu-central-1', cluster: 'acme' };
  return planRollback({
    environment: {
      ...{ name: 'prod', tenant: 'acme', project: 'prod', services: [] },
      bundles: { mode: 'baked', descriptor: 'env', examples: false, reload: true, alwaysPull: false, git: {} },
    },
    record: { ...record, startedAt: time, endedAt: time, services: { proc }, bundles: [], descriptor: '' },
    running: { from: 'ecs', ...place, services: { 'acme-proc': service }, definitions: {}, latest: {} },
    definitions: new Map([[taskDefinition, { family: 'acme-proc', taskDefinitionArn: taskDefinition, containerDefinitions }]]),
    registryImages: new Map(),
  });
}

const HOST = { user: 'deploy', host: 'kdcube.example.com' };
const KEY_CHANGED = `@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
Add correct host key in /home/me/.ssh/known_hosts to get rid of this message.
Offending ED25519 key in /home/me/.ssh/known_hosts:7
Host key verification failed.`;

/** How each problem that only doing raises comes about, with names that are not the examples'. */
const proxyOf = (text: string) =>
  deriveProxyConfig({
    text,
    file: 'images/kdcube-web-proxy/nginx_proxy.conf',
    settings: { upstreams: {}, resolver: { address: '127.0.0.11', valid: 5 } },
  });

const PROVOKED: Partial<Record<ProblemCode, () => unknown>> = {
  'record-mismatch': rollBackToForgedRecord,
  'environment-not-ready': () => toProblems([applyCheck(logGroupExists, '/ecs/kdcube-web', { exists: false })]),
  'nginx-syntax': () => proxyOf('http {\n  server {\n    listen 80;\n  }\n'),
  'proxy-unfit': () =>
    proxyOf(
      'http {\n  upstream web_ui { server web-ui:80; server web-ui-2:80; }\n  server { location / { proxy_pass http://web_ui; } }\n}\n',
    ),
  'proxy-upstream': () =>
    proxyOf(
      'http {\n  upstream chat_api { server chat-ingress:8010; }\n  server { location / { proxy_pass http://kb_api; } }\n}\n',
    ),
  'proxy-stale': () =>
    requireCurrent(
      {
        file: 'images/kdcube-web-proxy/nginx_proxy.conf',
        content: Buffer.from('http { }\n'),
        source: printSource({
          source: 1,
          repo: 'https://github.com/kdcube/kdcube.git',
          ref: '2026.08.18.243',
          commit: 'c'.repeat(40),
          path: 'app/ai-app/deployment/docker/all_in_one_kdcube/nginx/conf/nginx_proxy.conf',
          sha256: 'd'.repeat(64),
        }),
      },
      '2026.08.19.120',
    ),
  'compose-invalid': () => readBaseConfig('{}', 'docker-compose.yaml'),
  'compose-failed': () => {
    throw composeFailed(
      'start web-proxy',
      ' Container acme-web-proxy-1  Starting\nError response from daemon: Bind for 0.0.0.0:80 failed: port is already allocated\n',
      'kdcube',
    );
  },
  'descriptor-edited': () =>
    requireUnedited({ edited: ['/opt/kdcube/config/bundles.yaml'], host: 'ssh://deploy@kdcube.example.com' }),
  'credential-missing': () =>
    readinessPort({
      environment: 'prod',
      readiness: { url: 'https://app.example.com/', headers: { Authorization: 'KDCUBE_READINESS_TOKEN' } },
    } as never),
  'task-definition-missing': () =>
    readCustomDefinitions(box.dir, {
      services: [{ name: 'chat-proc', target: 'ecs', taskDefinition: 'ecs/chat-proc.json' }],
    } as never),
  'host-unreachable': () => {
    throw loginProblem(HOST, 'ssh: connect to host kdcube.example.com port 22: Connection refused');
  },
  'host-key': () => {
    throw loginProblem(HOST, KEY_CHANGED);
  },
  'host-denied': () => {
    throw loginProblem(HOST, 'deploy@kdcube.example.com: Permission denied (publickey).');
  },
  'host-not-ready': () => {
    const problem = findProblem([hostCompose], 'ssh://deploy@kdcube.example.com', { version: '2.20.2' });
    throw new KdcubeError(problem!);
  },
  'host-connection-lost': () => {
    throw connectionLost('ssh://deploy@kdcube.example.com', 'docker compose', true, 'client_loop: send disconnect: Broken pipe');
  },
  'file-missing': () => requireRelease(empty()),
  'signing-key': () => readSigningKey(box.dir, undefined, { KDCUBE_SIGNING_KEY: 'release.pem' }),
  'image-unsigned': () => {
    const reference = `ghcr.io/acme/kdcube-exec-bundled@${FOUND.digest}`;
    throw imageUnsigned(reference, 'prod', 'kdcube-exec-bundled', 'it has no signature');
  },
  'pin-missing': () => requirePin(undefined, false, 'weather@2-1', 'pins/bundles/weather@2-1/pin.json'),
  'pin-stale': () => requirePin(pin, false, 'weather@2-1', 'pins/bundles/weather@2-1/pin.json'),
  'tag-moved': () => checkPinnedRef(repo('moved', 'v2'), { id: 'weather@2-1', ref: 'v2' }, pin, silentLog),
  'git-missing': () => withPath('/nowhere', () => requireGit()),
  'not-a-repository': () => openWorktree(box.folder('plain')),
  'repo-unreachable': () => resolveRef({ url: 'http://127.0.0.1:9/org/bundles.git', self: false, root: box.dir }, 'v2'),
  'repo-denied': () => resolveRef({ url: `http://${host}/secret/bundles.git`, self: false, root: box.dir }, 'v2'),
  'repo-empty': () => resolveRef(repo('empty'), 'v2'),
  'ref-not-found': () => resolveRef(repo('tagged', 'v2.1'), 'v2.2'),
  'bundle-not-found': () => requireBundle({ bundles: [{ id: 'weather@2-1' }, { id: 'hello@1-0' }] } as never, 'wether@2-1'),
  'symlink-escape': () => tree({ mode: '120000', path: 'data', text: '../../etc/passwd' }),
  submodule: () => tree({ mode: '160000', path: 'vendor/lib' }),
  'lfs-pointer': () => tree({ path: 'model.bin', text: 'version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 9\n' }),
  'case-clash': () => tree({ path: 'Readme.md' }, { path: 'README.md' }),
  'unsafe-name': () => tree({ path: 'aux.py' }),
  'secret-in-file': () =>
    secretProblems(
      [
        { path: '.env', rule: 'env-file' },
        { path: 'services/sky.py', rule: 'slack-webhook-url', line: 12 },
      ],
      { subject: 'weather@2-1', place: 'bundles/weather@2-1', allowAs: 'bundles/weather@2-1', allowed: undefined },
    ),
  'requirements-unresolved': () => [
    unresolved(
      { id: 'weather@2-1', file: 'bundles/weather@2-1/requirements.txt' },
      '3.12',
      '  ERROR: No matching distribution found for httpx==99',
    ),
  ],
  'requirements-invalid': () =>
    checkRequirements({
      ...{ id: 'weather@2-1', folder: 'bundles/weather@2-1', gitInImage: true, hasVenvs: true },
      venvs: [{ file: 'service.py', line: 3, requirements: 'requirements.txt' }],
      read: () => 'httpx==0.27.2\n-e ./lib\n',
    }).problems,
  'entrypoint-missing': () => checkBundleSource(new Map([['main.py', '']]), { id: 'weather@2-1', folder: 'bundles/weather@2-1' }),
  'entrypoint-none': () => python('class Weather:\n    pass\n'),
  'entrypoint-many': () =>
    python(
      `from kdcube_ai_app.infra.plugin.agentic_loader import agentic_workflow as wf\n\n@wf(name="a")\nclass A: ...\n\n@wf(name="b")\nclass B: ...\n`,
    ),
  'absolute-import': () =>
    python(
      `from kdcube_ai_app.infra.plugin.agentic_loader import agentic_workflow\nfrom services.sky import look\n\n@agentic_workflow(name="a")\nclass A: ...\n`,
      [['services/sky.py', 'look = 1\n']],
    ),
  'dockerfile-missing': () => pinnedImage({ workspace: empty() } as never, 'kdcube-web-ui'),
  'dockerfile-unreadable': () => readDockerfile('FROM ${BASE}/x:1\n', 'images/kdcube-web-ui/Dockerfile_UI', {}),
  'registry-missing': () => requireRegistry({}),
  'registry-name': () => parseRegistry('https://ghcr.io/acme/'),
  'registry-unreachable': () => headManifest(connect('127.0.0.1:9', { attempts: 1 }), 'acme/x', 'c-1'),
  'registry-denied': () => headManifest(registry(), 'secret/x', 'c-1'),
  'registry-repository-missing': () => headManifest(registry(), 'unmade/x', 'c-1'),
  'registry-response': () => headManifest(registry(), 'odd/x', 'c-1'),
  'image-not-found': () => getManifest(registry(), 'acme/kdcube-chat-proc', '2026.7.1'),
  'image-not-pushed': () =>
    notPushed({ host: 'ghcr.io', prefix: 'acme' }, { image: 'kdcube-exec-bundled', tag: `c-${'e'.repeat(64)}` }),
  'image-mismatch': () => imageMismatch(FOUND, `its config is sha256:${'c'.repeat(64)} instead of sha256:${'d'.repeat(64)}`),
  'image-unverified': () =>
    imageUnverified(
      FOUND,
      'an engine built it (images/kdcube-exec-bundled/Dockerfile:5 is RUN), and what an engine builds cannot be computed.',
    ),
  'tag-exists': () =>
    setTag(
      registry(),
      'taken/x',
      { tag: 'prod-2026-02-22', moving: false },
      { digest: `sha256:${'b'.repeat(64)}`, mediaType: 'x', bytes: Buffer.from(''), json: {} as never },
    ),
  'engine-missing': () => withPath('/nowhere', () => findEngine('auto')),
  'needs-engine': () => {
    const folder = { name: 'proc', path: 'images/proc', dockerfile: 'Dockerfile' };
    const refusal = { line: 5, instruction: 'RUN', why: 'it runs a program, which needs an engine' };
    return Promise.reject(needsEngine({ plan: { image: 'proc' } as ImagePlan, folder }, refusal));
  },
  'build-failed': () =>
    withPath(brokenDocker('ERROR: failed to solve: /bundles: not found'), () =>
      runBuild(
        'buildx',
        { context: '/c', dockerfile: 'D', tag: 't:1', platform: 'linux/amd64', args: {}, labels: {} },
        silentLog,
      ),
    ),
  'push-failed': () =>
    withPath(brokenDocker('unauthorized: authentication required'), () =>
      pushWithEngine('buildx', 'a', 'ghcr.io/acme/x:c-1', silentLog, { plainHttp: false }),
    ),
  'boot-failed': () =>
    new KdcubeError(
      imageProblem(
        { ...newBootRound('n'), tail: ['exec: "python3": executable file not found in $PATH'] },
        { kind: 'exit', code: 127 },
        BOOTED,
        'docker',
      ),
    ),
  'bundle-import-failed': () =>
    bootProblems(
      {
        python: '3.12.1',
        user: 1000,
        loader: { kind: 'platform' },
        outcomes: [
          {
            id: 'weather@2-1',
            ok: false,
            failure: {
              why: 'raised',
              error: {
                type: 'ModuleNotFoundError',
                message: "No module named 'pandas'",
                kinds: ['ModuleNotFoundError'],
                module: 'pandas',
              },
              frames: [
                ['/bundles/weather@2-1/entrypoint.py', 3, '<module>'],
                ['/bundles/weather@2-1/services/sky.py', 1, '<module>'],
              ],
            },
          },
          { id: 'hello@1-0', ok: false, failure: { why: 'memory' } },
        ],
      },
      BOOTED,
    ),
  'deployment-not-paused': () => Promise.reject(nothingToContinue('prod', 'proc', false)),
  'prune-incomplete': () => Promise.reject(noEnvironments()),
  'prune-unsupported': () => deleteManifest({ registry: registry(), repository: 'acme/proc' }, `sha256:${'a'.repeat(64)}`, []),
  'release-older': () => Promise.reject(olderRelease('prod', 'a'.repeat(40), { release: 'prod-2', commit: 'b'.repeat(40) })),
  'history-missing': () => {
    throw historyMissing('the history between abc123 and HEAD, with which affected compares');
  },
  'commit-not-pushed': () =>
    Promise.reject(notPushedCommit('weather@2-1', 'https://git.example.com/acme/bundles.git', 'c'.repeat(40))),
  'git-mode': () =>
    Promise.reject(
      doesMore('kdcube-chat-proc-bundled', 'prod', {
        file: 'images/kdcube-chat-proc-bundled/Dockerfile',
        line: 9,
        does: 'RUN pip install pandas',
      }),
    ),
  'not-committed': () => notCommitted(['bundles/weather@2-1']),
  'disk-full': () =>
    Promise.reject(
      fileProblem(Object.assign(new Error('no space'), { code: 'ENOSPC' }), path.join(box.dir, 'dist/stage/weather@2-1')),
    ),
  'file-error': () =>
    Promise.reject(fileProblem(Object.assign(new Error("EACCES: permission denied, mkdir 'dist'"), { code: 'EACCES' }), 'dist')),
  'command-failed': () => run('kdcube-no-such-program', []),
  'command-timeout': () => run('sh', ['-c', 'echo waiting for the server >&2; exec sleep 20'], { timeout: 200 }),
  interrupted: () => run('sh', ['-c', 'kill -TERM $$']),
  'unsupported-system': () => requireSupportedSystem('win32'),
  'already-running': () =>
    withLock('the mirror of weather', () => withLock('the mirror of weather', async () => undefined, { timeout: 60 })),
  'wrong-option': () => readGeneratorOptions(BundleOptions, { name: 'x', directory: 7 } as never),
  'already-exists': () =>
    Promise.reject(
      new KdcubeError({
        code: 'already-exists',
        message: 'The image and a bundle both have the name "weather", and two projects cannot share a name.',
        hint: 'rename the image’s folder',
        at: { file: 'images/weather' },
      }),
    ),
};

async function problemsOf(provoke: () => unknown): Promise<readonly Problem[]> {
  try {
    const result = await provoke();
    return Array.isArray(result) ? result : result instanceof KdcubeError ? result.problems : [];
  } catch (error) {
    if (!(error instanceof KdcubeError)) throw error;
    return error.problems;
  }
}

describe('what people read when doing fails', () => {
  for (const [code, provoke] of Object.entries(PROVOKED)) {
    it(code, async () => {
      const problems = await problemsOf(provoke!);
      expect(problems.map((problem) => problem.code)).toContain(code);
      const text = formatProblems(problems)
        .replaceAll(box.dir, '/home/me')
        .replace(/\/home\/me\/\d+\//g, '/home/me/')
        .replace(/git says: .*/g, 'git says: …')
        .replaceAll(host, 'registry.example.com')
        .replace(/[0-9a-f]{40}/g, (id) => (/^(.)\1*$/.test(id) ? id : '7'.repeat(40)))
        .replace(/[^\s'"]*\/locks\/[0-9a-f]+/, '/home/me/.cache/kdcube/locks/1')
        .replace(/process \d+ on \S+, since .+ UTC/, 'process 12 on build-1, since 2026-03-02 10:30:00 UTC');
      expectGolden(path.join(GOLDENS, `${code}.txt`), `${text}\n`);
    });
  }

  it('every code has a golden text, here or among the broken fixtures, and none is left over', () => {
    const known = [...Object.keys(PROVOKED), ...GOLDEN_CODES, ...DEPLOY_CODES, ...READING];
    expect(Object.keys(PROBLEMS).filter((code) => !known.includes(code))).toEqual([]);
    expect(fs.readdirSync(GOLDENS).filter((file) => !known.includes(file.replace('.txt', '')))).toEqual([]);
  });
});
