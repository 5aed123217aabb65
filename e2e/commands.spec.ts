// The commands of a customer, as they are typed, in a workspace of npm create kdcube.
import path from 'node:path';
import { optionalEngine } from './support/engine';
import { type Double, digestsOf, pushStandIns, registryDouble, writes } from './support/oci';
import { bareNpm, localNpm } from './support/npm';
import { stateOf } from './support/problem';
import { ISOLATED_PLUGINS } from './support/run';
import { type Workspace, makeWorkspace, NX, PLATFORM_REF, plainWorkspace } from './support/workspace';

const IMAGES = ['kdcube-chat-proc-bundled', 'kdcube-exec-bundled'];

let registry: Double;
let workspace: Workspace;
/** The variables of a customer's shell: the registry, and a container engine if there is one. */
let shell: Record<string, string>;

beforeAll(async () => {
  registry = await registryDouble();
  await pushStandIns(registry.host, PLATFORM_REF);
  workspace = await makeWorkspace();
  Object.assign(workspace.env, ISOLATED_PLUGINS);
  shell = { ...optionalEngine()?.env, KDCUBE_REGISTRY: registry.host };
});

afterAll(() => registry.close());

interface Receipt {
  how: string;
  repository: string;
  digest: string;
  tags: string[];
}

function receipt(image: string): Receipt {
  return workspace.json<Receipt>(`dist/push/${image}/receipt.json`);
}

// The tests of this file depend on each other.
test('nx g @kdcube/nx:bundle my-bundle; nx sync:check reports the stale pin offline; nx sync pins it', async () => {
  const made = await workspace.mustNx('g @kdcube/nx:bundle my-bundle');
  expect(made.stdout).toContain('CREATE bundles/my-bundle/entrypoint.py');
  expect(workspace.read('release.yaml')).toMatch(/# Add one: .*\n(?:.*\n)*\s+- id: "?my-bundle"?/);

  registry.journal.length = 0;
  const unsynced = await workspace.nx('sync:check', { env: shell });
  expect([unsynced.exitCode, unsynced.output]).toEqual([1, expect.stringContaining('kdcube-exec-bundled: not pinned yet')]);
  expect(registry.journal).toEqual([]);

  await workspace.mustNx('sync', { env: shell });
  for (const image of IMAGES) {
    expect(workspace.json(`pins/images/${image}/pin.json`)).toMatchObject({ platform: PLATFORM_REF, bundles: ['my-bundle'] });
  }
  // Offline: no registry is configured.
  expect((await workspace.nx('sync:check')).exitCode).toBe(0);
  workspace.commit('Add my-bundle');
  await workspace.mustNx('sync', { env: shell });
  expect(workspace.git('status', '--porcelain')).toBe('');
});

test('nx run release:validate, nx run my-bundle:test, nx run-many -t stage, nx run release:descriptor', async () => {
  expect((await workspace.mustNx('run release:validate')).stdout).toContain('1 bundle, 2 images, platform 2026.7.20.444');
  expect((await workspace.mustNx('run my-bundle:test')).output).toMatch(/Ran \d+ tests?.*\n+OK/);
  expect((await workspace.mustNx('run release:validate --resolve --python=3.12')).exitCode).toBe(0);
  await workspace.mustNx('run-many -t stage');
  expect(workspace.read('dist/stage/my-bundle/bundles/my-bundle/entrypoint.py')).toBe(
    workspace.read('bundles/my-bundle/entrypoint.py'),
  );
  await workspace.mustNx('run release:descriptor');
  expect(workspace.read('dist/release/bundles.yaml')).toContain('module: "my-bundle.entrypoint"');
  await workspace.mustNx('run release:descriptor --kind=env-json');
  expect(workspace.json('dist/release/agentic-bundles.json')).toMatchObject({
    bundles: { 'my-bundle': { path: '/bundles', module: 'my-bundle.entrypoint' } },
  });
  expect(workspace.git('status', '--porcelain')).toBe('');
});

test('--dry-run of generators and --dryRun of executors change nothing', async () => {
  registry.journal.length = 0;
  // If a dry run were cached, the second one would restore the dist of the first.
  await workspace.mustNx('run release:descriptor --dryRun');
  await workspace.mustNx('run release:descriptor --kind=bundles-yaml');
  const before = stateOf(workspace);
  const outputOf = async (command: string): Promise<string> => (await workspace.mustNx(command, { env: shell })).output;
  expect(await outputOf('g @kdcube/nx:bundle other --dry-run')).toContain('CREATE bundles/other/entrypoint.py');
  expect(await outputOf('g @kdcube/nx:image acme-proc --kind=chat-proc-bundled --dry-run')).toContain('CREATE images/acme-proc/');
  expect(await outputOf('g @kdcube/nx:release --platformRef=2026.7.21.100 --name=next --dry-run')).toContain(
    'UPDATE release.yaml',
  );
  expect(await outputOf('run release:descriptor --dryRun')).toContain('would write');
  expect(await outputOf(`run ${IMAGES[0]}:docker-push --dryRun --registry=${registry.host}/dry`)).toContain('would push');
  expect(stateOf(workspace)).toEqual(before);
  expect(writes(registry.journal)).toEqual([]);
});

test('nx affected -t docker-push, with the registry from KDCUBE_REGISTRY', async () => {
  const env = { ...shell, KDCUBE_REGISTRY: `${registry.host}/one`, KDCUBE_PLATFORM_REGISTRY: registry.host };
  const { output } = await workspace.mustNx('affected -t docker-push --base=HEAD~1', { env });
  for (const image of IMAGES) {
    const { repository, digest, tags } = receipt(image);
    expect(output).toContain(`pushed     ${repository}@${digest}`);
    expect(repository).toBe(`${registry.host}/one/${image}`);
    expect(new Set(Object.values(await digestsOf(repository)))).toEqual(new Set([digest]));
    expect(tags).toEqual([`customer-${workspace.head()}`, 'customer-main']);
  }
});

test('--registry overrides KDCUBE_REGISTRY', async () => {
  const env = { ...shell, KDCUBE_REGISTRY: `${registry.host}/nowhere` };
  const args = ['--registry', `${registry.host}/two`, '--platformRegistry', registry.host];
  await workspace.mustNx(['run-many', '-t', 'docker-push', ...args], { env });
  expect(IMAGES.map((image) => receipt(image).repository)).toEqual(IMAGES.map((image) => `${registry.host}/two/${image}`));

  await workspace.mustNx(['run', 'release:tag', '--registry', `${registry.host}/two`, '--tags=v1.0.0'], { env });
  for (const image of IMAGES) expect((await digestsOf(receipt(image).repository))['v1.0.0']).toBe(receipt(image).digest);
});

test('the plugin’s options in nx.json are the default', async () => {
  const nxJson = workspace.read('nx.json');
  const options = { registry: `${registry.host}/three`, platformRegistry: registry.host };
  workspace.write({ 'nx.json': nxJson.replace('"options": {}', `"options": ${JSON.stringify(options)}`) });
  try {
    await workspace.mustNx('run-many -t docker-push', { env: { ...shell, KDCUBE_REGISTRY: '' } });
    expect(IMAGES.map((image) => receipt(image).repository)).toEqual(IMAGES.map((image) => `${registry.host}/three/${image}`));
  } finally {
    workspace.write({ 'nx.json': nxJson });
  }
});

test('without a registry, writes images to dist/images; without the platform’s, reports how to configure it', async () => {
  const nowhere = await workspace.nx(`run ${IMAGES[0]}:docker-push`);
  expect([nowhere.exitCode, nowhere.output]).toEqual([
    1,
    expect.stringMatching(/\[registry-missing\][^]*KDCUBE_PLATFORM_REGISTRY/),
  ]);

  const env = { ...shell, KDCUBE_REGISTRY: '', KDCUBE_PLATFORM_REGISTRY: registry.host };
  const { output } = await workspace.mustNx('run-many -t docker-push', { env });
  expect(output).toMatch(/image +digest +layers reused +sent +bytes +took +why/);
  for (const image of IMAGES) {
    expect(receipt(image).repository).toBe(`oci:dist/images/${image}`);
    const index = workspace.json<{ manifests: { digest: string }[] }>(`dist/images/${image}/index.json`);
    expect(index.manifests.map(({ digest }) => digest)).toEqual([receipt(image).digest]);
  }
});

test('reports an unknown option, with the right one', async () => {
  const ran = await workspace.nx(`run ${IMAGES[0]}:docker-push --registri=x --engine=kaniko`);
  expect([ran.exitCode, ran.output]).toEqual([1, expect.stringMatching(/\[wrong-option\][^]*"buildx"[^]*hint {2}--registry/)]);
});

interface Described {
  description?: string;
  example?: unknown;
}

test('nx show project describes every target and option, with an example', async () => {
  for (const project of ['release', 'my-bundle', IMAGES[0]!]) {
    const shown = await workspace.mustNx(['show', 'project', project, '--json']);
    const { targets } = JSON.parse(shown.stdout) as {
      targets: Record<
        string,
        { metadata: Described & { help: { command: string; example: { options: object } }; options: Record<string, Described> } }
      >;
    };
    expect(Object.keys(targets).length).toBeGreaterThan(1);
    for (const [name, { metadata }] of Object.entries(targets)) {
      const at = `${project}:${name}`;
      expect([at, metadata.description, metadata.help.command]).toEqual([
        at,
        expect.stringMatching(/\w+ .*\.$/),
        expect.stringMatching(/^nx /),
      ]);
      for (const [option, { description, example }] of Object.entries(metadata.options)) {
        expect([at, option, description]).toEqual([at, option, expect.stringMatching(/\w+ .*\.|\?$/)]);
        expect([at, option, example]).not.toEqual([at, option, undefined]);
        expect(metadata.help.example.options).toHaveProperty([option], example);
      }
    }
  }
});

test('nx g @kdcube/nx:bundle --help has a description of every option, and examples to type', async () => {
  const { stdout } = await workspace.mustNx('g @kdcube/nx:bundle --help');
  const { properties } = workspace.json<{ properties: Record<string, { description: string }> }>(
    'node_modules/@kdcube/nx/dist/generators/bundle/schema.json',
  );
  const text = stdout.replace(/\[(?:string|default)[^\]]*\]/g, '').replace(/\s+/g, ' ');
  for (const [option, { description }] of Object.entries(properties)) {
    expect(text).toContain(`--${option}`);
    expect(text).toContain(description.replace(/\s+/g, ' ').slice(0, 60));
  }
  expect(text).toMatch(/Examples: nx g @kdcube\/nx:bundle my-bundle/);
});

test('a project in a bundle’s folder is part of the bundle: a change affects the bundle and its images', async () => {
  workspace.commit('A project in a bundle', {
    'bundles/my-bundle/ui/project.json': '{"name":"ui"}',
    'bundles/my-bundle/ui/a.txt': '1',
  });
  workspace.commit('Change it', { 'bundles/my-bundle/ui/a.txt': '2' });
  const { stdout } = await workspace.mustNx('affected -t stage docker-push --base=HEAD~1 --graph=stdout');
  const { tasks } = JSON.parse(stdout.slice(stdout.indexOf('{'))) as { tasks: { tasks: object } };
  expect(Object.keys(tasks.tasks).sort()).toEqual([...IMAGES.map((image) => `${image}:docker-push`), 'my-bundle:stage'].sort());
});

test('nx add @kdcube/nx sets up a plain Nx workspace, and a second time changes nothing', async () => {
  await localNpm();
  const plain = await makeWorkspace({ npm: bareNpm, key: 'plain', create: plainWorkspace(NX, []) });
  await plain.mustNx('add @kdcube/nx');
  expect(plain.json('nx.json')).toMatchObject({
    plugins: [{ plugin: '@kdcube/nx' }],
    sync: { globalGenerators: ['@kdcube/nx:pins'] },
  });
  plain.commit('Add the plugin');
  await plain.mustNx('g @kdcube/nx:init');
  expect(plain.git('status', '--porcelain')).toBe('');
  const asked = await plain.nx('g @kdcube/nx:bundle my-bundle');
  expect([asked.exitCode, asked.output]).toEqual([1, expect.stringContaining('--platformRef=')]);
  await plain.mustNx(`g @kdcube/nx:bundle my-bundle --platformRef=${PLATFORM_REF}`);
  expect((await plain.mustNx('show projects')).stdout.trim().split('\n').sort()).toEqual(
    [...IMAGES, 'my-bundle', 'release'].sort(),
  );
  const schema = /\$schema=(\S+)/.exec(plain.read('release.yaml'))![1]!;
  expect(plain.json(schema)).toMatchObject({ properties: { platform: {}, bundles: {} } });
  expect(path.basename(plain.dir)).toBe('acme');
});
