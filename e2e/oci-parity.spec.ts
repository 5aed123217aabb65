// The same Dockerfile and context, built by arithmetic and by a real buildx: equal files in a container, equal settings, or a refusal that names the line.
import fs from 'node:fs';
import path from 'node:path';
import { isRefusal, readIgnore, readRecipe, type Refusal } from '@kdcube/release';
import { baseFiles } from '../packages/nx/src/effects/oci/base-files';
import { scratch, type Base } from '../packages/nx/src/effects/oci/base';
import { buildImage, type BuiltImage } from '../packages/nx/src/effects/oci/build';
import { writeDockerArchive } from '../packages/nx/src/effects/oci/archive';
import { writeLayout } from '../packages/nx/src/effects/oci/layout';
import { connect, getManifest, imageConfig } from '../packages/nx/src/effects/registry/registry';
import type { Descriptor } from '../packages/nx/src/effects/registry/manifest';
import { stageTree } from '../packages/nx/src/effects/stage';
import { engineIfThere, freshPrefix, testWithEngine, type Engine } from './support/engine';
import { gitRepo, type Files, type Repo } from './support/git';
import { imageFiles } from './support/image-tree';
import { once } from './support/once';
import { freshFolder, must } from './support/run';

const PLATFORM = 'linux/amd64';

/** A base with what makes COPY hard: linked folders, linked files, folders with owners and modes, a deleted file, a user. */
const BASE = `FROM scratch
COPY rootfs/ /
COPY --chown=9:9 --chmod=700 rootfs/etc/conf/ /owned/
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

const FILES: Files = {
  'x.txt': 'x\n',
  'run.sh': { content: '#!/bin/sh\n', mode: 0o755 },
  'empty.txt': '',
  'dir/t.txt': 't\n',
  'dir/u.conf': 'u\n',
  'dir/sub/y': 'y\n',
  'dir/sub/deep/z': 'z\n',
  'dir/l': { symlink: 'sub/y' },
  'dir/dangling': { symlink: '../gone' },
  dl: { symlink: 'dir' },
  fl: { symlink: 'dir/t.txt' },
  'sys/conf/z': 'z\n',
  'sys/lib/q': 'q\n',
  'names/ä ö/ü.txt': 'ü\n',
  'names/[a].txt': 'a\n',
  [`names/${'long/'.repeat(30)}${'n'.repeat(90)}`]: 'long\n',
  'names/tolink': { symlink: `${'t/'.repeat(80)}x` },
  'ignored/a.pyc': 'a',
  'ignored/keep/b.pyc': 'b',
  'ignored/keep/c.py': 'c',
  'plain.tar.txt': 'not an archive\n'.repeat(60),
};

/** Trees of their own, as bundles are. */
const BUNDLES: Record<string, Files> = {
  one: {
    'entrypoint.py': 'one = 1\n',
    'pkg/__init__.py': '',
    'pkg/tool.sh': { content: '#!/bin/sh\n', mode: 0o755 },
    'pkg/l': { symlink: '../entrypoint.py' },
  },
  two: {
    'entrypoint.py': 'two = 2\n',
    'data/a.bin': new Uint8Array(100_000).map((_, index) => (index * 7) % 251),
    'data/x.pyc': 'pyc',
  },
};

interface Case {
  name: string;
  /** Behind `FROM base`, unless it has a FROM. */
  dockerfile: string;
  ignore?: string;
  args?: Record<string, string>;
  /** It needs no look into the base: none is given. */
  blind?: true;
}

const EQUAL: Case[] = [
  {
    name: 'the standard image: bundles and variables',
    dockerfile: 'ARG KDCUBE_PLATFORM_REF\nCOPY bundles /bundles\nENV AGENTIC_BUNDLES_ROOT=/bundles\nENV A=${A:-1} LANG=D',
    blind: true,
  },
  { name: 'bundles with an owner', dockerfile: 'COPY --chown=1000:1000 bundles /bundles' },
  { name: 'bundles with a mode', dockerfile: 'COPY --chmod=0750 bundles/ /bundles/', blind: true },
  {
    name: 'one bundle, and a file of another',
    dockerfile: 'COPY bundles/one /app/one\nCOPY bundles/two/entrypoint.py /app/two.py',
    blind: true,
  },
  {
    name: 'a file over a bundle',
    dockerfile: 'COPY bundles /bundles\nCOPY x.txt /bundles/one/entrypoint.py\nCOPY dir /bundles/two/data',
  },
  { name: 'bundles into one folder', dockerfile: 'COPY bundles/one bundles/two /flat/' },
  { name: 'the whole context', dockerfile: 'COPY . /all', blind: true },
  {
    name: 'the whole context without what is ignored',
    dockerfile: 'COPY . /all',
    ignore: '# not these\n**/*.pyc\n!ignored/keep/b.pyc\ndir/sub\nnames/*\nbundles/two/data/a.bin\n.dockerignore',
    blind: true,
  },
  {
    name: 'everything ignored, with exceptions',
    dockerfile: 'COPY . /all/',
    ignore: '*\n!dir/sub\n!bundles/one/pkg\nbundles/one/pkg/l',
    blind: true,
  },
  {
    name: 'files to a folder, and with a new name',
    dockerfile: 'COPY x.txt run.sh empty.txt /w/a/\nCOPY run.sh /w/b/start.sh\nCOPY x.txt /w/c/x.txt\nCOPY run.sh /',
    blind: true,
  },
  { name: 'a file to what may be a folder', dockerfile: 'COPY x.txt /owned\nCOPY x.txt /newfile\nCOPY x.txt /etc' },
  {
    name: 'into linked folders and linked files',
    dockerfile: 'COPY x.txt /lib/\nCOPY x.txt /etc/clink\nCOPY run.sh /etc/flink\nCOPY dir /etc/clink/sub',
  },
  {
    name: 'over folders that are there, with their owners',
    dockerfile: 'COPY dir /owned\nCOPY sys/ /etc/\nCOPY --chown=3:4 dir/sub /etc/conf',
  },
  {
    name: 'owners and modes',
    dockerfile:
      'COPY --chown=5:6 --chmod=711 dir /new/n2\nCOPY --chown=7 x.txt /f/g/file\nCOPY --chown=8:9 fl /f/\nCOPY --chmod=4755 run.sh /f/suid',
  },
  { name: 'linked sources', dockerfile: 'COPY dl /fromlink\nCOPY fl dl/sub/y /files/\nCOPY dir/l /lone/l', blind: true },
  {
    name: 'wildcards',
    dockerfile: 'COPY dir/*.??? /w1/\nCOPY d*/t* no*thing /w2/\nCOPY names/[[]a].txt /w3/\nCOPY dir/[^td]* /w4/\nCOPY b*/o* /w5/',
    blind: true,
  },
  {
    name: 'names',
    dockerfile: 'COPY names /names\nCOPY ["names/ä ö", "x.txt", "/with space/"]\nCOPY "x.txt" \'/quoted\'/',
    blind: true,
  },
  {
    name: 'working folders',
    dockerfile:
      'WORKDIR sub/deep\nCOPY x.txt .\nCOPY x.txt ../up/\nUSER 77\nWORKDIR /etc/clink/new\nWORKDIR /\nCOPY dir rel\nWORKDIR $LANG/x',
  },
  { name: 'ADD of files and folders', dockerfile: 'ADD dir x.txt /added/\nADD --chown=1:2 plain.tar.txt /added/p.txt' },
  {
    name: 'from nothing',
    dockerfile: 'FROM scratch\nCOPY bundles /b\nCOPY --chown=2:3 dir /d/e\nWORKDIR /w\nCMD ["/b"]',
    blind: true,
  },
  {
    name: 'stages on one another, and one that is not needed',
    dockerfile:
      'FROM base AS unused\nRUN false\nFROM base AS one\nARG A=1\nCMD one\nENV X=$A\nCOPY x.txt /one/\nFROM one\nENV Y=${A:-no}\nENTRYPOINT ["two"]',
    blind: true,
  },
  {
    name: 'arguments and variables',
    dockerfile:
      'ARG G=glob\nARG H=${G}al\nFROM base\nARG H\nARG TARGETARCH\nARG D=d$H\nARG GIVEN=no\nARG NONE\nENV a=3\nARG a=5\nENV z=$a h=$H d=${D} g=$GIVEN t=$TARGETARCH n=${NONE:-unset} n2=${NONE:+set} BASE=2\nENV q=\'$a\' dq="$a\\"x\\n" sp=a\\ b esc=\\$a "k"=v\nENV leg  $a  b "c d" \\\n  # a comment\n  e\nENV a=1 b=$a\nLABEL one=$H "two words"="a \\\n  b" x=${BASE}\nLABEL three four',
    args: { GIVEN: 'yes', UNKNOWN: 'x' },
    blind: true,
  },
  {
    name: 'commands',
    dockerfile:
      'CMD echo $HOME  "x"\nENTRYPOINT exec  run $x\nSHELL ["/bin/bash", "-c"]\nHEALTHCHECK --interval=1m30s --timeout=1500ms --start-period=2h --retries=4 CMD curl  "x" || exit 1\nSTOPSIGNAL 9\nEXPOSE 80 90/udp 8000-8002/tcp 81:82\nVOLUME ["/v w", "/u"]\nVOLUME /t /s\nUSER app:grp\nMAINTAINER me  <a@b>',
    blind: true,
  },
  {
    name: 'commands in JSON',
    dockerfile: 'ENTRYPOINT ["a", "b c"]\nHEALTHCHECK CMD ["x", "y"]\nCMD [ "d" , "é\\u0041" ] and more',
    blind: true,
  },
  { name: 'commands taken back', dockerfile: 'ENTRYPOINT []\nHEALTHCHECK NONE\nCMD []', blind: true },
  { name: 'settings only: no layer', dockerfile: 'from base\nlabel a=b\nenv b=c', blind: true },
];

const REFUSED: [dockerfile: string, line: number, why: RegExp][] = [
  ['FROM base\nCOPY x.txt /x\nRUN make', 3, /runs a program/],
  ['FROM base AS b\nFROM base\nCOPY --from=b /x /x', 3, /from b/],
  ['FROM base\nADD https://example.com/x /x', 2, /downloads/],
  ['FROM base\n\nADD archive.txt /x/', 3, /unpacks archive.txt/],
  ['FROM base\nCOPY sys/ /', 2, /\/lib is a link/],
  ['FROM base\nUSER app\nWORKDIR /new', 3, /not numeric/],
  ['FROM base\nCOPY gone /x', 2, /not in the build context/],
  ['FROM base\nCOPY x.txt /etc/conf/f/x.txt', 2, /not a folder/],
];

let repo: Repo;
let cache: string | undefined;

beforeAll(() => {
  cache = process.env.KDCUBE_CACHE_DIR;
  process.env.KDCUBE_CACHE_DIR = freshFolder('cache');
  if (!engineIfThere()) return;
  const bundles = Object.entries(BUNDLES).flatMap(([id, files]) =>
    Object.entries(files).map(([name, content]) => [`bundles/${id}/${name}`, content]),
  );
  repo = gitRepo(freshFolder('context'), {
    ...Object.fromEntries(Object.entries(FILES).map(([name, content]) => [`own/${name}`, content])),
    ...Object.fromEntries(bundles),
  });
});

afterAll(() => {
  if (cache === undefined) delete process.env.KDCUBE_CACHE_DIR;
  else process.env.KDCUBE_CACHE_DIR = cache;
});

for (const each of EQUAL) {
  testWithEngine(`equal: ${each.name}`, async (engine) => {
    const base = await baseImage(engine);
    const ours = await buildOurs(engine, base, each);
    if (isRefusal(ours)) throw new Error(`refused: line ${ours.line} ${ours.instruction}: ${ours.why}`);
    expect(await buildOurs(engine, base, each)).toMatchObject({ digest: ours.digest });
    const theirs = await buildTheirs(engine, base, each);
    expect(JSON.parse(ours.config.bytes.toString('utf8'))).toMatchObject({ architecture: 'amd64', os: 'linux' });
    expect((JSON.parse(ours.config.bytes.toString('utf8')) as { config: object }).config).toEqual(theirs.config);
    const loaded = await load(engine, ours, base);
    expect(await imageFiles(engine, loaded)).toEqual(await imageFiles(engine, theirs.image));
    await must('docker', ['rmi', '-f', loaded, theirs.image], engine);
  });
}

for (const [dockerfile, line, why] of REFUSED) {
  testWithEngine(`refused: ${JSON.stringify(dockerfile)}`, async (engine) => {
    repo.write({ 'own/archive.txt': await archive() });
    repo.git('add', '-A');
    const refused = await buildOurs(engine, await baseImage(engine), { name: '', dockerfile });
    repo.git('rm', '-q', '--cached', 'own/archive.txt');
    expect(refused).toMatchObject({ line, why: expect.stringMatching(why) });
  });
}

interface TestBase {
  /** With its digest. */
  reference: string;
  repository: string;
  digest: string;
}

async function baseImage(engine: Engine): Promise<TestBase> {
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
      'rootfs/entry': { content: '#!', mode: 0o755 },
    });
    fs.chmodSync(path.join(dir, 'rootfs/data'), 0o1777);
    const name = `${freshPrefix(engine)}/base`;
    await must('docker', ['buildx', 'build', '--push', '--provenance=false', '-t', `${name}:1`, dir], engine);
    const repository = name.slice(engine.registry.length + 1);
    const { digest } = await getManifest(connect(engine.registry), repository, '1');
    return { reference: `${name}:1@${digest}`, repository, digest };
  });
}

function textOf({ dockerfile }: Pick<Case, 'dockerfile'>, base: TestBase): string {
  const text = /^from /im.test(dockerfile) ? dockerfile : `FROM base\n${dockerfile}`;
  return text.replace(/^(from) base\b/gim, `$1 ${base.reference}`);
}

async function buildOurs(engine: Engine, base: TestBase, each: Case): Promise<BuiltImage | Refusal> {
  const recipe = readRecipe(textOf(each, base), { args: each.args ?? {}, platform: PLATFORM });
  if (isRefusal(recipe)) return recipe;
  const registry = connect(engine.registry);
  const found: Base =
    recipe.from === 'scratch'
      ? scratch(PLATFORM)
      : { reference: recipe.from, ...(await imageConfig(registry, base.repository, base.digest, PLATFORM)) };
  repo.write({ 'own/.dockerignore': each.ignore ?? '# nothing\n' });
  repo.git('add', 'own/.dockerignore');
  const tree = repo.git('write-tree');
  const open = () => Promise.resolve({ place: { cwd: repo.dir } });
  const part = (at: string, folder: string) => ({
    path: at,
    tree: repo.git('rev-parse', `${tree}:${folder}`),
    open,
    subject: folder,
  });
  return buildImage({
    recipe,
    base: found,
    platform: PLATFORM,
    context: [part('', 'own'), ...Object.keys(BUNDLES).map((id) => part(`bundles/${id}`, `bundles/${id}`))],
    ignore: readIgnore(each.ignore ?? ''),
    labels: {},
    baseFiles: () => {
      if (each.blind) throw new Error('it looked into the base');
      return baseFiles(found.manifest.layers, (layer) => blob(engine, base, layer));
    },
  });
}

async function buildTheirs(engine: Engine, base: TestBase, each: Case): Promise<{ image: string; config: object }> {
  const dir = path.join(freshFolder('buildx'), 'context');
  const tree = repo.git('write-tree');
  const stage = (folder: string, into: string) =>
    stageTree({ place: { cwd: repo.dir } }, repo.git('rev-parse', `${tree}:${folder}`), into);
  await stage('own', dir);
  for (const id of Object.keys(BUNDLES)) await stage(`bundles/${id}`, path.join(dir, 'bundles', id));
  const file = path.join(freshFolder('dockerfile'), 'Dockerfile');
  fs.writeFileSync(file, textOf(each, base));
  const image = `${freshPrefix(engine)}/theirs:1`;
  const args = Object.entries(each.args ?? {}).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]);
  await must('docker', ['buildx', 'build', '--push', '--provenance=false', '-f', file, ...args, '-t', image, dir], engine);
  const { config } = await imageConfig(
    connect(engine.registry),
    image.slice(engine.registry.length + 1).split(':')[0]!,
    '1',
    PLATFORM,
  );
  return { image, config: config.config! };
}

async function load(engine: Engine, image: BuiltImage, base: TestBase): Promise<string> {
  const dir = freshFolder('layout');
  await writeLayout(path.join(dir, 'image'), image, { openBase: (layer) => blob(engine, base, layer) });
  const name = `parity-${image.digest.slice(7, 19)}:1`;
  await writeDockerArchive(path.join(dir, 'image'), path.join(dir, 'image.tar'), [name]);
  await must('docker', ['load', '-i', path.join(dir, 'image.tar')], engine);
  return name;
}

async function* blob(engine: Engine, base: TestBase, layer: Descriptor): AsyncGenerator<Uint8Array> {
  const answer = await fetch(`http://${engine.registry}/v2/${base.repository}/blobs/${layer.digest}`);
  for await (const chunk of answer.body! as unknown as AsyncIterable<Uint8Array>) yield chunk;
}

async function archive(): Promise<Uint8Array> {
  const dir = freshFolder('archive');
  fs.writeFileSync(path.join(dir, 'f'), 'f');
  await must('tar', ['cf', path.join(dir, 'a.tar'), '-C', dir, 'f']);
  return fs.readFileSync(path.join(dir, 'a.tar'));
}
