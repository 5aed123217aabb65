// The customer's own frontend: pinned, built by a real engine with what the generator writes, and served to two environments by one image.
import path from 'node:path';
import { type Engine, freshPrefix, testWithEngine } from './support/engine';
import { gitRepo } from './support/git';
import { pushFrontendBases } from './support/nginx';
import { freshFolder, must, run } from './support/run';
import { makeWorkspace, type Workspace } from './support/workspace';

const CONFIG = '/usr/share/nginx/html/config.json';
const containers: string[] = [];
let engineInUse: Engine | undefined;

afterAll(async () => {
  if (containers.length > 0) await run('docker', ['rm', '--force', ...containers], engineInUse);
});

const UI = {
  'README.md': 'ui\n',
  'ui/package.json': JSON.stringify({
    name: 'ui',
    scripts: { build: 'mkdir -p dist/assets && cp index.html dist/ && cp main.js dist/assets/main-1.js' },
  }),
  'ui/package-lock.json': '{"lockfileVersion": 3}\n',
  'ui/index.html': '<script src="/assets/main-1.js"></script>\n',
  'ui/main.js': 'fetch("/config.json");\n',
};

const environment = (tenant: string) => `target: compose
tenant: ${tenant}
project: lifts
registry: REGISTRY
compose: { directory: /srv/kdcube }
frontend: { config: { auth: { authType: none }, routesPrefix: /platform } }
services: { web-ui: { component: frontend, image: kdcube-web-ui } }
`;

/** Starts the image in a network of its own. Returns the container. */
async function start(engine: Engine, image: string, args: readonly string[]): Promise<string> {
  const { stdout } = await must('docker', ['run', '--detach', '--network', 'none', ...args, image], engine);
  const container = stdout.trim();
  containers.push(container);
  return container;
}

/** The answer of a container to a request from inside: its status line, headers and body. */
async function get(engine: Engine, container: string, place: string): Promise<{ head: string; body: string }> {
  for (let attempt = 1; attempt <= 50; attempt += 1) {
    const script = `wget -S -q -O - http://127.0.0.1${place} 2>/tmp/head; cat /tmp/head >&2`;
    const { stdout, output } = await run('docker', ['exec', container, 'sh', '-c', script], engine);
    if (output.includes('HTTP/1.1')) return { head: output, body: stdout };
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const { output } = await run('docker', ['logs', container], engine);
  throw new Error(`${place} has no answer: ${output}`);
}

testWithEngine(
  'nx g image kdcube-web-ui: one image, two environments, each with its own config.json',
  async (engine) => {
    engineInUse = engine;
    const prefix = freshPrefix(engine);
    await pushFrontendBases(engine, prefix);
    const ui = gitRepo(path.join(freshFolder('frontend'), 'ui'), UI);
    ui.tag('ui-1');
    const workspace = await makeWorkspace();
    const env = { ...engine.env, KDCUBE_REGISTRY: prefix };
    await workspace.mustNx('g @kdcube/nx:bundle my-bundle');
    await workspace.mustNx('g @kdcube/nx:image kdcube-web-ui');
    const release = workspace.read('release.yaml');
    workspace.write({
      'release.yaml': `frontend: {repo: "${ui.url}", ref: ui-1, subdir: ui}\n${release}`,
      ...here(workspace, prefix, 'kdcube-web-ui'),
      'images/kdcube-chat-proc-bundled': null,
      'images/kdcube-exec-bundled': null,
      'environments/one.yaml': environment('alps').replace('REGISTRY', prefix),
      'environments/two.yaml': 'extends: one\ntenant: andes\n',
    });
    await workspace.mustNx('sync', { env });
    workspace.commit('frontend', {});

    const pushed = await workspace.mustNx('run kdcube-web-ui:docker-push', { env });
    expect(pushed.output).toContain('needs an engine');
    const digest = digestOf(workspace, 'kdcube-web-ui');
    const again = await workspace.mustNx('run kdcube-web-ui:docker-push', { env });
    expect(again.output).toContain('already in the registry');
    const image = `${prefix}/kdcube-web-ui@${digest}`;

    const served: Record<string, string> = {};
    for (const [name, tenant] of [
      ['one', 'alps'],
      ['two', 'andes'],
    ] as const) {
      await workspace.mustNx(`run release:env:${name}`, { env });
      const { env: variables } = workspace.json<{ env: Record<string, string> }>(`dist/env/${name}/web-ui.json`);
      const given = Object.entries(variables).flatMap(([key, value]) => ['--env', `${key}=${value}`]);
      const container = await start(engine, image, given);
      const { head, body } = await get(engine, container, '/config.json');
      expect(head).toContain('200 OK');
      expect(head).toMatch(/Cache-Control: no-store\r?\n/i);
      expect(JSON.parse(body)).toEqual({ auth: { authType: 'none' }, routesPrefix: '/platform', tenant, project: 'lifts' });
      served[name] = container;
    }
    expect((await get(engine, served.one!, '/config.json')).body).toContain('"alps"');
    // Every route of the application is its page; what the build wrote is served.
    expect((await get(engine, served.one!, '/chat/7')).body).toBe(UI['ui/index.html']);
    const asset = await get(engine, served.one!, '/assets/main-1.js');
    expect(asset.body).toBe(UI['ui/main.js']);
    expect(asset.head).toMatch(/Cache-Control: public, max-age=31536000, immutable/i);
    expect((await get(engine, served.one!, '/assets/gone.js')).head).toContain('404');

    // Mounted, neither, both.
    const file = path.join(freshFolder('config'), 'config.json');
    workspace.write({ 'config.json': '{"tenant":"mounted"}' });
    await must('cp', [path.join(workspace.dir, 'config.json'), file]);
    const mount = ['--volume', `${file}:${CONFIG}:ro`];
    expect((await get(engine, await start(engine, image, mount), '/config.json')).body).toBe('{"tenant":"mounted"}');
    const ends = async (args: readonly string[]) => {
      const container = await start(engine, image, args);
      const { stdout } = await must('docker', ['wait', container], engine);
      return `${stdout.trim()} ${(await run('docker', ['logs', container], engine)).output.trim()}`;
    };
    expect(await ends([])).toMatch(/^1 There is no config\.json/);
    expect(await ends(['--env', 'FRONTEND_CONFIG_JSON={}', ...mount])).toMatch(
      /^1 config\.json is mounted, and FRONTEND_CONFIG_JSON is set/,
    );

    // In the image, for one environment.
    await workspace.mustNx('g @kdcube/nx:image kdcube-web-ui-one --kind=web-ui --bake=one');
    const own = environment('alps')
      .replace('REGISTRY', prefix)
      .replace(/^frontend:.*\n/m, '');
    workspace.write({
      ...here(workspace, prefix, 'kdcube-web-ui-one'),
      'environments/one.yaml': own.replace('image: kdcube-web-ui', 'image: kdcube-web-ui-one'),
    });
    await workspace.mustNx('sync', { env });
    await workspace.mustNx('run kdcube-web-ui-one:docker-push', { env });
    const baked = `${prefix}/kdcube-web-ui-one@${digestOf(workspace, 'kdcube-web-ui-one')}`;
    expect(JSON.parse((await get(engine, await start(engine, baked, []), '/config.json')).body)).toMatchObject({
      tenant: 'alps',
    });
    await workspace.mustNx('run release:env:one', { env });
    const refused = await workspace.nx('run release:env:two', { env });
    expect([refused.exitCode, refused.output]).toEqual([1, expect.stringContaining('[tenant-mismatch]')]);
  },
  600_000,
);

/** The Dockerfile of the generator with the base images of this registry. */
function here(workspace: Workspace, prefix: string, image: string): Record<string, string> {
  const file = `images/${image}/Dockerfile_UI`;
  const text = workspace
    .read(file)
    .replace('FROM node:22-alpine', `FROM ${prefix}/node:22`)
    .replace('FROM nginx:alpine', `FROM ${prefix}/nginx:1`)
    // The builds of this engine have no network.
    .replaceAll('RUN ', 'RUN --network=none ');
  return { [file]: text };
}

function digestOf(workspace: Workspace, image: string): string {
  return workspace.json<{ digest: string }>(`dist/push/${image}/receipt.json`).digest;
}
