// 500 workspace bundles: what Nx's graph costs beside as many plain projects, and what a push costs beside 50 bundles.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { nxAffected } from './candidates.mjs';
import { checkImage } from './check-image.mjs';
import { run } from './run.mjs';
import { bundleFiles, bundleIds, nxProgram } from './shop.mjs';

const VALIDATE = path.join(import.meta.dirname, 'validate-process.mjs');
const ENV = { NX_DAEMON: 'false', NX_TUI: 'false', CI: 'true', NX_NO_CLOUD: 'true' };

/** `few`, `many`: worlds of `nxAffected` with 50 and with 500 bundles. Interleaved rounds; the first one warms up and does not count. */
export async function manyBundles({ few, many, dir, rounds, say }) {
  const plain = path.join(dir, 'plain');
  makePlainWorkspace(plain, many.shop);
  const pushes = [nxAffected(few, 'oci', { suffix: '-few' }), nxAffected(many, 'oci', { suffix: '-many' })];
  const results = [
    { key: 'show-plain', name: 'nx show projects, 500 project.json files', run: () => showProjects(plain, dir) },
    { key: 'show-ours', name: 'nx show projects, 500 bundles', run: () => showProjects(many.shop.dir, dir) },
    { key: 'push-50', name: 'nx affected -t docker-push, 1 of 50 bundles changed', run: () => push(few, pushes[0]) },
    { key: 'push-500', name: 'nx affected -t docker-push, 1 of 500 bundles changed', run: () => push(many, pushes[1]) },
    {
      key: 'validate-first',
      name: 'validate, 500 bundles, empty cache',
      run: () => validate(many.shop.dir, dir, { isFirst: true }),
    },
    { key: 'validate-again', name: 'validate, 500 bundles, again', run: () => validate(many.shop.dir, dir) },
  ].map((candidate) => ({ ...candidate, samples: [] }));
  for (let round = 0; round <= rounds; round += 1)
    for (const { name, run: measure, samples } of results) {
      const sample = await measure();
      const { ms } = sample;
      say(`${round === 0 ? 'warm-up' : `round ${round}`}  ${name}: ${Math.round(ms)} ms`);
      if (round > 0) samples.push(sample);
    }
  return results.map(({ key, name, samples }) => ({ key, name, samples }));
}

async function push({ shop, base, direct }, candidate) {
  shop.change();
  const { ms, references } = await candidate.run();
  for (const [index, repository] of candidate.repositories.entries())
    await checkImage(direct, repository, references[index], { base, files: shop.files });
  return { ms };
}

/** Without the plugin, `nx show projects` of the plain workspace must list as many projects as ours; it lists no image and no release. */
async function showProjects(root, dir) {
  // Into a file: Nx ends before a pipe has taken all of a long list.
  const list = path.join(dir, 'projects.txt');
  const script = 'out=$1 && shift && exec "$@" >"$out"';
  const { ms } = await run('sh', ['-c', script, 'sh', list, process.execPath, nxProgram(root), 'show', 'projects'], {
    cwd: root,
    env: ENV,
  });
  const listed = fs
    .readFileSync(list, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('bundle-')).length;
  const expected = fs.readdirSync(path.join(root, 'bundles')).length;
  if (listed !== expected) throw new Error(`nx show projects listed ${listed} bundles instead of ${expected}.`);
  return { ms };
}

/** `nx run release:validate` without Nx: reads every bundle, as a push of all of them would, and checks its Python. */
async function validate(root, dir, { isFirst = false } = {}) {
  const cache = path.join(dir, 'cache-validate');
  if (isFirst) fs.rmSync(cache, { recursive: true, force: true });
  const out = path.join(dir, 'validated.json');
  const { ms } = await run(process.execPath, [VALIDATE, root, out], { env: { KDCUBE_CACHE_DIR: cache } });
  return { ms, ...JSON.parse(fs.readFileSync(out, 'utf8')) };
}

/** The same files, the same packages, no plugin, and a project.json with three targets in each folder. */
function makePlainWorkspace(dir, shop) {
  fs.rmSync(dir, { recursive: true, force: true });
  const ids = bundleIds(fs.readdirSync(path.join(shop.dir, 'bundles')).length);
  for (const [index, id] of ids.entries()) {
    const project = {
      name: id,
      targets: Object.fromEntries(['test', 'stage', 'lint'].map((name) => [name, { command: `echo ${name}`, cache: true }])),
    };
    const files = new Map([...bundleFiles(index + 1), ['project.json', Buffer.from(JSON.stringify(project, null, 2))]]);
    for (const [name, bytes] of files) {
      const file = path.join(dir, 'bundles', id, name);
      fs.mkdirSync(path.dirname(file), { recursive: true });
      fs.writeFileSync(file, bytes);
    }
  }
  fs.writeFileSync(path.join(dir, 'nx.json'), '{ "analytics": false }\n');
  fs.writeFileSync(path.join(dir, '.gitignore'), 'node_modules\n.nx\n');
  const { devDependencies } = JSON.parse(fs.readFileSync(path.join(shop.dir, 'package.json'), 'utf8'));
  fs.writeFileSync(
    path.join(dir, 'package.json'),
    JSON.stringify({ name: 'plain', private: true, devDependencies: { nx: devDependencies.nx } }),
  );
  fs.cpSync(path.join(shop.dir, 'node_modules'), path.join(dir, 'node_modules'), { recursive: true, verbatimSymlinks: true });
  const git = (...args) => execFileSync('git', ['-c', 'user.name=A', '-c', 'user.email=a@example.com', ...args], { cwd: dir });
  git('init', '-q', '-b', 'main');
  git('add', '-A');
  git('commit', '-q', '-m', 'Plain projects');
}
