// Many images and bundles in one run of Nx, some of them cached, one of them broken: on every version of Nx that the plugin promises.
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { pathWithoutEngine } from './support/image';
import { interrupted } from './support/interrupt';
import { type Double, pushStandIns, registryDouble, tagsOf } from './support/oci';
import { codesOf, filesIn, leftovers } from './support/problem';
import { AS_BY_ITSELF, type Ran } from './support/run';
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
    // Who ends whom after a signal is Nx's own affair, and another one in one process.
    Object.assign(workspace.env, AS_BY_ITSELF);
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

  test('what is broken fails by itself, and each task says its words once', async () => {
    const ran = await workspace.nx(`${RUN} --output-style=static`, { env });
    expect([ran.exitCode, codesOf(ran), failed(ran)]).toEqual([
      1,
      ['needs-engine'],
      [`${BROKEN}:docker-build`, `${BROKEN}:docker-push`],
    ]);
    for (const image of IMAGES) {
      expect([image, said(ran, `built       ${image}  `), said(ran, `pushed      ${image}  `)]).toEqual([image, 1, 1]);
      expect(await tagsOf(`${registry.host}/${image}`)).toHaveLength(3);
    }
    for (const bundle of ['one', 'two']) expect([bundle, said(ran, `staged      ${bundle}  `)]).toEqual([bundle, 1]);
    expect(said(ran, `images/${BROKEN}/Dockerfile:3  [needs-engine]`)).toBe(2);
    expect(ran.output).toMatch(tableOf(IMAGES));
  });

  test('cached and not in one run: what did not change is put back, the rest is made, and all ends well', async () => {
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
        [...IMAGES, BROKEN].filter((image) => said(ran, `${verb} ${image}  `) === 1 && !cached.includes(`${image}:docker-build`)),
      ).toEqual(['image-1', BROKEN]);
    expect([said(ran, 'reused      image-0  '), said(ran, 'staged      two  ')]).toEqual([1, 1]);
    expect(ran.output).toMatch(tableOf([...IMAGES, BROKEN]));
    const after = filesIn(path.join(workspace.dir, 'dist'));
    const same = Object.keys(before).filter((file) => /^(?:build\/image-[023]|stage\/one)\//.test(file));
    expect(same.length).toBeGreaterThan(20);
    expect(same.filter((file) => after[file] !== before[file])).toEqual([]);
  });

  // As a terminal stops it; and as a pipeline does, which stops Nx alone.
  const ways = [['SIGINT', 'all'] as const, ...(nx === NX ? [['SIGTERM', 'nx'] as const] : [])];
  test.each(ways)(
    'stopped in the middle (%s to %s): nothing half-written stays, and the next run heals',
    async (signal, whom) => {
      const built = path.join(workspace.dir, 'dist/build');
      const cache = workspace.env.KDCUBE_CACHE_DIR!;
      const before = filesIn(built);
      workspace.write(Object.fromEntries(IMAGES.map((image) => [`images/${image}/a.bin`, randomBytes(8_000_000)])));
      // Two layers are being written. Only names are looked at: whoever reads the files comes too late.
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
      // Each image is what it was, or the new one: as a whole.
      const blobs = Object.entries(filesIn(built)).filter(([file]) => /\/sha256\/./.test(file));
      expect(blobs.length).toBeGreaterThan(3 * IMAGES.length);
      for (const [file, hash] of blobs) expect(path.basename(file).slice(0, 16)).toBe(hash);
      workspace.git('checkout', '--quiet', '.');
      await workspace.mustNx('run-many -t docker-build --exclude=kdcube-*', { env });
      expect(filesIn(built)).toEqual(before);
    },
  );
});

/** How many lines begin with these words. */
function said({ output }: Ran, words: string): number {
  return output.split('\n').filter((line) => line.startsWith(words)).length;
}

/** The tasks that Nx says failed. */
function failed({ output }: Ran): string[] {
  const list = /Failed tasks:\n\n((?:- .*\n)+)/.exec(output.replace(/\u001b\[[0-9;]*m/g, ''))?.[1] ?? '';
  return [...list.matchAll(/^- (.*)$/gm)].map(([, task]) => task!).sort();
}

/** One table with a line for each of these images, in whatever order, and nothing of a task behind it before the next batch. */
function tableOf(images: readonly string[]): RegExp {
  const line = `(?:${images.join('|')}) +sha256:[0-9a-f]{12} .*\\n`;
  return new RegExp(`^image +digest +.*why\\n(?:${line}){${images.length}}(?!image-)`, 'm');
}
