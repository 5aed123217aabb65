// From release.yaml to pushed images, with a real engine and a real registry: their content, their labels, and when they are built.
import fs from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { optionalEngine, freshPrefix, loadInImage, pushPlatform, testWithEngine } from './support/engine';
import { bundleRepositories } from './support/bundles';
import type { Repo } from './support/git';
import { joined, pathWithoutEngine, treeInGit, treeInImage } from './support/image';
import { localNpm } from './support/npm';
import { type Double, digestsOf, readImage, registryDouble } from './support/oci';
import { expectProblem } from './support/problem';
import { freshFolder, must } from './support/run';
import { type Workspace, makeWorkspace, openWorkspace, PLATFORM_REF } from './support/workspace';

const PROC = 'kdcube-chat-proc-bundled';
const EXEC = 'kdcube-exec-bundled';
const IMAGES = [PROC, EXEC];

let prefix: string;
let platform: Awaited<ReturnType<typeof pushPlatform>>;
let alpha: Repo;
let dotted: Repo;
let workspace: Workspace;
let env: Record<string, string>;
let double: Double;

beforeAll(async () => {
  const engine = optionalEngine();
  if (!engine) return;
  double = await registryDouble({ immutable: [PROC] });
  prefix = freshPrefix(engine);
  platform = await pushPlatform(engine, prefix, PLATFORM_REF);
  ({ alpha, dotted } = bundleRepositories());
  workspace = await makeWorkspace();
  env = { ...engine.env, KDCUBE_REGISTRY: prefix };
  await workspace.mustNx('g @kdcube/nx:bundle here');
  const items = [
    `    - {id: "alpha@1-0-0", repo: ${JSON.stringify(alpha.url)}, ref: "v1.0.0", subdir: "service/bundles"}`,
    `    - {id: "my-bundle@2.0.0", repo: ${JSON.stringify(dotted.url)}, ref: "v2.0.0", subdir: "bundles", module: "my-bundle@2.0.0.entrypoint"}`,
  ].join('\n');
  workspace.write({
    'release.yaml': `${workspace
      .read('release.yaml')
      .trimEnd()
      .replace(/^release_name: .*$/m, 'release_name: "first/release"')}\n${items}\n`,
    // Engines cache builds of earlier runs, so this run's content is unique.
    'bundles/here/run.txt': `${prefix} 1 ${Date.now()}\n`,
    'bundles/here/.gitattributes': 'run.txt text !eol\n',
    'bundles/here/start.sh': { content: '#!/bin/sh\n', mode: 0o755 },
  });
  await workspace.mustNx('sync', { env });
  workspace.commit('A release of three bundles');
  await workspace.mustNx('run-many -t docker-push', { env });
});

afterAll(() => double?.close());

interface Receipt {
  key: string;
  how: 'built' | 'prebuilt' | 'reused';
  digest: string;
  repository: string;
  tags: string[];
  bundles: { id: string; folder: string; tree: string }[];
}

function receipt(image: string, at = workspace): Receipt {
  return at.json<Receipt>(`dist/push/${image}/receipt.json`);
}

function reference(image: string): string {
  return `${prefix}/${image}@${receipt(image).digest}`;
}

// The tests of this file depend on each other, because each push takes seconds.
testWithEngine(
  'the pushed images hold exactly the pinned trees: every path, byte, mode and link, and nothing else',
  async (engine) => {
    const expected = joined({
      'alpha@1-0-0': treeInGit(alpha, 'v1.0.0:service/bundles/alpha@1-0-0'),
      my_bundle_2_0_0: treeInGit(dotted, 'v2.0.0:bundles/my-bundle@2.0.0'),
      here: treeInGit(workspace, 'HEAD:bundles/here'),
    });
    expect(Object.values(expected).map(({ mode }) => mode)).toEqual(
      expect.arrayContaining(['100644', '100755', 'link', '40755']),
    );
    for (const image of IMAGES) {
      expect(receipt(image).how).toBe('built');
      await must('docker', ['pull', '--quiet', reference(image)], engine);
      expect(await treeInImage(engine, reference(image), '/bundles')).toEqual(expected);
    }
  },
);

interface Entry {
  id: string;
  path: string;
  module: string;
}

testWithEngine(
  'python in the images imports each bundle by the platform’s rule, as the descriptor names it, in every generation',
  async (engine) => {
    const expected = Object.fromEntries(
      [
        ['alpha@1-0-0', 'alpha@1-0-0', { final_answer: 'alpha' }],
        ['my-bundle@2.0.0', 'my_bundle_2_0_0', { final_answer: 'dotted' }],
        ['here', 'here', expect.anything()],
      ].map(([id, folder, result]) => [
        id,
        expect.objectContaining({ ok: true, file: `/bundles/${folder as string}/entrypoint.py`, result }),
      ]),
    );
    await workspace.mustNx('run release:descriptor --kind=env-json', { env });
    const { bundles } = workspace.json<{ bundles: Record<string, Entry> }>('dist/release/agentic-bundles.json');
    const inEnv = /^AGENTIC_BUNDLES_JSON='(.*)'$/m.exec(workspace.read('dist/release/descriptor.env'))![1]!;
    expect(JSON.parse(inEnv)).toMatchObject({ bundles });
    await workspace.mustNx('run release:descriptor', { env });
    const { items } = (parse(workspace.read('dist/release/bundles.yaml'), { version: '1.1' }) as { bundles: { items: Entry[] } })
      .bundles;
    const run = { text: 'hello' };
    for (const image of IMAGES) {
      for (const era of ['seed', 'march'] as const)
        expect([
          image,
          era,
          await loadInImage(engine, reference(image), { era, run, env: { AGENTIC_BUNDLES_JSON: inEnv } }),
        ]).toEqual([image, era, expected]);
      expect([image, await loadInImage(engine, reference(image), { era: 'head', run, entries: items })]).toEqual([
        image,
        expected,
      ]);
    }
  },
);

testWithEngine('labels describe the content, and nothing that can change without it', async () => {
  for (const [image, base] of [
    [PROC, 'kdcube-chat-proc'],
    [EXEC, 'py-code-exec'],
  ] as const) {
    const { key, digest, bundles, tags } = receipt(image);
    expect(await digestsOf(`${prefix}/${image}`)).toEqual(Object.fromEntries([`c-${key}`, ...tags].map((tag) => [tag, digest])));
    const { config, text } = await readImage(`${prefix}/${image}`, `c-${key}`);
    const { config: below } = await readImage(`${prefix}/${base}`, platform[base]);
    expect(config.config.Labels).toEqual({
      'io.kdcube.content-key': key,
      'io.kdcube.bundles': JSON.stringify(
        Object.fromEntries(sorted(bundles).map(({ id, folder, tree }) => [id, folder === id ? tree : { folder, tree }])),
      ),
      'io.kdcube.platform-ref': PLATFORM_REF,
      'org.opencontainers.image.base.digest': platform[base],
      'org.opencontainers.image.revision': `c-${key}`,
      'org.opencontainers.image.version': `c-${key}`,
    });
    expect(JSON.stringify(config.config.Labels)).not.toContain(prefix.split('/')[0]);
    const volatile = [alpha, dotted, workspace].flatMap((repo) => [repo.dir, repo.head()]);
    for (const word of [...volatile, alpha.git('rev-parse', 'v1.0.0^{commit}'), 'first', 'v1.0.0', 'v2.0.0', '2026-0', '2026-1'])
      expect(text).not.toContain(word);
    expect(config.created).toBe(below.created);
    const { Labels: _, Env: own, ...rest } = config.config;
    const { Labels: __, Env: inherited, ...restBelow } = below.config;
    expect(rest).toEqual(restBelow);
    expect(own).toEqual([...inherited!, 'AGENTIC_BUNDLES_ROOT=/bundles', 'BUNDLES_ROOT=/bundles']);
  }
});

function sorted<T extends { id: string }>(bundles: readonly T[]): T[] {
  return [...bundles].sort((a, b) => (a.id < b.id ? -1 : 1));
}

testWithEngine(
  'clones in other settings, without an engine: the same key, reused; nothing is built and nothing is sent',
  async () => {
    const before = await Promise.all(IMAGES.map((image) => digestsOf(`${prefix}/${image}`)));
    const settings: [string[], string][] = [
      [['-c', 'core.autocrlf=true'], '077'],
      [['-c', 'core.fileMode=false', '--depth', '1'], '002'],
    ];
    for (const [options, umask] of settings) {
      const clone = path.join(freshFolder('clone'), 'acme');
      await must('sh', ['-c', `umask ${umask} && git clone --quiet ${options.join(' ')} ${workspace.url} ${clone}`]);
      await must('cp', ['-al', path.join(workspace.dir, 'node_modules'), clone]);
      const other = openWorkspace(clone, await localNpm());
      if (options.includes('core.fileMode=false')) fs.chmodSync(path.join(clone, 'bundles/here/start.sh'), 0o644);
      else expect(fs.readFileSync(path.join(clone, 'bundles/here/run.txt'), 'utf8').endsWith('\r\n')).toBe(true);
      expect(other.git('status', '--porcelain')).toBe('');
      await other.mustNx('run-many -t docker-push', { env: { ...env, PATH: pathWithoutEngine(), DOCKER_HOST: '' } });
      for (const image of IMAGES) {
        const { key, digest } = receipt(image);
        expect(receipt(image, other)).toMatchObject({ how: 'reused', key, digest });
      }
    }
    expect(await Promise.all(IMAGES.map((image) => digestsOf(`${prefix}/${image}`)))).toEqual(before);
  },
);

testWithEngine('release:tag tags every image, or none if one is not pushed', async (engine) => {
  const empty = freshPrefix(engine);
  expectProblem(
    await workspace.nx(['run', 'release:tag', `--registry=${empty}`], { env }),
    ['image-not-pushed'],
    `${empty}/${PROC}`,
    `nx run ${PROC}:docker-push`,
  );
  const before = await digestsOf(`${prefix}/${PROC}`);
  expect((await workspace.mustNx('run release:tag --tags=v1.0.0 --dryRun', { env })).stdout).toContain('would tag');
  expect(await digestsOf(`${prefix}/${PROC}`)).toEqual(before);
  const { stdout } = await workspace.mustNx('run release:tag --tags=v1.0.0', { env });
  for (const image of IMAGES) {
    const { digest, key } = receipt(image);
    const tags = [`c-${key}`, 'first-release', 'v1.0.0', `customer-${workspace.head()}`, 'customer-main'];
    expect(await digestsOf(`${prefix}/${image}`)).toEqual(Object.fromEntries(tags.map((tag) => [tag, digest])));
    expect(stdout).toContain(digest);
  }
});

testWithEngine(
  'what is not committed is not tagged as a release; an engine that is asked for and not there builds nothing',
  async () => {
    workspace.write({ 'bundles/here/run.txt': `${prefix} 2 ${Date.now()}\n` });
    expectProblem(await workspace.nx('run release:tag', { env }), ['not-committed'], 'bundles/here');
    const without = { ...env, PATH: pathWithoutEngine(), DOCKER_HOST: '' };
    expectProblem(await workspace.nx(`run ${PROC}:docker-push --engine=buildx`, { env: without }), ['engine-missing'], 'buildx');
    workspace.commit('A second content');
  },
);

testWithEngine(
  'docker-build, then docker-push: found, not built again; a push that fails heals in the next run',
  async (engine) => {
    const to = { env: { ...env, KDCUBE_REGISTRY: double.host, KDCUBE_PLATFORM_REGISTRY: prefix } };
    await workspace.mustNx('run-many -t docker-build', to);
    double.faults = ({ method, name, kind }) =>
      method === 'PUT' && kind === 'manifest' && name === EXEC ? { status: 403 } : undefined;
    fs.rmSync(path.join(workspace.dir, 'dist/push'), { recursive: true });
    const failed = await workspace.nx('run-many -t docker-push', to);
    expectProblem(failed, ['registry-denied'], `${double.host}/${EXEC}`);
    expect(receipt(PROC)).toMatchObject({ how: 'prebuilt', repository: `${double.host}/${PROC}` });
    expect(fs.existsSync(path.join(workspace.dir, 'dist/push', EXEC))).toBe(false);
    expect(await digestsOf(`${double.host}/${EXEC}`)).toEqual({});

    double.faults = undefined;
    await workspace.mustNx('run-many -t docker-push', to);
    expect(IMAGES.map((image) => receipt(image).how)).toEqual(['reused', 'prebuilt']);
    expect((await digestsOf(`${double.host}/${EXEC}`))[`c-${receipt(EXEC).key}`]).toBe(receipt(EXEC).digest);
    // Changed content with the same size and time.
    const pushed = `${double.host}/${EXEC}@${receipt(EXEC).digest}`;
    expect((await treeInImage(engine, pushed, '/bundles'))['here/run.txt']).toEqual(
      treeInGit(workspace, 'HEAD:bundles/here')['run.txt'],
    );
  },
);

testWithEngine('gives the same with docker buildx: from its store, or from a layout if Nx caches the build', async (engine) => {
  const to = { env: { ...env, KDCUBE_REGISTRY: `${double.host}/by-buildx`, KDCUBE_PLATFORM_REGISTRY: prefix } };
  fs.rmSync(path.join(workspace.dir, 'dist'), { recursive: true });
  await workspace.mustNx(`run ${PROC}:docker-push --engine=buildx`, to);
  const { digest, how, repository } = receipt(PROC);
  expect(how).toBe('built');
  const bundles = await treeInImage(engine, `${repository}@${digest}`, '/bundles');
  expect(bundles['here/run.txt']).toEqual(treeInGit(workspace, 'HEAD:bundles/here')['run.txt']);

  await workspace.mustNx(`run ${EXEC}:docker-build --engine=buildx`, to);
  const built = workspace.json<{ engine: string; digest: string }>(`dist/build/${EXEC}/receipt.json`);
  expect(built).toMatchObject({ engine: 'buildx', digest: expect.stringMatching(/^sha256:/) });
  await workspace.mustNx(`run ${EXEC}:docker-push`, to);
  expect(receipt(EXEC)).toMatchObject({ how: 'prebuilt', digest: built.digest });
  expect(await treeInImage(engine, `${receipt(EXEC).repository}@${built.digest}`, '/bundles')).toEqual(bundles);
});

testWithEngine('does not move a release tag of another image: tag-exists reports both digests', async () => {
  const first = (await digestsOf(`${prefix}/${PROC}`))['first-release']!;
  await workspace.mustNx('run-many -t docker-push', { env });
  const before = await Promise.all(IMAGES.map((image) => digestsOf(`${prefix}/${image}`)));
  expectProblem(await workspace.nx('run release:tag', { env }), ['tag-exists'], '"first-release"', first, receipt(PROC).digest);
  expect(await Promise.all(IMAGES.map((image) => digestsOf(`${prefix}/${image}`)))).toEqual(before);
});

testWithEngine('with immutable tags, keeps the branch tag, and reports it', async () => {
  const to = { env: { ...env, KDCUBE_REGISTRY: double.host, KDCUBE_PLATFORM_REGISTRY: prefix } };
  const before = await digestsOf(`${double.host}/${PROC}`);
  workspace.commit('A third content', { 'bundles/here/run.txt': `${prefix} 3 ${Date.now()}\n` });
  // In its default style, Nx shows nothing of a task that succeeded.
  const { output } = await workspace.mustNx(`run-many -t docker-push -p ${PROC}`, to);
  expect(output).toMatch(/the moving tag "customer-main" was left as it is, because the repository's tags are immutable/);
  const { key, digest, tags } = receipt(PROC);
  expect(tags).toEqual([`customer-${workspace.head()}`]);
  expect(await digestsOf(`${double.host}/${PROC}`)).toEqual({ ...before, [`c-${key}`]: digest, [tags[0]!]: digest });
});
