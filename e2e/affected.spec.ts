// Affected is exact: a change runs the tasks that it must run, builds the images that it must build, and touches nothing else in the registry.
import fs from 'node:fs';
import path from 'node:path';
import { checkRow } from './support/affected/check';
import { plannedTasks, ranTasks, receipts, registryBelow } from './support/affected/measure';
import { ROWS } from './support/affected/rows';
import { EXEC, openShop, PROC, type Shop, UI } from './support/affected/shop';
import { optionalEngine, testWithEngine } from './support/engine';
import { digestOf, readImage, registryDouble, writes } from './support/oci';
import { localNpm } from './support/npm';
import { expectProblem } from './support/problem';
import { freshFolder, must } from './support/run';
import { openWorkspace, PLATFORM_REF } from './support/workspace';

const IMAGES = [PROC, EXEC, UI];

let shop: Shop;

beforeAll(async () => {
  const engine = optionalEngine();
  if (engine) shop = await openShop(engine);
});

describe('Nx 24, affected by task', () => {
  for (const row of ROWS) testWithEngine(row.name, () => checkRow(shop, row));
});

async function withoutTagsOf(image: string, prefix: string): Promise<object> {
  const all = Object.entries(await registryBelow(prefix));
  return Object.fromEntries(all.filter(([name]) => !name.startsWith(`${image}:customer-`)));
}

describe('stale pins and moved bases', () => {
  testWithEngine('refuses a ref that was bumped without nx sync, with a hint', async () => {
    const { workspace, prefix, a } = shop;
    await shop.reset();
    // Cached under a hash of the pin only: it must not be used for the new ref.
    await shop.mustNx('run weather@1-0-0:stage');
    shop.editRelease('v1.0.0', 'v1.1.0');
    workspace.commit('bump, and forget the pin');
    const before = await withoutTagsOf(UI, prefix);

    const check = await workspace.nx('sync:check');
    expect([check.exitCode, check.output]).toEqual([1, expect.stringContaining('weather@1-0-0: release.yaml changed')]);
    // No input of a task has changed: that is why a pipeline starts with sync:check.
    expect(await plannedTasks(shop, `affected -t stage docker-push --base=${a}`)).toEqual([]);

    const staged = await shop.nx('run weather@1-0-0:stage');
    expectProblem(staged, ['pin-stale'], 'pins/bundles/weather@1-0-0/pin.json', 'hint  nx sync');
    const pushed = await shop.nx('run-many -t docker-push --output-style=static');
    expectProblem(pushed, ['pin-stale'], 'hint  nx sync', `- ${PROC}:docker-push\n`, `- ${EXEC}:docker-push\n`);
    expect(Object.keys(receipts(shop)).filter((folder) => folder.startsWith('push/'))).toEqual([`push/${UI}`]);
    // The image without a stale pin is reused, and gets this commit's tags.
    expect(await withoutTagsOf(UI, prefix)).toEqual(before);

    await shop.mustNx('sync');
    await shop.mustNx('run weather@1-0-0:stage');
    expect(receipts(shop)['stage/weather@1-0-0']).toMatchObject({ pinned: { ref: 'v1.1.0' } });
  });

  testWithEngine('refuses a platform.ref that was bumped without nx sync', async () => {
    await shop.reset();
    shop.editRelease(PLATFORM_REF, '2026.7.21.100');
    const before = await registryBelow(shop.prefix);
    const check = await shop.workspace.nx('sync:check');
    expect([check.exitCode, check.output]).toEqual([1, expect.stringMatching(`${PROC}: .*\n.*${EXEC}: `)]);
    const pushed = await shop.nx(`run ${PROC}:docker-push`);
    expectProblem(pushed, ['pin-stale'], `pins/images/${PROC}/pin.json`, 'hint  nx sync');
    expect(await registryBelow(shop.prefix)).toEqual(before);
  });

  testWithEngine('a base whose tag moved changes nothing, even if all images are pushed', async () => {
    await shop.reset();
    await shop.moveBase(PLATFORM_REF, 'patched');
    const before = await registryBelow(shop.prefix);
    await shop.mustNx('run-many -t docker-push --output-style=static');
    expect(Object.entries(receipts(shop)).map(([folder, { how }]) => [folder, how])).toEqual(
      [...IMAGES].sort().map((image) => [`push/${image}`, 'reused']),
    );
    const tags = Object.entries(receipts(shop)).flatMap(([folder, { digest, commit }]) =>
      [`customer-${commit}`, 'customer-main'].map((tag) => [`${folder.slice('push/'.length)}:${tag}`, digest]),
    );
    expect(await registryBelow(shop.prefix)).toEqual({ ...before, ...Object.fromEntries(tags) });
  });
});

testWithEngine(
  'a clean runner, without an engine, on a commit that changes nothing: every receipt, and only tags are sent',
  async () => {
    await shop.reset();
    const registry = await registryDouble();
    try {
      const at = { KDCUBE_REGISTRY: registry.host, KDCUBE_PLATFORM_REGISTRY: shop.prefix };
      await shop.workspace.mustNx('run-many -t docker-push', { env: { ...shop.env, ...at } });
      const pushed = Object.fromEntries(Object.entries(receipts(shop)).map(([folder, { digest }]) => [folder, digest]));
      expect(Object.keys(pushed).sort()).toEqual([...IMAGES].sort().map((image) => `push/${image}`));
      shop.workspace.commit('nothing');
      shop.workspace.git('push', '--quiet', 'origin', 'main');

      const around = freshFolder('runner');
      const dir = path.join(around, 'acme');
      const origin = shop.workspace.git('remote', 'get-url', 'origin');
      const npm = await localNpm();
      await must('git', ['clone', '--quiet', '--depth', '1', origin, dir]);
      const runner = openWorkspace(dir, npm);
      // Not npm ci: it refuses a lock file that was written where some of Nx's optional binaries are not offered.
      await must('npm', ['install', '--no-save', '--prefer-offline'], { cwd: dir, env: runner.env });
      registry.journal.length = 0;
      const env = { ...at, PATH: pathWithout(around), DOCKER_HOST: 'unix:///nowhere', HOME: around };
      const found = await runner.run('sh', ['-c', 'command -v git docker podman'], { env });
      expect(found.stdout).toBe(`${path.join(around, 'bin/git')}\n`);
      const ran = await runner.nx('run-many -t docker-push --output-style=static', { env });

      expect({ exitCode: ran.exitCode, ran: ranTasks(ran), output: ran.output }).toEqual({
        exitCode: 0,
        ran: IMAGES.map((image) => `${image}:docker-push`).sort(),
        output: ran.output,
      });
      const left = receipts({ workspace: runner });
      expect(Object.fromEntries(Object.entries(left).map(([folder, { digest }]) => [folder, digest]))).toEqual(pushed);
      const tags = [`customer-${runner.head()}`, 'customer-main'];
      expect(Object.values(left).map((receipt) => [receipt.how, receipt.tags])).toEqual(IMAGES.map(() => ['reused', tags]));
      for (const image of IMAGES)
        expect(await digestOf(`${registry.host}/${image}`, `c-${left[`push/${image}`]!.key}`)).toBe(pushed[`push/${image}`]);
      // Only tags were written, no layer was read (manifests and configs may be), and none was compressed.
      const asked = registry.journal.filter(({ kind }) => kind === 'blob').map(({ digest }) => digest);
      // The branch tag names the image already.
      expect(writes(registry.journal).sort()).toEqual(IMAGES.map((image) => `PUT /v2/${image}/manifests/${tags[0]}`).sort());
      for (const image of IMAGES) {
        const { layers } = (await readImage(`${registry.host}/${image}`, `c-${left[`push/${image}`]!.key}`)).manifest;
        expect(layers.map(({ digest }) => digest).filter((digest) => asked.includes(digest))).toEqual([]);
      }
      expect(fs.existsSync(path.join(runner.env.KDCUBE_CACHE_DIR!, 'layers'))).toBe(false);
      expect(runner.git('status', '--porcelain')).toBe('');
    } finally {
      await registry.close();
    }
  },
);

/** A PATH with git, node and a shell, and nothing that builds images. */
function pathWithout(around: string): string {
  const bin = path.join(around, 'bin');
  fs.mkdirSync(bin);
  const find = (tool: string): string | undefined =>
    process.env
      .PATH!.split(path.delimiter)
      .map((folder) => path.join(folder, tool))
      .find((file) => fs.existsSync(file));
  for (const tool of ['git', 'sh', 'bash', 'env']) if (find(tool)) fs.symlinkSync(find(tool)!, path.join(bin, tool));
  fs.symlinkSync(process.execPath, path.join(bin, 'node'));
  return bin;
}
