import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { ProjectConfiguration } from '@nx/devkit';
import { createDependencies } from './create-dependencies';
import { createNodes } from './create-nodes';
import type { PluginOptions } from '../plugin-options';

let root: string;

beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'kdcube-graph-'));
});

afterEach(() => {
  fs.rmSync(root, { recursive: true });
});

function write(files: Record<string, string>): void {
  for (const [file, text] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    fs.writeFileSync(path.join(root, file), text);
  }
}

async function projects(options: PluginOptions = {}): Promise<Record<string, ProjectConfiguration>> {
  const [, create] = createNodes;
  const results = await create(['release.yaml'], options, { workspaceRoot: root, nxJsonConfiguration: {} } as never);
  const found = results.flatMap(([, { projects: byRoot }]) => Object.entries(byRoot ?? {}));
  return Object.fromEntries(
    found.map(([place, project]) => [project.name!, { ...project, root: place } as ProjectConfiguration]),
  );
}

async function edges(): Promise<string[]> {
  const known = await projects();
  const found = await createDependencies({}, { projects: known, workspaceRoot: root } as never);
  return found.map(({ source, target }) => `${source} → ${target}`).sort();
}

const RELEASE = `platform: {repo: kdcube-ai-app, ref: "2026.3.4.1716"}
bundles:
  items:
    - id: "here@1-0"
    - id: "there@2-0"
      repo: "git@example.com:org/bundles.git"
      ref: "v2"
      subdir: "service/bundles"
`;

const DOCKERFILE =
  'ARG KDCUBE_PLATFORM_REGISTRY\nARG KDCUBE_PLATFORM_REF\nFROM ${KDCUBE_PLATFORM_REGISTRY}/kdcube-chat-proc:${KDCUBE_PLATFORM_REF}\nCOPY ./bundles /bundles\n';

const PIN = JSON.stringify({
  pin: 1,
  repo: 'git@example.com:org/bundles.git',
  ref: 'v2',
  subdir: 'service/bundles',
  commit: 'c'.repeat(40),
  path: 'service/bundles/there@2-0',
  tree: 'd'.repeat(40),
});

const WORKSPACE = {
  'release.yaml': RELEASE,
  'bundles/here@1-0/entrypoint.py': '',
  'bundles/here@1-0/tests/test_entrypoint.py': '',
  'images/proc/Dockerfile_ChatProcBundled': DOCKERFILE,
  'pins/bundles/there@2-0/pin.json': PIN,
};

describe('createNodes', () => {
  it('gives an image that copies the frontend the frontend’s pin as an input, and no other image', async () => {
    write({
      ...WORKSPACE,
      'release.yaml': `frontend: {repo: "git@example.com:org/ui.git", ref: v1}\n${RELEASE}`,
      'images/ui/Dockerfile_UI': 'FROM node:22\nCOPY frontend/ /app/\n',
    });
    const found = await projects();
    const pin = '{workspaceRoot}/pins/frontend/pin.json';
    expect(found.ui!.targets!['docker-push']!.inputs).toContain(pin);
    expect(found.ui!.namedInputs!.source).toContain(pin);
    expect(JSON.stringify(found.proc)).not.toContain('pins/frontend');
  });

  it('creates one project for each bundle and each image, and release, each with an existing root', async () => {
    write(WORKSPACE);
    const found = await projects();
    expect(Object.keys(found).sort()).toEqual(['here@1-0', 'proc', 'release', 'there@2-0']);
    expect(found['here@1-0']!.root).toBe('bundles/here@1-0');
    expect(found['there@2-0']!.root).toBe('pins/bundles/there@2-0');
    for (const project of Object.values(found)) expect(fs.existsSync(path.join(root, project.root))).toBe(true);
  });

  it('creates a project for each published image of the platform, which only docker-push copies', async () => {
    const release = RELEASE.replace('1716"', '1716", registry: "docker.io/kdcube"');
    write({ ...WORKSPACE, 'release.yaml': release, 'images/kdcube-web-ui/Dockerfile': 'FROM nginx:1\n' });
    const found = await projects();
    const published = Object.values(found).filter(({ tags }) => tags?.includes('kdcube:platform'));
    expect(published).toHaveLength(7);
    const metrics = found['kdcube-metrics']!;
    expect(metrics.root).toBe('pins/platform/kdcube-metrics');
    expect(Object.keys(metrics.targets!)).toEqual(['docker-push']);
    expect(metrics.targets!['docker-push']).toMatchObject({
      executor: '@kdcube/nx:docker-push',
      cache: false,
      inputs: ['{workspaceRoot}/pins/platform/kdcube-metrics/pin.json', '^source'],
    });
    expect(found['kdcube-web-ui']!.root).toBe('images/kdcube-web-ui');
    expect(await edges()).toEqual(expect.arrayContaining(['release → kdcube-metrics', 'release → py-code-exec']));
  });

  it('finds a workspace bundle by its folder and a pinned one only by its pin, even if its folder exists here', async () => {
    write({ ...WORKSPACE, 'service/bundles/there@2-0/entrypoint.py': '' });
    const found = await projects();
    expect(found['here@1-0']!.namedInputs).toEqual({ source: ['{workspaceRoot}/bundles/here@1-0/**/*'] });
    expect(found['there@2-0']!.root).toBe('service/bundles/there@2-0');
    expect(found['there@2-0']!.namedInputs).toEqual({ source: ['{workspaceRoot}/pins/bundles/there@2-0/pin.json'] });
  });

  it('gives docker-push the inputs of docker-build, and caches only what needs no engine', async () => {
    write(WORKSPACE);
    const { targets } = (await projects()).proc!;
    const inputs = ['{workspaceRoot}/images/proc/**/*', '{workspaceRoot}/pins/images/proc/pin.json', '^source'];
    expect(targets!['docker-push']).toMatchObject({ cache: false, inputs });
    expect(targets!['docker-build']).toMatchObject({
      cache: true,
      // Nx does not hash file modes; git has them.
      inputs: [...inputs, { runtime: expect.stringContaining('git ls-files -s -- "images/proc" "bundles/here@1-0"') }],
      outputs: ['{workspaceRoot}/dist/build/proc'],
    });
    expect(targets!['docker-push']!.dependsOn).toBeUndefined();
  });

  it('gives an image whose Dockerfile is elsewhere the folder of its pin, and the Dockerfile’s folder as input', async () => {
    write({ ...WORKSPACE, 'ops/prod/Dockerfile_ChatProcBundled': DOCKERFILE, 'ops/prod/Dockerfile_ExecBundled': DOCKERFILE });
    const images = { 'acme-proc': 'ops/prod/Dockerfile_ChatProcBundled', 'acme-exec': 'ops/prod/Dockerfile_ExecBundled' };
    const found = await projects({ images });
    for (const name of Object.keys(images)) {
      expect(found[name]!.root).toBe(`pins/images/${name}`);
      expect(found[name]!.targets!['docker-push']!.inputs).toEqual([
        '{workspaceRoot}/ops/prod/**/*',
        `{workspaceRoot}/pins/images/${name}/pin.json`,
        '^source',
      ]);
    }
  });

  it('adds boot to images with bundles, never cached; docker-push runs it first if the options say so, with its own parameters', async () => {
    const web = { 'images/web/Dockerfile': 'FROM nginx:1\n' };
    write({ ...WORKSPACE, ...web });
    const found = await projects();
    expect(found.proc!.targets!.boot).toMatchObject({
      cache: false,
      executor: '@kdcube/nx:boot',
      inputs: found.proc!.targets!['docker-push']!.inputs,
    });
    expect(found.web!.targets!.boot).toBeUndefined();
    const asked = await projects({ bootBeforePush: true, targetNames: { boot: 'try' } });
    expect(asked.proc!.targets!['docker-push']!.dependsOn).toEqual([{ target: 'try', params: 'forward' }]);
    expect(asked.web!.targets!['docker-push']!.dependsOn).toBeUndefined();
  });

  it('matches only release.yaml: deleting a matching file marks everything as affected, and pins get deleted', () => {
    expect(createNodes[0]).toBe('release.yaml');
  });

  it('caches stage, unless it must fail: a stale pin, a problem in release.yaml', async () => {
    const cached = async (): Promise<(boolean | undefined)[]> => {
      const found = await projects();
      return ['here@1-0', 'there@2-0'].map((bundle) => found[bundle]!.targets!.stage!.cache);
    };
    write(WORKSPACE);
    expect(await cached()).toEqual([true, true]);
    write({ 'release.yaml': RELEASE.replace('"v2"', '"v3"') });
    expect(await cached()).toEqual([true, false]);
    write({ 'release.yaml': `${RELEASE}unknown: 1\n` });
    expect(await cached()).toEqual([false, false]);
  });

  it('caches no target with --dryRun: Nx would restore what was in dist during the dry run', async () => {
    write(WORKSPACE);
    for (const project of Object.values(await projects())) {
      for (const [name, { cache, metadata }] of Object.entries(project.targets!)) {
        if (Object.hasOwn(metadata!.options as object, 'dryRun')) expect([name, cache]).toEqual([name, false]);
      }
    }
  });

  it('adds a test target only if there is a test', async () => {
    write(WORKSPACE);
    expect((await projects())['here@1-0']!.targets!.test).toBeDefined();
    fs.rmSync(path.join(root, 'bundles/here@1-0/tests'), { recursive: true });
    expect((await projects())['here@1-0']!.targets!.test).toBeUndefined();
  });

  it('names targets as the options say', async () => {
    write(WORKSPACE);
    const found = await projects({ targetNames: { 'docker-push': 'push', stage: 'copy' } });
    expect(Object.keys(found.proc!.targets!)).toEqual(['docker-build', 'boot', 'push']);
    expect(Object.keys(found['here@1-0']!.targets!)).toEqual(['test', 'copy']);
  });

  it('never throws for invalid plugin options: it ignores them', async () => {
    write(WORKSPACE);
    const options = { registri: 1, targetNames: { 'docker-pus': 'push', stage: 'copy' } } as PluginOptions;
    const found = await projects(options);
    expect(Object.keys(found.proc!.targets!)).toEqual(['docker-build', 'boot', 'docker-push']);
    expect(Object.keys(found['here@1-0']!.targets!)).toEqual(['test', 'copy']);
  });

  it('passes the options of a descriptor to its target, so that they are part of its hash', async () => {
    write(WORKSPACE);
    expect((await projects({ mode: 'git', generation: '2026.4.19' })).release!.targets!.descriptor!.options).toEqual({
      mode: 'git',
      generation: '2026.4.19',
    });
  });

  it('describes every target and every option, with an example', async () => {
    write(WORKSPACE);
    for (const project of Object.values(await projects())) {
      for (const target of Object.values(project.targets!)) {
        expect(target.metadata!.description).toMatch(/\w/);
        expect(target.metadata!.help!.command).toMatch(/^nx /);
        for (const option of Object.values(
          target.metadata!.options as Record<string, { description: string; example: unknown }>,
        )) {
          expect(option.description).toMatch(/\w/);
          expect(option.example).toBeDefined();
        }
      }
    }
  });

  const BROKEN: Record<string, string> = {
    'is empty': '',
    'is not YAML': 'a: [',
    'is a list': '- a',
    'has ids that climb out': 'platform: {ref: v1}\nbundles: {items: [{id: ../../etc}, {id: "-rf"}, {id: "a b"}]}',
    'has two bundles with one id': 'platform: {ref: v1}\nbundles: {items: [{id: a@1}, {id: a@1}]}',
    'has a bundle called release': 'platform: {ref: v1}\nbundles: {items: [{id: release}]}',
    'is UTF-16': '\uFFFE\u0000a',
    'nests a thousand lists': '['.repeat(1000),
  };
  for (const [what, text] of Object.entries(BROKEN)) {
    it(`never throws: release.yaml ${what}, and release is still a project`, async () => {
      write({ 'release.yaml': text });
      const found = await projects();
      expect(found.release!.targets!.validate).toBeDefined();
      for (const project of Object.values(found)) expect(project.root).not.toContain('..');
    });
  }

  it('keeps a bundle without folder and pin: run-many must not skip it and succeed', async () => {
    write(WORKSPACE);
    fs.rmSync(path.join(root, 'pins'), { recursive: true });
    fs.rmSync(path.join(root, 'bundles'), { recursive: true });
    const found = await projects();
    expect(Object.keys(found).sort()).toEqual(['here@1-0', 'proc', 'release', 'there@2-0']);
    expect([found['here@1-0']!.root, found['there@2-0']!.root]).toEqual(['bundles/here@1-0', 'pins/bundles/there@2-0']);
    expect(Object.keys(found['here@1-0']!.targets!)).toEqual(['stage']);
  });

  it('creates no project outside the workspace, whatever subdir is', async () => {
    const outside = `out-${path.basename(root)}`;
    write({ 'release.yaml': `platform: {ref: v1}\nbundles: {items: [{id: ${outside}, subdir: ".."}, {id: ok, subdir: a/./b}]}` });
    fs.mkdirSync(path.join(root, '..', outside));
    fs.writeFileSync(path.join(root, '..', outside, 'entrypoint.py'), '');
    try {
      expect(Object.keys(await projects()).sort()).toEqual(['ok', 'release']);
    } finally {
      fs.rmSync(path.join(root, '..', outside), { recursive: true });
    }
  });

  it('creates nothing in a workspace without release.yaml', async () => {
    const [, create] = createNodes;
    expect(await create(['images/x/Dockerfile'], {}, { workspaceRoot: root, nxJsonConfiguration: {} } as never)).toEqual([]);
  });
});

describe('createDependencies', () => {
  it('makes an image depend on the bundles of its pin, and release on the images', async () => {
    write({
      ...WORKSPACE,
      'pins/images/proc/pin.json': JSON.stringify({ pin: 1, platform: '2026.3.4.1716', bundles: ['here@1-0'], bases: {} }),
    });
    expect(await edges()).toEqual(['proc → here@1-0', 'release → proc']);
  });

  it('uses release.yaml if there is no pin', async () => {
    write(WORKSPACE);
    expect(await edges()).toEqual(['proc → here@1-0', 'proc → there@2-0', 'release → proc']);
  });

  it('adds no dependency on a missing project', async () => {
    write({
      ...WORKSPACE,
      'pins/images/proc/pin.json': JSON.stringify({ pin: 1, platform: 'x', bundles: ['gone@1'], bases: {} }),
    });
    expect(await edges()).toEqual(['release → proc']);
  });
});
