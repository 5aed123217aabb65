import fs from 'node:fs';
import path from 'node:path';
import { type Engine, freshPrefix } from '../engine';
import { type Files, type Repo, gitRepo } from '../git';
import { digestOf } from '../oci';
import { freshFolder, must, type Ran } from '../run';
import { makeWorkspace, NX, PLATFORM_REF, type Workspace } from '../workspace';

export const PROC = 'kdcube-chat-proc-bundled';
export const EXEC = 'kdcube-exec-bundled';
/** An image with the frontend and without bundles: only its own files and the frontend may affect it. */
export const UI = 'kdcube-web-ui';

export const NEXT_PLATFORM = '2026.7.21.100';
const PROC_BASE = 'kdcube-chat-proc';
const EXEC_BASE = 'py-code-exec';

/** A customer's workspace at commit `a`: pins synced, all images pushed. The rows of the table change it and reset it. */
export interface Shop {
  workspace: Workspace;
  a: string;
  /** host:port/path of this shop's images and of the platform's. */
  prefix: string;
  /** The variables of the customer's shell: the engine and the registries. */
  env: Record<string, string>;
  /** The repository of another team, with the bundle weather@1-0-0 at the tags v1.0.0 and v1.1.0. */
  weather: Repo;
  /** Runs nx with these variables. */
  nx(args: string): Promise<Ran>;
  mustNx(args: string): Promise<Ran>;
  /** Replaces a text in release.yaml, which must contain it. */
  editRelease(from: string | RegExp, to: string): void;
  /** Moves a tag of a platform image to the image of another tag. */
  moveBase(tag: string, to: string): Promise<void>;
  reset(): Promise<void>;
}

export interface ShopOptions {
  nx?: string;
  /** Whole projects are affected, as before Nx 24. */
  legacy?: boolean;
}

export async function openShop(engine: Engine, { nx = NX, legacy = false }: ShopOptions = {}): Promise<Shop> {
  const prefix = freshPrefix(engine);
  const [workspace] = await Promise.all([makeWorkspace({ nx }), pushBases(engine, prefix)]);
  const around = path.dirname(workspace.dir);
  const weather = weatherRepo(path.join(around, 'weather'));
  const ui = gitRepo(path.join(around, 'ui'), { 'package.json': '{"name":"ui"}\n' });
  ui.tag('ui-1');
  ui.commit('a new button', { 'button.js': 'export {};\n' });
  ui.tag('ui-2');
  const env = { ...engine.env, KDCUBE_REGISTRY: prefix, KDCUBE_PLATFORM_REGISTRY: prefix };

  const shop: Shop = {
    workspace,
    prefix,
    env,
    weather,
    a: '',
    nx: (args) => workspace.nx(args, { env }),
    mustNx: (args) => workspace.mustNx(args, { env }),
    editRelease(from, to) {
      const before = workspace.read('release.yaml');
      const after = before.replace(from, to);
      if (after === before) throw new Error(`release.yaml has no ${String(from)}`);
      workspace.write({ 'release.yaml': after });
    },
    moveBase: (tag, to) => retag(`${prefix}/${PROC_BASE}`, tag, to),
    async reset() {
      workspace.git('reset', '--quiet', '--hard', shop.a);
      workspace.git('clean', '-fdxq', '-e', 'node_modules', '-e', '.nx');
      weather.git('tag', '--force', 'v1.0.0', 'first');
      await retag(`${prefix}/${PROC_BASE}`, PLATFORM_REF, 'as-it-was');
    },
  };

  if (legacy)
    workspace.write({ 'nx.json': JSON.stringify({ ...workspace.json<object>('nx.json'), affected: { legacy: true } }) });
  workspace.git('remote', 'add', 'origin', gitOrigin(around));
  workspace.commit('local, first version', { ...localBundle('one'), ...firstFiles(weather.url, ui.url) });
  workspace.tag('local-1');
  workspace.commit('local, second version', localBundle('two'));
  workspace.tag('local-2');
  workspace.git('push', '--quiet', 'origin', 'main', 'local-1', 'local-2');
  await shop.mustNx('sync');
  shop.a = workspace.commit('pins');
  workspace.git('push', '--quiet', 'origin', 'main');
  await shop.mustNx('run-many -t docker-push');
  await shop.reset();
  return shop;
}

function releaseYaml(weather: string, ui: string): string {
  return [
    'release_name: "acme-1"',
    'platform:',
    '  repo: "kdcube-ai-app"',
    `  ref: "${PLATFORM_REF}"`,
    'frontend:',
    '  repo: "ui"',
    '  ref: "ui-1"',
    'repos:',
    `  weather: "${weather}"`,
    `  ui: "${ui}"`,
    'bundles:',
    '  default_bundle_id: "hello"',
    '  items:',
    '    - id: "hello"',
    '      name: "Hello"',
    '    - id: "weather@1-0-0"',
    '      repo: "weather"',
    '      ref: "v1.0.0"',
    '      subdir: "service/bundles"',
    '    # Its folder is in this repository, and the release takes it from a tag all the same.',
    '    - id: "local"',
    '      repo: "acme"',
    '      ref: "local-1"',
    '      subdir: "bundles"',
    '',
  ].join('\n');
}

function firstFiles(weather: string, ui: string): Files {
  return {
    'release.yaml': releaseYaml(weather, ui),
    'docs/how.md': '# How\n',
    'bundles/hello/entrypoint.py': entrypoint('hello'),
    'bundles/hello/tests/test_hello.py': pythonTest(),
    [`images/${UI}/Dockerfile_UI`]: 'FROM scratch\nCOPY theme.json /usr/share/ui/theme.json\nCOPY frontend/ /usr/share/ui/\n',
    [`images/${UI}/theme.json`]: '{}\n',
  };
}

function localBundle(version: string): Files {
  return { 'bundles/local/entrypoint.py': entrypoint(version), 'bundles/local/tests/test_local.py': pythonTest() };
}

export function entrypoint(answer: string): string {
  return [
    'from kdcube_ai_app.infra.plugin.bundle_loader import bundle_entrypoint',
    '',
    '',
    `@bundle_entrypoint(name="${answer}")`,
    'class Bundle:',
    '    def __init__(self, config, comm_context=None): pass',
    `    async def run(self, **payload): return {"final_answer": "${answer}"}`,
    '',
  ].join('\n');
}

function pythonTest(): string {
  return 'import unittest\n\n\nclass Test(unittest.TestCase):\n    def test(self): pass\n';
}

function weatherRepo(dir: string): Repo {
  const file = 'service/bundles/weather@1-0-0/entrypoint.py';
  const repo = gitRepo(dir, { [file]: entrypoint('sunny') });
  repo.tag('first');
  repo.tag('v1.0.0');
  repo.commit('another README', { 'README.md': 'Weather\n' });
  repo.tag('same-tree');
  repo.commit('rain', { [file]: entrypoint('rain') });
  repo.tag('v1.1.0');
  return repo;
}

function gitOrigin(around: string): string {
  const origin = gitRepo(path.join(around, 'origin/acme.git'));
  origin.git('config', 'receive.denyCurrentBranch', 'ignore');
  return origin.url;
}

/** Stand-ins of a few bytes. They differ between runs, so that images of an earlier run in the engine cannot match. */
async function pushBases(engine: Engine, prefix: string): Promise<void> {
  const context = freshFolder('bases');
  fs.writeFileSync(path.join(context, 'Dockerfile'), 'FROM scratch\nCOPY stand-in /etc/stand-in\n');
  const push = async (image: string, tags: string[], text: string): Promise<void> => {
    fs.writeFileSync(path.join(context, 'stand-in'), `${image} ${text} ${context}\n`);
    const names = tags.flatMap((tag) => ['-t', `${prefix}/${image}:${tag}`]);
    await must('docker', ['buildx', 'build', '--push', '--provenance=false', ...names, context], engine);
  };
  await push(PROC_BASE, [PLATFORM_REF, 'as-it-was'], 'one');
  await push(PROC_BASE, ['patched'], 'one, patched');
  await push(PROC_BASE, [NEXT_PLATFORM], 'two');
  await push(EXEC_BASE, [PLATFORM_REF], 'one');
  await push(EXEC_BASE, [NEXT_PLATFORM], 'two');
}

async function retag(name: string, tag: string, to: string): Promise<void> {
  const slash = name.indexOf('/');
  const manifests = `http://${name.slice(0, slash)}/v2/${name.slice(slash + 1)}/manifests`;
  const accept = 'application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json';
  const found = await fetch(`${manifests}/${to}`, { headers: { accept } });
  const headers = { 'content-type': found.headers.get('content-type')! };
  const put = await fetch(`${manifests}/${tag}`, { method: 'PUT', headers, body: Buffer.from(await found.arrayBuffer()) });
  if (!put.ok || (await digestOf(name, tag)) !== (await digestOf(name, to)))
    throw new Error(`${name}:${tag} could not be moved: ${put.status}`);
}
