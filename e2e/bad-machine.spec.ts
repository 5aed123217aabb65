// Failures of the environment, through the real commands: unreachable remotes, a full disk, concurrent runs, Ctrl-C.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { type Files, type Repo, gitRepo } from './support/git';
import { interrupted } from './support/interrupt';
import { type Double, pushStandIns, registryDouble } from './support/oci';
import { expectProblem, filesIn, leftovers, stateOf } from './support/problem';
import { freshFolder } from './support/run';
import { type Workspace, makeWorkspace, PLATFORM_REF } from './support/workspace';

const ENTRYPOINT = `from kdcube_ai_app.infra.plugin.agentic_loader import agentic_workflow\n\n\n@agentic_workflow(name="x")\nclass X:\n    def __init__(self, config): pass\n\n    async def run(self, **payload): return {}\n`;

let registry: Double;
let workspace: Workspace;
let env: Record<string, string>;
let good: string;

beforeAll(async () => {
  registry = await registryDouble();
  await pushStandIns(registry.host, PLATFORM_REF);
  env = { KDCUBE_REGISTRY: registry.host };
  workspace = await makeWorkspace();
  await workspace.mustNx('g @kdcube/nx:bundle my-bundle');
  await workspace.mustNx('sync', { env });
  workspace.commit('Add my-bundle');
  good = workspace.read('release.yaml');
});

afterEach(() => {
  workspace.git('reset', '--quiet', '--hard');
  workspace.git('clean', '--quiet', '-fd');
  expect([...leftovers(path.join(workspace.dir, 'dist')), ...leftovers(workspace.env.KDCUBE_CACHE_DIR!)]).toEqual([]);
});

afterAll(() => registry.close());

/** release.yaml with one more bundle. */
function withBundle(more: Record<string, string>): string {
  const lines = Object.entries({ id: 'far@1', ref: 'v1', ...more }).map(
    ([key, value]) => `      ${key}: ${JSON.stringify(value)}\n`,
  );
  return `${good.trimEnd()}\n    -\n${lines.join('')}`;
}

async function serve(answer: (response: http.ServerResponse) => void): Promise<{ url: string; close(): void }> {
  const server = http.createServer((_, response) => answer(response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = (): void => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/r.git`, close };
}

function remote(files: Files): Repo {
  const repo = gitRepo(freshFolder('remote'), files);
  if (Object.keys(files).length > 0) repo.tag('v1');
  return repo;
}

describe('nx sync reports a repository that cannot be pinned, and restores all files', () => {
  async function refused(more: Record<string, string>, code: string, text: string | RegExp): Promise<void> {
    workspace.write({ 'release.yaml': withBundle(more) });
    const before = stateOf(workspace);
    // Even with a terminal, nothing is prompted.
    const ran = await workspace.nx('sync', {
      env: { ...env, GIT_TERMINAL_PROMPT: undefined, GIT_ASKPASS: '/bin/false' },
      timeout: 60_000,
    });
    expectProblem(ran, [code], 'pins/bundles/far@1/pin.json', text);
    expect(ran.output).toMatch(/No pin was changed/);
    expect(stateOf(workspace)).toEqual(before);
    expect(fs.existsSync(path.join(workspace.dir, 'pins/bundles'))).toBe(false);
  }

  test('connection refused', () => refused({ repo: 'http://127.0.0.1:1/r.git' }, 'repo-unreachable', 'http://127.0.0.1:1/r.git'));
  test('missing repository', () => refused({ repo: 'file:///nowhere/r.git' }, 'repo-unreachable', 'file:///nowhere/r.git'));
  test('empty repository', () => refused({ repo: remote({}).url }, 'repo-empty', 'push a commit'));
  test('a password prompt does not block', async () => {
    const server = await serve((response) => response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end());
    try {
      await refused({ repo: server.url }, 'repo-denied', 'user name and a password');
    } finally {
      server.close();
    }
  });
  test('missing tag', () =>
    refused({ repo: remote({ 'far@1/entrypoint.py': ENTRYPOINT }).url, ref: 'v9' }, 'ref-not-found', '"v9"'));
  test('missing folder', () => refused({ repo: remote({ a: '' }).url }, 'bundle-not-found', 'far@1'));
  test('subdir is a symbolic link', () =>
    refused(
      { repo: remote({ 'real/far@1/entrypoint.py': ENTRYPOINT, link: { symlink: 'real' } }).url, subdir: 'link' },
      'unsafe-path',
      '"link"',
    ));
});

test('validate reports a missing entrypoint.py, in a workspace bundle and in a pinned one', async () => {
  workspace.write({
    'release.yaml': withBundle({ repo: remote({ 'far@1/other.py': '' }).url }),
    'bundles/my-bundle/entrypoint.py': null,
  });
  await workspace.mustNx('sync', { env });
  expectProblem(
    await workspace.nx('run release:validate'),
    ['entrypoint-missing'],
    /bundles\/my-bundle[^]*\[entrypoint-missing\][^]*far@1[^]*2 problems/,
  );
});

test('two concurrent stages of one bundle: both succeed, and the output is complete', async () => {
  const files = Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`far@1/data/${at}.txt`, `${at}\n`]));
  workspace.write({ 'release.yaml': withBundle({ repo: remote({ 'far@1/entrypoint.py': ENTRYPOINT, ...files }).url }) });
  await workspace.mustNx('sync', { env });
  // As on two machines: with separate caches.
  fs.rmSync(workspace.env.KDCUBE_CACHE_DIR!, { recursive: true });
  const both = await Promise.all([1, 2].map(() => workspace.nx('run far@1:stage --skip-nx-cache')));
  expect(both.map(({ exitCode, output }) => [exitCode, exitCode === 0 ? '' : output])).toEqual([
    [0, ''],
    [0, ''],
  ]);
  const staged = filesIn(path.join(workspace.dir, 'dist/stage/far@1/bundles/far@1'));
  expect(Object.keys(staged)).toHaveLength(302);
  expect(fs.readdirSync(path.join(workspace.dir, 'dist/stage'))).toEqual(['far@1']);
  await workspace.mustNx('run far@1:stage --skip-nx-cache --offline');
  expect(filesIn(path.join(workspace.dir, 'dist/stage/far@1/bundles/far@1'))).toEqual(staged);
});

/** A small disk, if this machine allows root to mount one. */
const diskless = ((): string | undefined => {
  if (process.getuid?.() !== 0) return 'only root can mount a small disk';
  const folder = fs.mkdtempSync(path.join(process.env.KD_E2E_RUN!, 'disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'kdcube-e2e', folder], { stdio: 'ignore' });
    execFileSync('umount', [folder]);
    return undefined;
  } catch {
    return 'this machine does not let root mount a small disk';
  }
})();

async function withDisk(folder: string, size: string, work: () => Promise<void>): Promise<void> {
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder, { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'kdcube-e2e', folder]);
  try {
    await work();
  } finally {
    execFileSync('umount', ['--lazy', folder]);
  }
}

(diskless ? describe.skip : describe)(`a full disk${diskless ? ` (skipped: ${diskless})` : ''}`, () => {
  test('under dist: stage reports it, and leaves nothing of the bundle', async () => {
    workspace.write({ 'bundles/my-bundle/big.bin': Buffer.alloc(3_000_000, 'x') });
    const dist = path.join(workspace.dir, 'dist');
    await withDisk(dist, '1m', async () => {
      expectProblem(
        await workspace.nx('run my-bundle:stage --skip-nx-cache'),
        ['disk-full'],
        /dist\/stage\/my-bundle\S* cannot be written: no space left on the disk\./,
        `df -h ${dist}`,
      );
      expect(Object.keys(filesIn(dist)).filter((file) => file !== 'stage/')).toEqual([]);
    });
  });

  test('under the cache of git mirrors: stage reports it, and leaves nothing', async () => {
    const { url } = remote({ 'far@1/entrypoint.py': ENTRYPOINT, 'far@1/big.bin': randomBytes(3_000_000) });
    workspace.write({ 'release.yaml': withBundle({ repo: url }) });
    const cache = workspace.env.KDCUBE_CACHE_DIR!;
    await workspace.mustNx('sync', { env });
    // Without the cache of the sync, as on another machine.
    await withDisk(cache, '1m', async () => {
      expectProblem(await workspace.nx('run far@1:stage --skip-nx-cache'), ['disk-full']);
      expect(leftovers(cache)).toEqual([]);
    });
  });
});

describe('an interrupted stage', () => {
  const stopped = (project: string, signal: 'SIGINT' | 'SIGTERM', whom: 'all' | 'nx', when: () => boolean): Promise<number> =>
    interrupted(workspace, `run ${project}:stage --skip-nx-cache`, { signal, whom, when, mayFinish: whom === 'nx' });

  test.each(['SIGINT', 'SIGTERM'] as const)('while a remote does not answer: %s', async (signal) => {
    let asked = false;
    const server = await serve(() => (asked = true));
    const pin = { pin: 1, repo: server.url, ref: 'v1', subdir: '', commit: 'c'.repeat(40), path: 'far@1', tree: 'd'.repeat(40) };
    workspace.write({
      'release.yaml': withBundle({ repo: server.url }),
      'pins/bundles/far@1/pin.json': `${JSON.stringify(pin, null, 2)}\n`,
    });
    fs.rmSync(path.join(workspace.dir, 'dist'), { recursive: true, force: true });
    try {
      await stopped('far@1', signal, 'all', () => asked);
      expect(filesIn(path.join(workspace.dir, 'dist'))).toEqual({});
    } finally {
      server.close();
    }
  });

  test.each([
    ['SIGINT', 'all'],
    ['SIGTERM', 'nx'],
  ] as const)('while files are written: %s to %s; what was staged before stays, and the next run heals', async (signal, whom) => {
    await workspace.mustNx('run my-bundle:stage --skip-nx-cache');
    const stage = path.join(workspace.dir, 'dist/stage');
    const before = filesIn(stage);
    workspace.write(Object.fromEntries(Array.from({ length: 4000 }, (_, at) => [`bundles/my-bundle/data/${at}`, `${at}`])));
    const exitCode = await stopped('my-bundle', signal, whom, () => fs.readdirSync(stage).some((name) => name.endsWith('.tmp')));
    const after = filesIn(stage);
    const whole = Object.keys(before).length + 4001;
    // All or nothing: nx must not succeed without the output. It may report an interruption with the output, if the signal came after the last file.
    if (exitCode === 0 || Object.keys(after).length === whole) expect(Object.keys(after)).toHaveLength(whole);
    else expect(after).toEqual(before);
    if (whom === 'nx') return;
    await workspace.mustNx('run my-bundle:stage --skip-nx-cache');
    expect(Object.keys(filesIn(stage))).toHaveLength(whole);
  });
});
