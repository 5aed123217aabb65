// Many images and bundles in one run of Nx, some cached, one broken, on every supported version of Nx.
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { pathWithoutEngine } from './support/image';
import { interrupted } from './support/interrupt';
import { type Double, pushStandIns, registryDouble, tagsOf } from './support/oci';
import { codesOf, filesIn, leftovers } from './support/problem';
import { ISOLATED_PLUGINS, type Ran } from './support/run';
import { makeWorkspace, NX, PLATFORM_REF, type Workspace } from './support/workspace';

const IMAGES = ['image-0', 'image-1', 'image-2', 'image-3'];
const BROKEN = 'image-broken';
const DOCKERFILE = 'FROM scratch\nCOPY a.bin /a.bin\n';
const RUN = 'run-many -t stage docker-build docker-push --exclude=kdcube-*';

describe.each(['22.7.12', '23.3.2', NX])('Nx %s', (nx) => {
  let registry: Double;
  let workspace: Workspace;
  let env: Record<string, string>;

  beforeAll(async () => {
    registry = await registryDouble();
    workspace = await makeWorkspace({ nx });
    // Which process Nx stops after a signal differs with plugins in one process.
    Object.assign(workspace.env, ISOLATED_PLUGINS);
    const images = [...IMAGES, BROKEN].flatMap((image) => [
      [`images/${image}/Dockerfile`, image === BROKEN ? `${DOCKERFILE}RUN ["/a.bin"]\n` : DOCKERFILE],
      [`images/${image}/a.bin`, randomBytes(1000)],
    ]);
    await workspace.mustNx('g @kdcube/nx:bundle one');
    await workspace.mustNx('g @kdcube/nx:bundle two');
    workspace.write(Object.fromEntries(images) as Record<string, string>);
    await pushStandIns(registry.host, PLATFORM_REF);
    await workspace.mustNx('sync', { env: { KDCUBE_REGISTRY: registry.host } });
    workspace.commit('Images and bundles');
    env = { PATH: pathWithoutEngine(), DOCKER_HOST: '', KDCUBE_REGISTRY: registry.host };
  });

  afterAll(() => registry.close());

  test('a broken image fails alone, and each task prints its lines once', async () => {
    const ran = await workspace.nx(`${RUN} --output-style=static`, { env });
    expect([ran.exitCode, codesOf(ran), failed(ran)]).toEqual([
      1,
      ['needs-engine'],
      [`${BROKEN}:docker-build`, `${BROKEN}:docker-push`],
    ]);
    for (const image of IMAGES) {
      expect([image, linesStarting(ran, `built       ${image}  `), linesStarting(ran, `pushed      ${image}  `)]).toEqual([
        image,
        1,
        1,
      ]);
      expect(await tagsOf(`${registry.host}/${image}`)).toHaveLength(3);
    }
    for (const bundle of ['one', 'two']) expect([bundle, linesStarting(ran, `staged      ${bundle}  `)]).toEqual([bundle, 1]);
    expect(linesStarting(ran, `images/${BROKEN}/Dockerfile:3  [needs-engine]`)).toBe(2);
    expect(ran.output).toMatch(tableOf(IMAGES));
  });

  test('cached and uncached tasks in one run: unchanged outputs are restored, the others are built', async () => {
    const before = filesIn(path.join(workspace.dir, 'dist'));
    fs.rmSync(path.join(workspace.dir, 'dist'), { recursive: true });
    workspace.commit('Change an image and a bundle, repair one', {
      'images/image-1/a.bin': randomBytes(1000),
      'bundles/two/words.py': 'two = 2\n',
      [`images/${BROKEN}/Dockerfile`]: DOCKERFILE,
    });
    const ran = await workspace.nx(`${RUN} --output-style=static`, { env });
    expect({ exitCode: ran.exitCode, failed: failed(ran), output: ran.output }).toEqual({
      exitCode: 0,
      failed: [],
      output: ran.output,
    });
    const cached = [...ran.output.matchAll(/^> nx run (\S+).*\[local cache\]/gm)].map(([, task]) => task!).sort();
    expect(cached).toEqual(['image-0:docker-build', 'image-2:docker-build', 'image-3:docker-build', 'one:stage']);
    for (const verb of ['built      ', 'pushed     '])
      expect(
        [...IMAGES, BROKEN].filter(
          (image) => linesStarting(ran, `${verb} ${image}  `) === 1 && !cached.includes(`${image}:docker-build`),
        ),
      ).toEqual(['image-1', BROKEN]);
    expect([linesStarting(ran, 'reused      image-0  '), linesStarting(ran, 'staged      two  ')]).toEqual([1, 1]);
    expect(ran.output).toMatch(tableOf([...IMAGES, BROKEN]));
    const after = filesIn(path.join(workspace.dir, 'dist'));
    const same = Object.keys(before).filter((file) => /^(?:build\/image-[023]|stage\/one)\//.test(file));
    expect(same.length).toBeGreaterThan(20);
    expect(same.filter((file) => after[file] !== before[file])).toEqual([]);
  });

  // As a terminal does, and as a pipeline does, which stops only Nx.
  const ways = [['SIGINT', 'all'] as const, ...(nx === NX ? [['SIGTERM', 'nx'] as const] : [])];
  test.each(ways)(
    'stopped in the middle (%s to %s): nothing half-written stays, and the next run heals',
    async (signal, whom) => {
      const built = path.join(workspace.dir, 'dist/build');
      const cache = workspace.env.KDCUBE_CACHE_DIR!;
      const before = filesIn(built);
      workspace.write(Object.fromEntries(IMAGES.map((image) => [`images/${image}/a.bin`, randomBytes(8_000_000)])));
      // While two layers are written. Only names are compared: reading the files would take too long.
      const layers = path.join(cache, 'layers');
      const when = (): boolean =>
        fs.existsSync(layers) &&
        (fs.readdirSync(layers, { recursive: true }) as string[]).filter((name) => name.endsWith('.tmp')).length >= 2;
      await interrupted(workspace, 'run-many -t docker-build --exclude=kdcube-*', {
        signal,
        whom,
        when,
        mayFinish: whom === 'nx',
        env,
      });
      expect([...leftovers(path.join(workspace.dir, 'dist')), ...leftovers(cache)]).toEqual([]);
      // Each image is either the old one or the new one, completely.
      const blobs = Object.entries(filesIn(built)).filter(([file]) => /\/sha256\/./.test(file));
      expect(blobs.length).toBeGreaterThan(3 * IMAGES.length);
      for (const [file, hash] of blobs) expect(path.basename(file).slice(0, 16)).toBe(hash);
      workspace.git('checkout', '--quiet', '.');
      await workspace.mustNx('run-many -t docker-build --exclude=kdcube-*', { env });
      expect(filesIn(built)).toEqual(before);
    },
  );
});

/** The number of output lines that start with `prefix`. */
function linesStarting({ output }: Ran, prefix: string): number {
  return output.split('\n').filter((line) => line.startsWith(prefix)).length;
}

/** The failed tasks, from the output of Nx. */
function failed({ output }: Ran): string[] {
  const list = /Failed tasks:\n\n((?:- .*\n)+)/.exec(output.replace(/\u001b\[[0-9;]*m/g, ''))?.[1] ?? '';
  return [...list.matchAll(/^- (.*)$/gm)].map(([, task]) => task!).sort();
}

/** One table with a line for each of these images, in any order, and no output of their tasks after it. */
function tableOf(images: readonly string[]): RegExp {
  const line = `(?:${images.join('|')}) +sha256:[0-9a-f]{12} .*\\n`;
  return new RegExp(`^image +digest +.*why\\n(?:${line}){${images.length}}(?!image-)`, 'm');
}
