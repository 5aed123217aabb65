// Builds one Dockerfile and context without an engine and with buildx, and pulls and starts both images.
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { isRefusal, readIgnore, readRecipe, type Refusal } from '@kdcube/release/internal';
import { baseFiles } from '../../packages/nx/src/oci/base-files';
import { scratch, type Base } from '../../packages/nx/src/oci/base';
import { assembleImage, type BuiltImage } from '../../packages/nx/src/oci/build';
import { partsOf } from '../../packages/nx/src/oci/layout';
import type { Descriptor } from '../../packages/nx/src/registry/manifests/manifest-format';
import { pushImage } from '../../packages/nx/src/registry/push';
import { getManifest } from '../../packages/nx/src/registry/manifests/manifests';
import { connect } from '../../packages/nx/src/registry/transport/connect';
import { getImage } from '../../packages/nx/src/registry/manifests/image';
import { stageTree } from '../../packages/nx/src/workspace/stage';
import { type Engine, freshPrefix } from './engine';
import { gitRepo, type Repo } from './git';
import { imageFiles } from './image-tree';
import { once } from './once';
import { freshFolder, must, run } from './run';

const PLATFORM = 'linux/amd64';

/** A base with difficult cases for COPY: symlinked folders and files, folders with owners and modes, a user. Its entrypoint reports how it was started. */
const BASE = `FROM scratch
COPY rootfs/ /
COPY --chown=9:9 --chmod=700 rootfs/etc/conf/ /owned/
COPY --chown=1000:1000 --chmod=700 rootfs/etc/conf/ /state/
ENV LANG=C BASE=1
EXPOSE 22
VOLUME /data
LABEL x=base y=base org.opencontainers.image.version=1
HEALTHCHECK --interval=5s CMD true
WORKDIR /srv/app
USER 1000:50
ENTRYPOINT ["/entry"]
CMD ["basecmd"]
`;

/** It writes to a mounted file: under load, an engine at times loses the output of a container that ends at once (1 of 200 runs), in its log too. */
const ENTRY = `#!/bin/sh
{
  echo "arguments: $*"
  echo "in $(pwd) as $(id -u):$(id -g)"
  env | sort
} >/report/output
`;

/** A Dockerfile and its options. */
export interface Case {
  /** After `FROM base`, unless it has a FROM. */
  dockerfile: string;
  ignore?: string;
  args?: Record<string, string>;
  /** The build must not read the files of the base. */
  withoutBase?: true;
}

/** A repository with the image's own files in `own` and bundles in `bundles/<id>`. */
export interface Context {
  repo: Repo;
  bundles: readonly string[];
}

export interface TestBase {
  /** By digest. */
  reference: string;
  repository: string;
  digest: string;
}

export async function baseImage(engine: Engine): Promise<TestBase> {
  return once('parity-base', async () => {
    const dir = freshFolder('base');
    gitRepo(dir, {
      Dockerfile: BASE,
      'rootfs/usr/lib/a': 'a',
      'rootfs/lib': { symlink: 'usr/lib' },
      'rootfs/etc/conf/f': '1',
      'rootfs/etc/clink': { symlink: '/etc/conf' },
      'rootfs/etc/flink': { symlink: 'conf/f' },
      'rootfs/data/d': 'd',
      'rootfs/sticky/s': 's',
      'rootfs/group/g': 'g',
      'rootfs/statelink': { symlink: 'state' },
      'rootfs/stickylink': { symlink: 'sticky' },
      'rootfs/absolute': { symlink: '/group' },
      'rootfs/entry': { content: ENTRY, mode: 0o755 },
      ...Object.fromEntries(['sh', 'env', 'id', 'sort'].map((tool) => [`rootfs/bin/${tool}`, { symlink: 'busybox' }])),
    });
    for (const folder of ['data', 'sticky']) fs.chmodSync(path.join(dir, 'rootfs', folder), 0o1777);
    fs.chmodSync(path.join(dir, 'rootfs/group'), 0o2770);
    await must('tar', ['-xf', engine.pythonRoot, '-C', path.join(dir, 'rootfs'), './bin/busybox']);
    const name = `${freshPrefix(engine)}/base`;
    await must('docker', ['buildx', 'build', '--push', '--provenance=false', '-t', `${name}:1`, dir], engine);
    const repository = name.slice(engine.registry.length + 1);
    const { digest } = await getManifest(connect(engine.registry), repository, '1');
    return { reference: `${name}:1@${digest}`, repository, digest };
  });
}

export interface Comparison {
  /** The `config` object of both images. */
  settings: { ours: object; theirs: object };
  files: { ours: object; theirs: object };
  /** The exit code and the report of a started container. */
  started: { ours: object; theirs: object };
}

/** Builds the case in both ways, and pulls and starts both images; or returns the refusal of the daemonless build. */
export async function compareBuilds(engine: Engine, context: Context, each: Case): Promise<Comparison | Refusal> {
  const base = await baseImage(engine);
  const built = await buildOurs(engine, base, context, each);
  if (isRefusal(built)) return built;
  const ours = await pushOurs(engine, base, built);
  const theirs = await buildWithBuildx(engine, base, context, each);
  const config = JSON.parse(built.config.bytes.toString('utf8')) as { config: object };
  const [one, other] = await Promise.all([ours, theirs.image].map((image) => inspectImage(engine, image)));
  const result = {
    settings: { ours: config.config, theirs: theirs.config },
    files: { ours: one!.files, theirs: other!.files },
    started: { ours: one!.started, theirs: other!.started },
  };
  await must('docker', ['rmi', '-f', ours, theirs.image], engine);
  return result;
}

/** Pulls an image, and starts it with its own user, folder, variables, entrypoint and command. */
async function inspectImage(engine: Engine, image: string): Promise<{ files: object; started: object }> {
  await must('docker', ['pull', '--quiet', image], engine);
  return { files: await imageFiles(engine, image), started: await startImage(engine, image) };
}

/** The exit code and the entrypoint's report; the engine's error if the container does not start. */
async function startImage(engine: Engine, image: string): Promise<object> {
  const report = freshFolder('report');
  // Any user of the image may write to it.
  fs.chmodSync(report, 0o1777);
  const name = `parity-${randomUUID()}`;
  const mount = ['--volume', `${report}:/report`];
  const args = ['run', '--detach', '--name', name, '--network', 'none', '--hostname', 'parity', ...mount, image];
  const { exitCode, stderr } = await run('docker', args, engine);
  try {
    if (exitCode !== 0) return { exitCode, output: '', error: stderr.replaceAll(name, 'parity') };
    const status = Number((await must('docker', ['wait', name], engine)).stdout);
    const file = path.join(report, 'output');
    return { exitCode: status, output: fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '' };
  } finally {
    await run('docker', ['rm', '--force', '--volumes', name], engine);
  }
}

function dockerfileText({ dockerfile }: Pick<Case, 'dockerfile'>, base: TestBase): string {
  const text = /^from /im.test(dockerfile) ? dockerfile : `FROM base\n${dockerfile}`;
  return text.replace(/^(from) base\b/gim, `$1 ${base.reference}`);
}

export async function buildOurs(
  engine: Engine,
  base: TestBase,
  { repo, bundles }: Context,
  each: Case,
): Promise<BuiltImage | Refusal> {
  const recipe = readRecipe(dockerfileText(each, base), { args: each.args ?? {}, platform: PLATFORM });
  if (isRefusal(recipe)) return recipe;
  const registry = connect(engine.registry);
  const found: Base =
    recipe.from === 'scratch'
      ? scratch(PLATFORM)
      : { reference: recipe.from, ...(await getImage(registry, base.repository, base.digest, PLATFORM)) };
  repo.write({ 'own/.dockerignore': each.ignore ?? '# nothing\n' });
  repo.git('add', 'own/.dockerignore');
  const tree = repo.git('write-tree');
  const open = () => Promise.resolve({ context: { cwd: repo.dir } });
  const part = (at: string, folder: string) => ({
    path: at,
    tree: repo.git('rev-parse', `${tree}:${folder}`),
    open,
    subject: folder,
  });
  return assembleImage({
    recipe,
    base: found,
    platform: PLATFORM,
    context: [part('', 'own'), ...bundles.map((id) => part(`bundles/${id}`, `bundles/${id}`))],
    ignore: readIgnore(each.ignore ?? ''),
    labels: {},
    baseFiles: () => {
      if (each.withoutBase) throw new Error('the build read the files of the base');
      return baseFiles(found.manifest.layers, (layer) => blob(engine, base, layer));
    },
  });
}

async function buildWithBuildx(
  engine: Engine,
  base: TestBase,
  { repo, bundles }: Context,
  each: Case,
): Promise<{ image: string; config: object }> {
  const dir = path.join(freshFolder('buildx'), 'context');
  const tree = repo.git('write-tree');
  const stage = (folder: string, into: string) =>
    stageTree({ context: { cwd: repo.dir } }, repo.git('rev-parse', `${tree}:${folder}`), into);
  await stage('own', dir);
  for (const id of bundles) await stage(`bundles/${id}`, path.join(dir, 'bundles', id));
  const file = path.join(freshFolder('dockerfile'), 'Dockerfile');
  fs.writeFileSync(file, dockerfileText(each, base));
  const image = `${freshPrefix(engine)}/theirs:1`;
  const args = Object.entries(each.args ?? {}).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]);
  await must('docker', ['buildx', 'build', '--push', '--provenance=false', '-f', file, ...args, '-t', image, dir], engine);
  const { config } = await getImage(
    connect(engine.registry),
    image.slice(engine.registry.length + 1).split(':')[0]!,
    '1',
    PLATFORM,
  );
  return { image, config: config.config! };
}

/** Pushes as docker-push does: the base's layers are mounted from their repository. Returns the image's name. */
async function pushOurs(engine: Engine, base: TestBase, image: BuiltImage): Promise<string> {
  const registry = connect(engine.registry);
  const { config, layers, manifest, mediaType } = image;
  const { open } = partsOf(image);
  const name = `${freshPrefix(engine)}/ours`;
  const own = layers.map(({ descriptor }) => ({ ...descriptor, open: () => open(descriptor) as AsyncIterable<Uint8Array> }));
  const below = image.base.map((layer) => ({ ...layer, from: { registry, repository: base.repository } }));
  const blobs = [{ ...config.descriptor, open: () => oneChunk(config.bytes) }, ...below, ...own];
  await pushImage(registry, name.slice(engine.registry.length + 1), { manifest, mediaType, blobs });
  return `${name}@${image.digest}`;
}

async function* oneChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function* blob(engine: Engine, base: TestBase, layer: Descriptor): AsyncGenerator<Uint8Array> {
  const answer = await fetch(`http://${engine.registry}/v2/${base.repository}/blobs/${layer.digest}`);
  for await (const chunk of answer.body! as unknown as AsyncIterable<Uint8Array>) yield chunk;
}
